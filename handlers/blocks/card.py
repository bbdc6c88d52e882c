"""The job card: one message that always shows the state of a job."""

import math
from collections.abc import Sequence
from typing import Final, Literal

from slack_sdk.models.blocks import Block, ButtonElement, OverflowMenuElement

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.deployment import DeploymentState
from bot.jobs.estimate import cost_so_far, real_cost
from bot.jobs.job import Job
from bot.jobs.training_time import training_seconds
from bot.models.names import given_suffix
from bot.providers.config import ALL_ABILITIES, Abilities
from bot.providers.protocol import JobError, Metrics
from handlers.blocks.approval_text import deciders, decision
from handlers.blocks.deployment import deploy_button, deployment_line, remove_button
from handlers.blocks.figures import diagnosis, pairs
from handlers.blocks.job_controls import CANCEL, consequence, control_button
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import (
    actions,
    button,
    confirm,
    context,
    entry,
    fields,
    header,
    image,
    menu,
    message,
    section,
)
from handlers.blocks.retraining import meet_parent_button
from handlers.blocks.text import bold, code, code_block, date, link, one_line, person, progress_bar, quoted, since
from texts import jobs as texts
from texts.compare import compare_button
from texts.evaluations.question import evaluate_button
from texts.figures import verdict
from texts.formats import duration, labelled, money, rough_duration, with_remark
from texts.metrics import metrics_button
from texts.notices import chart, no_reason
from texts.provider_errors import explain
from texts.provider_errors import message as told
from texts.reports import report_button

JOB_CHAT: Final = "job_chat"
JOB_COMPARE: Final = "job_compare"
JOB_EVALUATE: Final = "job_evaluate"
START_AGAIN: Final = "job_retry"
CHECKPOINTS: Final = "job_checkpoints"
RESULTS: Final = "job_results"
REPORT: Final = "job_report"
METRICS: Final = "job_metrics"
MORE: Final = "job_more"
ADOPT: Final = "job_adopt"
SUBMIT_AGAIN: Final = "job_resubmit"
_DONE: Final = "✓"
_NOW: Final = "●"
_AHEAD: Final = "○"
_STOPPED: Final = "✗"
_ODD: Final = "⚠"

# How many of the steps checked, queued, trained, ready are behind each state.
_BEHIND: Final[dict[str, int]] = {
    states.AWAITING_APPROVAL: 0,
    states.IN_LINE: 0,
    states.SUBMITTING: 0,
    states.UNCERTAIN: 0,
    states.VALIDATING: 0,
    states.QUEUED: 1,
    states.RUNNING: 2,
    states.PAUSING: 2,
    states.PAUSED: 2,
    states.SUCCEEDED: 4,
    states.FAILED: 4,
    states.CANCELLED: 4,
}
# What a state looks like from afar.
_SYMBOLS: Final[dict[str, str]] = {
    states.AWAITING_APPROVAL: "✋",
    states.IN_LINE: "⏳",
    states.SUBMITTING: "⏳",
    states.UNCERTAIN: "❓",
    states.VALIDATING: "⏳",
    states.QUEUED: "⏳",
    states.RUNNING: "🔵",
    states.PAUSING: "⏸️",
    states.PAUSED: "⏸️",
    states.SUCCEEDED: "✅",
    states.FAILED: "❌",
    states.CANCELLED: "⚪",
}


