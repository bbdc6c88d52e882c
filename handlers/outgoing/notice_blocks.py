"""Every notice of `bot.notices.notice` as the message that says it."""

from typing import assert_never

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.estimate import real_cost
from bot.jobs.explanations import explain
from bot.jobs.job import Job
from bot.jobs.training_time import training_seconds
from bot.notices.notice import (
    Accepted,
    ApprovalAsked,
    Approved,
    Body,
    CheckpointMade,
    Ended,
    EndedElsewhere,
    Linked,
    ProviderSaid,
    Started,
    Text,
    Uncertain,
)
from handlers.blocks import approval
from handlers.blocks.approval_text import decision
from handlers.blocks.card import (
    UNCERTAIN,
    again_button,
    chat_button,
    ending_buttons,
    state_words,
    title,
    uncertain_buttons,
)
from handlers.blocks.figures import diagnosis, in_line, pairs
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import actions, context, fields, image, message, section
from handlers.blocks.text import code, code_block, link, person, quoted, trusted
from texts.formats import duration, money, number


def render(
    body: Body, assessment: Assessment = UNASSESSED, *, chart_file_id: str | None = None, chart_alt_text: str = ""
) -> Message:
    """`assessment`: of the job, or at the checkpoint that the notice is about. `chart_file_id`: a picture that Slack
    has already; shown with checkpoints and at the end."""
    chart = image(chart_file_id, chart_alt_text or "Training loss by step") if chart_file_id else None
    match body:
        case Text():
            return _line(trusted(body.sentence))
        case Accepted():
            return _accepted(body.job)
        case Started():
            return _line(f"Training of {_name(body.job)} has begun.")
        case CheckpointMade():
            return _checkpoint(body, assessment, chart)
        case ProviderSaid():
            return _provider_said(body)
        case Ended():
            return _ended(body.job, assessment, chart)
        case EndedElsewhere():
            return _ended_elsewhere(body.job, assessment)
        case Uncertain():
            return _uncertain(body.job)
        case ApprovalAsked():
            return approval.asked(body.job, again=body.again)
        case Approved():
            return approval.approved(body.job)
        case Linked():
            where = link(body.card_permalink, "its own thread")
            return _line(
                f"{person(body.job.requester)} started fine-tuning {code(body.job.base_model)} on this file. "
                f"Follow it in {where}."
            )
        case _:
            assert_never(body)


def _name(job: Job) -> str:
    return code(title(job), 150)


def _line(text: str) -> Message:
    return message(text, [section(text)])


def _accepted(job: Job) -> Message:
    there = f" as {code(job.provider_job_id, 80)}" if job.provider_job_id else ""
    return _line(f"{quoted(job.provider, 60)} has taken the job{there}. It trains when its turn comes.")


def _checkpoint(body: CheckpointMade, assessment: Assessment, chart: Block | None) -> Message:
    checkpoint = body.checkpoint
    text = f"*Checkpoint at step {number(checkpoint.step)}*"
    if measured := in_line(assessment.figures):
        text += f": {measured}"
    blocks: list[Block] = [section(f"{text}\n{named(checkpoint.model)}", button=id_button(checkpoint.model))]
    if chart:
        blocks.append(chart)
    return message(text, blocks)


def _provider_said(body: ProviderSaid) -> Message:
    kind = "an error" if body.level == "error" else "a warning"
    text = f"{quoted(body.job.provider, 60)} reports {kind}:"
    return message(f"{text} {quoted(body.message, 500)}", [section(f"{text}\n{code_block(body.message, 2000)}")])


