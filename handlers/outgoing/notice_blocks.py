"""Every notice of `bot.jobs.notice` as the message that says it."""

from typing import assert_never

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.estimate import real_cost
from bot.jobs.job import Job
from bot.jobs.notice import (
    Accepted,
    ApprovalAsked,
    Approved,
    CheckpointMade,
    Deployed,
    DeploymentFailed,
    DeploymentGone,
    DeploymentRemoved,
    DeploymentStays,
    DeploymentUnused,
    Ended,
    EndedElsewhere,
    JobBody,
    Linked,
    Paused,
    ProviderBack,
    ProviderBusy,
    ProviderSaid,
    ProviderSilent,
    Resumed,
    Started,
    Stuck,
    Text,
    Uncertain,
    WaitsInLine,
)
from bot.jobs.training_time import training_seconds
from bot.providers.config import ALL_ABILITIES, Abilities
from bot.providers.protocol import NO_ANSWER
from handlers.blocks import approval
from handlers.blocks.approval_text import decision
from handlers.blocks.card import (
    again_button,
    chat_button,
    ending_buttons,
    linked_title,
    outcome,
    state_words,
    symbol,
    title,
    uncertain,
    uncertain_buttons,
)
from handlers.blocks.figures import diagnosis, one_line, pairs
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import actions, context, fields, image, message, section
from handlers.blocks.text import bold, code, code_block, link, person, quoted, trusted
from handlers.outgoing.deployment_blocks import of_deployment
from texts import notices
from texts.formats import duration, labelled, money, number
from texts.jobs import start_button
from texts.provider_errors import explain
from texts.provider_errors import message as told
from texts.sweeps import ended_line


def render(
    body: JobBody,
    job: Job,
    assessment: Assessment = UNASSESSED,
    *,
    chart_file_id: str | None = None,
    chart_alt_text: str = "",
    directly: bool = False,
    permalink: str | None = None,
    abilities: Abilities = ALL_ABILITIES,
) -> Message:
    """`assessment`: of the job, or at the checkpoint that the notice is about. `chart_file_id`: a picture that Slack
    has already; shown with checkpoints and at the end. `directly`: in a person's direct messages.
    `permalink`: of the job's card, where that stands elsewhere. `abilities`: of its provider."""
    chart = image(chart_file_id, chart_alt_text or notices.chart()) if chart_file_id else None
    match body:
        case Text():
            return _line(trusted(body.sentence))
        case WaitsInLine():
            return _line(notices.waits_in_line(_provider(job)))
        case ProviderBusy():
            return _line(notices.provider_busy(_provider(job)))
        case ProviderSilent():
            why = explain(body.refusal) if body.refusal else None
            return _line(notices.provider_silent(_provider(job), why))
        case ProviderBack():
            return _line(notices.provider_back(_provider(job)))
        case Stuck():
            said = notices.stuck(_provider(job), body.state, body.hours, bold(start_button()))
            # In the thread of a group it could be any of its jobs.
            return _line(labelled(_name(job), said) if job.group else said)
        case Paused():
            return _line(notices.paused(person(body.by)))
        case Resumed():
            return _line(notices.resumed(person(body.by)))
        case Accepted():
            return _accepted(job)
        case Started():
            return _line(notices.training_begun(_name(job)))
        case CheckpointMade():
            return _checkpoint(body, assessment, chart)
        case ProviderSaid():
            return _provider_said(body, job)
        case Ended():
            return _ended(job, assessment, chart, abilities)
        case EndedElsewhere():
            return _ended_elsewhere(job, assessment, permalink)
        case Uncertain():
            return _uncertain(job)
        case ApprovalAsked():
            if directly:
                return approval.asked_directly(job, permalink, again=body.again)
            return approval.asked(job, again=body.again)
        case Approved():
            return approval.approved_directly(job, permalink) if directly else approval.approved(job)
        case Linked():
            thread = link(body.card_permalink, notices.its_own_thread())
            return _line(notices.linked(person(job.requester), code(job.base_model), thread))
        case (
            Deployed()
            | DeploymentFailed()
            | DeploymentRemoved()
            | DeploymentStays()
            | DeploymentGone()
            | DeploymentUnused()
        ):
            return of_deployment(body, job)
        case _:
            assert_never(body)


def _provider(job: Job) -> str:
    return quoted(job.provider, 60)


def _name(job: Job) -> str:
    return code(title(job), 150)


def _line(text: str) -> Message:
    return message(text, [section(text)])


def _accepted(job: Job) -> Message:
    there = code(job.provider_job_id, 80) if job.provider_job_id else None
    return _line(notices.accepted(_provider(job), there))


def _checkpoint(body: CheckpointMade, assessment: Assessment, chart: Block | None) -> Message:
    checkpoint = body.checkpoint
    text = bold(notices.checkpoint(checkpoint.step))
    if measured := one_line(assessment.figures):
        text = labelled(text, measured)
    blocks: list[Block] = [section(f"{text}\n{named(checkpoint.model)}", button=id_button(checkpoint.model))]
    if chart:
        blocks.append(chart)
    return message(text, blocks)