def card(
    job: Job,
    assessment: Assessment = UNASSESSED,
    *,
    now: float,
    chart_file_id: str | None = None,
    chart_alt_text: str = "",
    abilities: Abilities = ALL_ABILITIES,
) -> Message:
    """The state of `job` at `now` (seconds since the epoch). The same arguments give the same message, and times
    are coarse while the job runs, so that what is shown changes only when there is news worth an edit.
    `abilities`: of its provider.
    """
    model = job.fine_tuned_model if job.state == states.SUCCEEDED else None
    known = id_button(model) if model else None
    blocks: list[Block] = [
        header(f"{symbol(job, assessment)} {title(job)}"),
        section(_progress(job, assessment, now), button=known),
    ]
    if wrong := diagnosis(job, assessment):
        blocks.append(section(wrong))
    if assessment.figures:
        blocks.append(fields(pairs(assessment.figures)))
    if job.state == states.FAILED:
        blocks.append(section(_failure(job.error)))
    if job.state == states.UNCERTAIN:
        blocks.append(section(uncertain()))
    if chart_file_id:
        blocks.append(image(chart_file_id, chart_alt_text or chart()))
    buttons = fitting_buttons(job, assessment, abilities=abilities)
    if buttons:
        blocks.append(actions(*buttons))
    blocks.append(context(_origin(job)))
    return message(labelled(code(title(job), 150), outcome(job, assessment)), blocks)


def uncertain() -> str:
    """What happened to a job of which nobody knows, and the two ways on."""
    return texts.uncertain(bold(texts.adopt_button()), bold(texts.submit_again_button()))


def linked_title(job: Job, permalink: str | None, limit: int = 150) -> str:
    """What the job is, as mrkdwn: a link to its card, where there is one."""
    return link(permalink, quoted(title(job), limit)) if permalink else code(title(job), limit)


def title(job: Job) -> str:
    """What the job is, as plain text: "train.jsonl → gpt-4.1-mini (support)". A name that only repeats the file's is
    left out.
    """
    file = job.file_name or job.training_file or job.provider_job_id or job.id
    suffix = given_suffix(job.suffix, job.file_name)
    made = f"{file} → {job.base_model}"
    return one_line(with_remark(made, suffix) if suffix else made)


def state_words(state: str) -> str:
    """A state as mrkdwn; one that we do not know is shown as the provider wrote it."""
    return texts.state(state) or code(state, 60)


def symbol(job: Job, assessment: Assessment = UNASSESSED) -> str:
    """Its state at a glance; a finished job whose model is lost, or doubtful, does not look finished."""
    if job.state == states.SUCCEEDED and outcome(job, assessment) != state_words(job.state):
        return "❌" if job.model_lost else "⚠️"
    return _SYMBOLS.get(job.state, "⏳")


def outcome(job: Job, assessment: Assessment = UNASSESSED) -> str:
    """Its state as mrkdwn; of a finished job, what became of its model."""
    if job.state == states.SUCCEEDED and job.model_lost:
        return texts.lost(job.model_lost)
    if job.state == states.SUCCEEDED and assessment.diagnosis:
        return verdict(assessment.diagnosis.problem)
    return state_words(job.state)


def steps(job: Job, assessment: Assessment = UNASSESSED) -> str:
    """The way of a job in one line: "✓ Checked · ✓ Queued · ● Training · ○ Ready"."""
    way = texts.steps()
    if job.state == states.SUCCEEDED:
        said = outcome(job, assessment)
        well = said == state_words(job.state)
        last = f"{_DONE} {said}" if well else f"{_STOPPED if job.model_lost else _ODD} {bold(said)}"
        return " · ".join([f"{_DONE} {way[0]}", f"{_DONE} {texts.trained_step()}", last])
    if job.state in (states.FAILED, states.CANCELLED):
        behind = way[:1] if job.started_at or job.latest else ()
        return " · ".join([*(f"{_DONE} {step}" for step in behind), f"{_STOPPED} {bold(state_words(job.state))}"])
    behind_count = _BEHIND.get(job.state, 1)
    done = [f"{_DONE} {step}" for step in way[:behind_count]]
    ahead = [f"{_AHEAD} {step}" for step in way[max(behind_count + 1, 2) if behind_count else 2 :]]
    return " · ".join([*done, f"{_NOW} {bold(state_words(job.state))}", *ahead])


