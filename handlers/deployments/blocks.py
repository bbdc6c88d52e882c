"""The question before a model is deployed, what came of it, and the list of those that are."""

import time
from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.deployments.deployments import HOURS_OF_MONTH, together
from bot.jobs.deployment import DeploymentState
from bot.jobs.job import Job
from handlers.blocks.deployment import confirm_button, deployment_line, remove_button
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, context, line, message, section
from handlers.blocks.text import bold, person, quoted
from texts import deployments as texts

_SHOWN = 20


def question(job: Job, hourly: float | None) -> Message:
    asked = texts.question(named(str(job.fine_tuned_model)), quoted(job.provider, 60))
    costs = texts.costs_unknown() if hourly is None else texts.what_it_costs(hourly, hourly * HOURS_OF_MONTH)
    return message(f"{asked} {costs}", [section(asked), section(costs), actions(confirm_button(job))])


def asked(job: Job) -> Message:
    return line(texts.asked(named(str(job.fine_tuned_model))))


def removing(job: Job) -> Message:
    return line(texts.removing(named(str(job.fine_tuned_model))))


def deployed(jobs: Sequence[Job]) -> Message:
    if not jobs:
        return line(texts.none_deployed())
    heading = texts.list_heading(len(jobs))
    blocks: list[Block] = [section(bold(heading)), *map(_one, jobs[:_SHOWN])]
    if len(jobs) > _SHOWN:
        blocks.append(context(texts.more(len(jobs) - _SHOWN)))
    hourly, unknown = together(jobs)
    if hourly is not None:
        blocks.append(context(texts.together(hourly, unknown)))
    return message(heading, blocks)


def _one(job: Job) -> Block:
    deployment = job.deployment
    assert deployment is not None
    facts = [deployment_line(job), quoted(job.provider, 60), person(deployment.by)]
    if (cost := deployment.cost_until(time.time())) is not None:
        facts.insert(1, texts.cost_so_far(cost))
    leaving = deployment.state is DeploymentState.LEAVING
    text = f"{named(str(job.fine_tuned_model))}\n{' · '.join(filter(None, facts))}"
    return section(text, button=None if leaving else remove_button(job))