def _ended(job: Job, assessment: Assessment, chart: Block | None) -> Message:
    match job.state:
        case states.SUCCEEDED:
            return _succeeded(job, assessment, chart)
        case states.FAILED:
            return _failed(job, chart)
        case states.CANCELLED if decision(job):
            return _line(
                f"{person(job.requester)} Nothing was spent on {_name(job)}. {decision(job)} Change what is "
                "needed and start anew from the file's report."
            )
        case states.CANCELLED:
            text = f"{person(job.requester)} The job {_name(job)} was cancelled. The file stays."
            return message(text, [section(text), actions(again_button(job))])
        case _:
            return _line(f"{person(job.requester)} The job {_name(job)} has ended: {state_words(job.state)}.")


def _succeeded(job: Job, assessment: Assessment, chart: Block | None) -> Message:
    model = named(job.fine_tuned_model) if job.fine_tuned_model else "(the provider has not named it yet)"
    wrong = diagnosis(job, assessment)
    if wrong:
        text = f"{person(job.requester)} Your model has been trained, but look at this before you use it: {model}"
    else:
        text = f"{person(job.requester)} Your model is ready: {model}"
    blocks: list[Block] = [section(text)]
    if wrong:
        blocks.append(section(wrong))
    final = pairs(assessment.figures)
    if job.trained_tokens:
        final.append(("Trained tokens", number(job.trained_tokens)))
    final += costs(job)
    if job.finished_at and (trained := training_seconds(job, job.finished_at)):
        final.append(("Training time", duration(trained)))
    blocks.append(fields(final))
    if chart:
        blocks.append(chart)
    if buttons := ending_buttons(job, assessment):
        blocks.append(actions(*buttons))
    return message(f"{text}\n{wrong}" if wrong else text, blocks)


def costs(job: Job) -> list[tuple[str, str]]:
    """The real cost against the estimate, as heading and value; one of the two where the other is not known."""
    real = real_cost(job)
    if job.estimated_cost == 0:
        return [("Cost", money(0))]
    if real is None:
        return [("Cost, estimated", money(job.estimated_cost))]
    if not real or job.estimated_cost is None:
        return [("Cost", money(real))]
    return [("Cost", money(real)), ("Cost, estimated", money(job.estimated_cost))]


def _failed(job: Job, chart: Block | None) -> Message:
    text = f"{person(job.requester)} Training of {_name(job)} failed."
    blocks: list[Block] = [section(text)]
    if job.error is not None:
        saying = f"{quoted(job.provider, 60)} says:\n{code_block(job.error.message, 2000)}" if job.error.message else ""
        known = f"Code {code(job.error.code, 80)}" if job.error.code else ""
        blocks += [section(part) for part in (saying, explain(job.error)) if part]
        blocks += [context(known)] if known else []
        text += f" {explain(job.error)}"
    else:
        blocks.append(section("The provider gave no reason. Trying again helps if the trouble was passing."))
    if chart:
        blocks.append(chart)
    blocks.append(actions(again_button(job, style="primary")))
    return message(text, blocks)


def _ended_elsewhere(job: Job, assessment: Assessment) -> Message:
    match job.state:
        case states.SUCCEEDED:
            model = named(job.fine_tuned_model) if job.fine_tuned_model else _name(job)
            wrong = diagnosis(job, assessment)
            is_ready = "has been trained, but not well" if wrong else "is ready"
            text = f"{person(job.requester)}'s model {is_ready}: {model}" + (f"\n{wrong}" if wrong else "")
            buttons = [chat_button(job, assessment)] if job.fine_tuned_model else []
        case states.FAILED:
            text = f"{person(job.requester)}'s job {_name(job)} failed."
            if job.error is not None:
                text += f" {explain(job.error)}"
            buttons = [again_button(job)]
        case _:
            text, buttons = f"{person(job.requester)}'s job {_name(job)}: {state_words(job.state)}.", []
    return message(text, [section(text), *([actions(*buttons)] if buttons else [])])


def _uncertain(job: Job) -> Message:
    text = f"{person(job.requester)} I cannot tell whether {quoted(job.provider, 60)} took the job {_name(job)}."
    return message(text, [section(text), section(UNCERTAIN), actions(*uncertain_buttons(job))])
