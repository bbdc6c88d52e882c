"""One job in a few lines: the answer to `/finetune status`."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.job import Job
from bot.providers.config import ALL_ABILITIES, Abilities
from handlers.blocks.card import fitting_buttons, outcome, steps, title, waiting
from handlers.blocks.deployment import deployment_line
from handlers.blocks.figures import diagnosis, pairs
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import actions, context, fields, message, section
from handlers.blocks.text import code, date, link, person, progress_bar, quoted
from texts import jobs as texts
from texts import models
from texts.formats import labelled
from texts.notices import no_reason
from texts.provider_errors import explain
from texts.provider_errors import message as told


def job_status(
    job: Job,
    permalink: str | None = None,
    assessment: Assessment = UNASSESSED,
    *,
    learned_from: Sequence[str] = (),
    abilities: Abilities = ALL_ABILITIES,
    outside: str | None = None,
) -> Message:
    """One job: its state, and a link to its card. `learned_from`: the names of its model's training sets; `abilities`:
    of its provider; `outside`: its link that works outside Slack, too."""
    name = code(title(job), 150)
    text = labelled(name, outcome(job, assessment))
    # A link's label is plain text: backticks in it would show.
    lines = [f"*{link(permalink, quoted(title(job), 100))}*" if permalink else name, steps(job, assessment)]
    if job.latest is not None and job.state not in states.ENDED:
        bar = progress_bar(job.latest.step, job.latest.total_steps)
        total = job.latest.total_steps
        lines.append(f"{bar} · {texts.step_of(job.latest.step, total)}" if total else bar)
    if wait := waiting(job):
        lines.append(wait)
    if job.fine_tuned_model:
        lines.append(texts.model(named(job.fine_tuned_model)))
    if deployed := deployment_line(job):
        lines.append(deployed)
    if learned_from:
        lines.append(models.learned_from([code(name, 80) for name in learned_from]))
    if job.state == states.FAILED:
        if job.error is not None and job.error.message:
            lines.append(quoted(told(job.error), 500))
        lines.append(explain(job.error) if job.error is not None else no_reason())
    known = id_button(job.fine_tuned_model) if job.fine_tuned_model else None
    blocks: list[Block] = [section("\n".join(lines), button=known)]
    if wrong := diagnosis(job, assessment):
        blocks.append(section(wrong))
    if assessment.figures:
        blocks.append(fields(pairs(assessment.figures)))
    buttons = fitting_buttons(job, assessment, abilities=abilities)
    if buttons:
        blocks.append(actions(*buttons))
    there = [texts.at_the_provider(code(job.provider_job_id, 80))] if job.provider_job_id else []
    stable = [link(outside, texts.outside_link())] if outside else []
    origin = (texts.job(code(job.id, 80)), *there, person(job.requester), date(job.created_at), *stable)
    blocks.append(context(" · ".join(origin)))
    return message(text, blocks)


def followed(job: Job) -> Message:
    text = texts.followed(code(job.provider_job_id or ""), code(job.id))
    return message(text, [section(text)])
