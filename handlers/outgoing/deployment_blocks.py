"""What a job's thread is told of its model's deployment."""

from typing import assert_never

from bot.jobs.job import Job
from bot.jobs.notice import (
    Deployed,
    DeploymentBody,
    DeploymentFailed,
    DeploymentGone,
    DeploymentRemoved,
    DeploymentStays,
    DeploymentUnused,
)
from bot.providers.protocol import JobError
from handlers.blocks.card import chat_button
from handlers.blocks.deployment import deploy_button, remove_button
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, message, section
from handlers.blocks.text import person, quoted
from texts import deployments as texts
from texts.provider_errors import message as told


def of_deployment(body: DeploymentBody, job: Job) -> Message:
    """With the button for what can be done now, as the job is when it is said."""
    who, model = person(job.requester), named(str(job.fine_tuned_model))
    price = texts.price(job.deployment.hourly if job.deployment else None)
    match body:
        case Deployed():
            text = texts.ready(who, model, price)
        case DeploymentFailed():
            text = texts.failed(who, model, _words(body.error) if body.error else None)
        case DeploymentRemoved():
            text = texts.removed(person(body.by), model)
        case DeploymentStays():
            text = texts.stays(who, model, _words(body.error))
        case DeploymentGone():
            text = texts.gone(who, model, quoted(job.provider, 60))
        case DeploymentUnused():
            text = texts.unused(who, model, body.days, price)
        case _:
            assert_never(body)
    if job.model_lost:
        return message(text, [section(text)])
    buttons = [deploy_button(job)] if job.deployment is None else [chat_button(job), remove_button(job)]
    return message(text, [section(text), actions(*buttons)])


def _words(error: JobError) -> str:
    return quoted(told(error), 500)
