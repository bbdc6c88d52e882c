"""The job card: one message that always shows where a job stands."""

import math
from typing import Final, Literal

from slack_sdk.models.blocks import Block, ButtonElement

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.estimate import cost_so_far, real_cost
from bot.jobs.explanations import explain
from bot.jobs.job import Job, Loss, Metrics
from bot.jobs.training_time import training_seconds
from bot.models.names import given_suffix
from handlers.blocks.approval_text import deciders, decision
from handlers.blocks.figures import VERDICTS, diagnosis, pairs
from handlers.blocks.job_controls import consequence, steering_button
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import actions, button, confirm, context, fields, header, image, message, section
from handlers.blocks.text import code, code_block, date, one_line, person, progress_bar, quoted, since
from texts.formats import duration, money, number, rough_duration

_DONE: Final = "✓"
_NOW: Final = "●"
_AHEAD: Final = "○"
_STOPPED: Final = "✗"
_ODD: Final = "⚠"

# What each state is called, and how many of the steps checked, queued, trained, ready are behind it.
_WORDS: Final[dict[str, tuple[str, int]]] = {
    states.AWAITING_APPROVAL: ("Waiting for approval", 0),
    states.IN_LINE: ("Waiting in line", 0),
    states.SUBMITTING: ("Handing over to the provider", 0),
    states.UNCERTAIN: ("Not sure that the provider has it", 0),
    states.VALIDATING: ("Checking the file", 0),
    states.QUEUED: ("Queued", 1),
    states.RUNNING: ("Training", 2),
    states.PAUSING: ("Pausing", 2),
    states.PAUSED: ("Paused", 2),
    states.SUCCEEDED: ("Ready", 4),
    states.FAILED: ("Failed", 4),
    states.CANCELLED: ("Cancelled", 4),
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
_STEPS: Final = ("Checked", "Queued", "Training", "Ready")


def card(
    job: Job,
    assessment: Assessment = UNASSESSED,
    *,
    now: float,
    chart_file_id: str | None = None,
    chart_alt_text: str = "",
) -> Message:
    """Where `job` stands at `now` (seconds since the epoch). The same arguments give the same message, and times
    are coarse while the job runs, so that what is shown changes only when there is news worth an edit.
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
    if job.state == states.FAILED and job.error is not None:
        blocks.append(section(f"{code_block(job.error.message, 1000)}\n{explain(job.error)}"))
    if job.state == states.UNCERTAIN:
        blocks.append(section(UNCERTAIN))
    if chart_file_id:
        blocks.append(image(chart_file_id, chart_alt_text or "Training loss by step"))
    buttons = fitting_buttons(job, assessment)
    if buttons:
        blocks.append(actions(*buttons))
    blocks.append(context(_origin(job)))
    return message(f"{code(title(job), 150)}: {outcome(job, assessment)}", blocks)


UNCERTAIN: Final = (
    "The answer of the provider got lost, and the job was not found there. *Adopt* searches for it "
    "once more and goes on with it. *Submit again* starts a new one: if the first one does exist, both cost "
    "money, so look at the provider's own list of jobs first."
)


def title(job: Job) -> str:
    """What the job is, as plain text: "train.jsonl → gpt-4.1-mini (support)". A name that only repeats the file's is
    left out.
    """
    file = job.file_name or job.training_file or job.provider_job_id or job.id
    suffix = given_suffix(job.suffix, job.file_name)
    return one_line(f"{file} → {job.base_model}{f' ({suffix})' if suffix else ''}")


def state_words(state: str) -> str:
    """A state as mrkdwn; one that we do not know is shown as the provider wrote it."""
    known = _WORDS.get(state)
    return known[0] if known else code(state, 60)


def symbol(job: Job, assessment: Assessment = UNASSESSED) -> str:
    """Its state at a glance; a finished job whose model is lost, or doubtful, does not look finished."""
    if job.state == states.SUCCEEDED and outcome(job, assessment) != state_words(job.state):
        return "❌" if job.model_lost else "⚠️"
    return _SYMBOLS.get(job.state, "⏳")


def outcome(job: Job, assessment: Assessment = UNASSESSED) -> str:
    """Its state as mrkdwn; of a finished job, what became of its model."""
    if job.state == states.SUCCEEDED and job.model_lost:
        return LOST[job.model_lost]
    if job.state == states.SUCCEEDED and assessment.diagnosis:
        return VERDICTS[assessment.diagnosis.problem]
    return state_words(job.state)


LOST: Final = {
    Loss.DELETED: "Model deleted",
    Loss.MISSING: "Model no longer at the provider",
    Loss.SHUT_DOWN: "Model shut down",
}


def steps(job: Job, assessment: Assessment = UNASSESSED) -> str:
    """The way of a job in one line: "✓ Checked · ✓ Queued · ● Training · ○ Ready"."""
    if job.state == states.SUCCEEDED:
        said = outcome(job, assessment)
        last = (
            f"{_DONE} {said}" if said == state_words(job.state) else f"{_STOPPED if job.model_lost else _ODD} *{said}*"
        )
        return " · ".join([f"{_DONE} Checked", f"{_DONE} Trained", last])
    if job.state in (states.FAILED, states.CANCELLED):
        behind = ["Checked"] if job.started_at or job.latest else []
        return " · ".join([*(f"{_DONE} {step}" for step in behind), f"{_STOPPED} *{state_words(job.state)}*"])
    behind_count = _WORDS.get(job.state, ("", 1))[1]
    done = [f"{_DONE} {step}" for step in _STEPS[:behind_count]]
    ahead = [f"{_AHEAD} {step}" for step in _STEPS[max(behind_count + 1, 2) if behind_count else 2 :]]
    return " · ".join([*done, f"{_NOW} *{state_words(job.state)}*", *ahead])


def fitting_buttons(job: Job, assessment: Assessment = UNASSESSED) -> list[ButtonElement]:
    """The buttons that make sense in the job's state."""
    match job.state:
        case states.SUCCEEDED:
            return ending_buttons(job, assessment)
        case states.RUNNING:
            return [steering_button("pause", job), _cancel_button(job)]
        case states.PAUSED:
            return [steering_button("resume", job), _cancel_button(job)]
        case states.FAILED | states.CANCELLED:
            return [again_button(job, style="primary")]
        case states.UNCERTAIN:
            return uncertain_buttons(job)
        case _:
            return [_cancel_button(job)]


def ending_buttons(job: Job, assessment: Assessment = UNASSESSED) -> list[ButtonElement]:
    """What can be done with what a job has made."""
    buttons = []
    if job.fine_tuned_model and not job.model_lost:
        buttons.append(chat_button(job, assessment))
    if assessment.diagnosis or job.model_lost:
        buttons.append(again_button(job))
    if job.fine_tuned_model:
        buttons.append(button("Checkpoints", "job_checkpoints", job.id))
    if job.result_files:
        buttons.append(button("Results file", "job_results", job.id))
    return buttons


def chat_button(job: Job, assessment: Assessment = UNASSESSED) -> ButtonElement:
    """Green only for a model that nothing speaks against."""
    return button("Chat", "job_chat", job.id, style=None if assessment.diagnosis else "primary")


def again_button(job: Job, *, style: Literal["primary"] | None = None) -> ButtonElement:
    """The start window, with the job's settings kept."""
    return button("Try again" if job.state == states.FAILED else "Start again", "job_retry", job.id, style=style)


def uncertain_buttons(job: Job) -> list[ButtonElement]:
    return [
        button("Adopt", "job_adopt", job.id, style="primary"),
        button(
            "Submit again",
            "job_resubmit",
            job.id,
            confirm=confirm(
                "Submit a second time?",
                "If the first job does exist at the provider, there will be two, and both cost money. Its "
                "own list of jobs tells.",
                "Submit again",
                "Not yet",
            ),
        ),
    ]


def _cancel_button(job: Job) -> ButtonElement:
    if job.state == states.AWAITING_APPROVAL:
        question = confirm("Withdraw this job?", consequence("cancel", job), "Withdraw it", "Keep asking")
        return button("Withdraw", "job_cancel", job.id, confirm=question)
    return steering_button("cancel", job)


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
        lines.append(f"Model: {named(job.fine_tuned_model)}")
    return "\n".join(lines)


def waiting(job: Job) -> str:
    """Whom or what it waits for, and since when."""
    if job.state == states.QUEUED and job.queued_at is not None:
        place = f"Place {number(job.queue_position)} in the queue of" if job.queue_position else "In the queue of"
        return f"{place} {quoted(job.provider, 60)} since {since(job.queued_at)}."
    if job.state == states.AWAITING_APPROVAL:
        return f"{deciders(job)} can approve it in the thread. Nothing is spent before."
    if job.state == states.IN_LINE and job.in_line is not None and job.in_line.place:
        place = f"Place {number(job.in_line.place)} of {number(job.in_line.length)}"
        return f"{place}. {quoted(job.provider, 60)} runs no more jobs at a time; it goes on by itself."
    return ""


def _where(job: Job, latest: Metrics) -> str:
    total = latest.total_steps
    if not total or total < 1:
        return ""
    step = min(max(latest.step, 0), total)
    where = f"step {number(step)} of {number(total)}"
    epochs = job.hyperparameters.n_epochs
    if isinstance(epochs, int) and epochs > 0:
        where += f", epoch {min(epochs, max(1, math.ceil(step * epochs / total)))} of {epochs}"
    return where


def _times(job: Job, now: float) -> str:
    if job.state in states.ENDED:
        if job.finished_at is None:
            return ""
        ended = f"Ended {date(job.finished_at)}"
        trained = training_seconds(job, job.finished_at)
        return f"{ended} after {duration(trained)} of training" if trained else ended
    trained = training_seconds(job, now)
    if trained is None or job.state in states.OURS:
        return ""
    if job.state != states.RUNNING:
        return f"Trained for {rough_duration(trained)} so far" if trained else ""
    parts = [f"Training for {rough_duration(trained)}"]
    remaining = _remaining(job, now)
    if remaining is not None:
        # "about a few seconds" is one word too many.
        about = "about " if remaining >= 60 else ""
        parts.append(f"{about}{rough_duration(remaining)} left")
    return ", ".join(parts)


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
    who = f"{'Followed' if job.made_elsewhere else 'Started'} by {person(job.requester)}"
    parts = [who, date(job.created_at), _cost(job), f"Job {code(job.id, 80)}"]
    if decided := decision(job):
        parts.append(decided)
    return " · ".join(parts)


def _cost(job: Job) -> str:
    """What it cost, where the provider has said what it trained; else so far, by the estimate."""
    if job.estimated_cost == 0:
        return f"Cost: {money(0)}"
    estimated = money(job.estimated_cost)
    real = real_cost(job)
    if job.state in states.ENDED and real is not None:
        return f"Cost: {money(real)}" + (f", estimated {estimated}" if job.estimated_cost and real else "")
    spent = cost_so_far(job)
    return f"Cost so far: about {money(spent)} of an estimated {estimated}" if spent else f"Estimate: {estimated}"