def _provider_said(body: ProviderSaid, job: Job) -> Message:
    says = notices.provider_error if body.level == "error" else notices.provider_warning
    text = says(_provider(job))
    return message(f"{text} {quoted(body.message, 500)}", [section(f"{text}\n{code_block(body.message, 2000)}")])


def _ended(job: Job, assessment: Assessment, chart: Block | None, abilities: Abilities) -> Message:
    if job.group is not None:
        return _ended_in_group(job, assessment)
    match job.state:
        case states.SUCCEEDED:
            return _succeeded(job, assessment, chart, abilities)
        case states.FAILED:
            return _failed(job, chart)
        case states.CANCELLED if decision(job):
            return _line(notices.not_approved(person(job.requester), _name(job), decision(job)))
        case states.CANCELLED:
            text = notices.cancelled(person(job.requester), _name(job))
            return message(text, [section(text), actions(again_button(job))])
        case _:
            return _line(notices.ended(person(job.requester), _name(job), state_words(job.state)))


def _ended_in_group(job: Job, assessment: Assessment) -> Message:
    """In one line, which calls nobody: its card says all, and the end of the group is told by itself."""
    measured = [one for one in assessment.figures if one.part == "validation"] or assessment.figures
    figures = one_line(measured[:1]) if job.state == states.SUCCEEDED else ""
    if job.error is not None:
        figures = explain(job.error)
    return _line(f"{symbol(job, assessment)} {ended_line(outcome(job, assessment), _name(job), figures)}")


def _succeeded(job: Job, assessment: Assessment, chart: Block | None, abilities: Abilities) -> Message:
    model = named(job.fine_tuned_model) if job.fine_tuned_model else notices.model_not_named()
    wrong = diagnosis(job, assessment)
    text = (notices.trained_badly if wrong else notices.ready)(person(job.requester), model)
    blocks: list[Block] = [section(text)]
    if wrong:
        blocks.append(section(wrong))
    final = pairs(assessment.figures)
    if job.trained_tokens:
        final.append((notices.trained_tokens(), number(job.trained_tokens)))
    final += costs(job)
    if job.finished_at and (trained := training_seconds(job, job.finished_at)):
        final.append((notices.training_time(), duration(trained)))
    blocks.append(fields(final))
    if chart:
        blocks.append(chart)
    if buttons := ending_buttons(job, assessment, abilities=abilities):
        blocks.append(actions(*buttons))
    return message(f"{text}\n{wrong}" if wrong else text, blocks)


def costs(job: Job) -> list[tuple[str, str]]:
    """The real cost against the estimate, as heading and value; one of the two where the other is not known."""
    real = real_cost(job)
    if job.estimated_cost == 0:
        return [(notices.cost(), money(0))]
    if real is None:
        return [(notices.estimated_cost(), money(job.estimated_cost))]
    if not real or job.estimated_cost is None:
        return [(notices.cost(), money(real))]
    return [(notices.cost(), money(real)), (notices.estimated_cost(), money(job.estimated_cost))]


def _failed(job: Job, chart: Block | None) -> Message:
    text = notices.failed(person(job.requester), _name(job))
    blocks: list[Block] = [section(text)]
    if job.error is not None:
        saying = ""
        if job.error.message:
            saying = code_block(told(job.error), 2000)
            if job.error.code not in NO_ANSWER:
                saying = f"{notices.provider_says(_provider(job))}\n{saying}"
        known = notices.error_code(code(job.error.code, 80)) if job.error.code else ""
        blocks += [section(part) for part in (saying, explain(job.error)) if part]
        blocks += [context(known)] if known else []
        text += f" {explain(job.error)}"
    else:
        blocks.append(section(notices.no_reason()))
    if chart:
        blocks.append(chart)
    blocks.append(actions(again_button(job, style="primary")))
    return message(text, blocks)


def _ended_elsewhere(job: Job, assessment: Assessment, permalink: str | None) -> Message:
    who, name = person(job.requester), linked_title(job, permalink)
    match job.state:
        case states.SUCCEEDED:
            model = named(job.fine_tuned_model) if job.fine_tuned_model else name
            wrong = diagnosis(job, assessment)
            said = (notices.trained_badly_elsewhere if wrong else notices.ready_elsewhere)(who, model)
            text = f"{said}\n{wrong}" if wrong else said
            if permalink and job.fine_tuned_model:
                text = f"{text}\n{name}"
            buttons = [chat_button(job, assessment)] if job.fine_tuned_model else []
        case states.FAILED:
            text = notices.failed_elsewhere(who, name)
            if job.error is not None:
                text += f" {explain(job.error)}"
            buttons = [again_button(job)]
        case states.CANCELLED if decision(job):
            text, buttons = notices.not_approved(who, name, decision(job)), []
        case _:
            text, buttons = notices.ended_elsewhere(who, name, state_words(job.state)), []
    return message(text, [section(text), *([actions(*buttons)] if buttons else [])])


def _uncertain(job: Job) -> Message:
    text = notices.uncertain(person(job.requester), _provider(job), _name(job))
    return message(text, [section(text), section(uncertain()), actions(*uncertain_buttons(job))])