def fitting_buttons(
    job: Job, assessment: Assessment = UNASSESSED, *, abilities: Abilities = ALL_ABILITIES
) -> Sequence[ButtonElement | OverflowMenuElement]:
    """What makes sense in the job's state: four buttons at most, and a menu for the rest."""
    match job.state:
        case states.SUCCEEDED:
            return ending_buttons(job, assessment, abilities=abilities)
        case states.RUNNING:
            pause = [control_button("pause", job)] if abilities.pauses else []
            return [*pause, _cancel_button(job), *_metrics_button(job)]
        case states.PAUSED:
            return [control_button("resume", job), _cancel_button(job), *_metrics_button(job)]
        case states.FAILED | states.CANCELLED:
            return [again_button(job, style="primary"), *_metrics_button(job)]
        case states.UNCERTAIN:
            return uncertain_buttons(job)
        case _:
            return [_cancel_button(job)]


def ending_buttons(
    job: Job, assessment: Assessment = UNASSESSED, *, abilities: Abilities = ALL_ABILITIES
) -> list[ButtonElement | OverflowMenuElement]:
    """What can be done with what a job has made."""
    buttons: list[ButtonElement | OverflowMenuElement] = []
    rarer = []
    if job.fine_tuned_model and not job.model_lost:
        if abilities.deploys and job.deployment is None:
            buttons.append(deploy_button(job))
        else:
            buttons.append(chat_button(job, assessment))
        buttons.append(button(evaluate_button(), JOB_EVALUATE, job.id))
        if job.parent:
            buttons.append(meet_parent_button(job.id))
            rarer.append(entry(JOB_COMPARE, job.id, compare_button()))
        else:
            buttons.append(button(compare_button(), JOB_COMPARE, job.id))
    if assessment.diagnosis or job.model_lost:
        buttons.append(again_button(job))
    if job.deployment is not None and job.deployment.state is not DeploymentState.LEAVING:
        buttons.append(remove_button(job))
    if job.fine_tuned_model:
        rarer.append(entry(CHECKPOINTS, job.id, texts.checkpoints_button()))
    if job.latest:
        rarer.append(entry(METRICS, job.id, metrics_button()))
    if job.result_files:
        rarer.append(entry(RESULTS, job.id, texts.results_button()))
    rarer.append(entry(REPORT, job.id, report_button()))
    return [*buttons, menu(MORE, rarer)]


def _metrics_button(job: Job) -> list[ButtonElement]:
    """Where there is something to draw."""
    return [button(metrics_button(), METRICS, job.id)] if job.latest else []


def chat_button(job: Job, assessment: Assessment = UNASSESSED) -> ButtonElement:
    """Green only for a model that nothing speaks against."""
    return button(texts.chat_button(), JOB_CHAT, job.id, style=None if assessment.diagnosis else "primary")


def again_button(job: Job, *, style: Literal["primary"] | None = None) -> ButtonElement:
    """The start modal, with the job's settings kept."""
    label = texts.try_again_button() if job.state == states.FAILED else texts.start_again_button()
    return button(label, START_AGAIN, job.id, style=style)


def uncertain_buttons(job: Job) -> list[ButtonElement]:
    submit_again = texts.submit_again_button()
    question = confirm(*texts.submit_again_question(), submit_again, texts.not_yet_button())
    return [
        button(texts.adopt_button(), ADOPT, job.id, style="primary"),
        button(submit_again, SUBMIT_AGAIN, job.id, confirm=question),
    ]


def _cancel_button(job: Job) -> ButtonElement:
    if job.state == states.AWAITING_APPROVAL:
        heading, yes, no = texts.withdraw_question()
        question = confirm(heading, consequence("cancel", job), yes, no)
        return button(texts.withdraw_button(), CANCEL, job.id, confirm=question)
    return control_button("cancel", job)


def _failure(error: JobError | None) -> str:
    if error is None:
        return no_reason()
    said = f"{code_block(told(error), 1000)}\n" if error.message else ""
    return f"{said}{explain(error)}"


def _progress(job: Job, assessment: Assessment, now: float) -> str:
    lines = [steps(job, assessment)]
    latest = job.latest
    if latest is not None and job.state != states.SUCCEEDED:
        lines.append(" · ".join(filter(None, (progress_bar(latest.step, latest.total_steps), _where(job, latest)))))
    if wait := waiting(job):
        lines.append(wait)
    times = _times(job, now)
    if times:
        lines.append(times)
    if job.state == states.SUCCEEDED and job.fine_tuned_model:
        lines.append(texts.model(named(job.fine_tuned_model)))
    if deployed := deployment_line(job):
        lines.append(deployed)
    return "\n".join(lines)


def waiting(job: Job) -> str:
    """Whom or what it waits for, and since when."""
    if job.state == states.QUEUED and job.queued_at is not None:
        return texts.queued(quoted(job.provider, 60), since(job.queued_at), job.queue_position)
    if job.state == states.AWAITING_APPROVAL:
        return texts.awaiting_approval(deciders(job))
    if job.state == states.IN_LINE and job.queue_place is not None and job.queue_place.place:
        return texts.in_line(job.queue_place.place, job.queue_place.length, quoted(job.provider, 60))
    return ""


def _where(job: Job, latest: Metrics) -> str:
    total = latest.total_steps
    if not total or total < 1:
        return ""
    step = min(max(latest.step, 0), total)
    epochs = job.hyperparameters.n_epochs
    if isinstance(epochs, int) and epochs > 0:
        epoch = min(epochs, max(1, math.ceil(step * epochs / total)))
        return texts.step_and_epoch(step, total, epoch, epochs)
    return texts.step_of(step, total)


def _times(job: Job, now: float) -> str:
    if job.state in states.ENDED:
        if job.finished_at is None:
            return ""
        trained = training_seconds(job, job.finished_at)
        return texts.ended(date(job.finished_at), duration(trained) if trained else None)
    trained = training_seconds(job, now)
    if trained is None or job.state in states.OURS:
        return ""
    if job.state != states.RUNNING:
        return texts.trained_so_far(rough_duration(trained)) if trained else ""
    remaining = _remaining(job, now)
    if remaining is None:
        return texts.training_for(rough_duration(trained))
    # "about a few seconds" is one word too many.
    say = texts.training_for_and_about if remaining >= 60 else texts.training_for_and
    return say(rough_duration(trained), rough_duration(remaining))


def _remaining(job: Job, now: float) -> float | None:
    """The provider's own estimate where it gives one, else the pace up to the last news, once five steps or a
    twentieth are done. Between two looks it counts down.
    """
    if job.estimated_finish is not None and job.estimated_finish > now:
        return job.estimated_finish - now
    latest = job.latest
    if latest is None or not latest.total_steps or latest.step >= latest.total_steps:
        return None
    if latest.step < 2 or (latest.step < 5 and latest.step * 20 < latest.total_steps):
        return None
    seen = min(job.heard_at or now, now)
    trained = training_seconds(job, seen)
    if not trained:
        return None
    return max(0.0, trained / latest.step * (latest.total_steps - latest.step) - (now - seen))


def _origin(job: Job) -> str:
    who = (texts.followed_by if job.made_elsewhere else texts.started_by)(person(job.requester))
    parts = [who, date(job.created_at), _cost(job), texts.job(code(job.id, 80))]
    if decided := decision(job):
        parts.append(decided)
    return " · ".join(parts)


def _cost(job: Job) -> str:
    """What it cost, where the provider has said what it trained; else so far, by the estimate."""
    if job.estimated_cost == 0:
        return texts.cost(money(0))
    estimated = money(job.estimated_cost)
    real = real_cost(job)
    if job.state in states.ENDED and real is not None:
        both = job.estimated_cost and real
        return texts.cost_and_estimate(money(real), estimated) if both else texts.cost(money(real))
    spent = cost_so_far(job)
    return texts.cost_so_far(money(spent), estimated) if spent else texts.estimate(estimated)
