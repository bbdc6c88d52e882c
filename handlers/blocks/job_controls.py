"""Pausing, resuming, cancelling: what each costs or loses, and the question before it is done."""

from typing import Final, Literal

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

from bot.jobs import states
from bot.jobs.estimate import cost_so_far
from bot.jobs.job import Job
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, message, section
from handlers.blocks.text import bold, code
from texts import job_controls as texts
from texts.formats import money
from texts.job_controls import Control

CANCEL: Final = "job_cancel"
PAUSE: Final = "job_pause"
RESUME: Final = "job_resume"
CANCEL_CONFIRMED: Final = "job_cancel_asked"
PAUSE_CONFIRMED: Final = "job_pause_asked"
RESUME_CONFIRMED: Final = "job_resume_asked"
_BUTTONS: Final[dict[Control, str]] = {"cancel": CANCEL, "pause": PAUSE, "resume": RESUME}
_CONFIRMED: Final[dict[Control, str]] = {
    "cancel": CANCEL_CONFIRMED,
    "pause": PAUSE_CONFIRMED,
    "resume": RESUME_CONFIRMED,
}
_TRAINS: Final = frozenset({states.RUNNING, states.PAUSING, states.PAUSED})


def consequence(control: Control, job: Job) -> str:
    """What comes of it, in plain text that fits a dialog of Slack's (300 characters)."""
    match control:
        case "pause":
            return texts.pause(_spent(job))
        case "resume":
            return texts.resume(_left(job))
        case "cancel" if job.state in _TRAINS:
            return texts.cancel(_spent(job))
        case "cancel":
            return texts.cancel_before_training()


def dialog(control: Control, job: Job) -> ConfirmObject:
    title, yes, no = texts.question(control)
    style: Literal["primary", "danger"] = "danger" if control == "cancel" else "primary"
    return confirm(title, consequence(control, job), yes, no, style)


def control_button(control: Control, job: Job) -> ButtonElement:
    """On the card; it asks first."""
    style: Literal["primary", "danger"] | None = "danger" if control == "cancel" else None
    return button(texts.button(control), _BUTTONS[control], job.id, style=style, confirm=dialog(control, job))


def question(control: Control, job: Job, title: str) -> Message:
    """The same question as a message, for the command."""
    heading, yes, _ = texts.question(control)
    confirmed = button(yes, _CONFIRMED[control], job.id, style="danger" if control == "cancel" else "primary")
    asked = f"{bold(heading)} {code(title, 150)}\n{consequence(control, job)}"
    return message(f"{heading} {code(title, 150)}", [section(asked), actions(confirmed)])


def _spent(job: Job) -> str | None:
    """Of the estimate, up to now."""
    spent = cost_so_far(job)
    return money(spent) if spent else None


def _left(job: Job) -> str | None:
    """Of the estimate, from now on."""
    spent = cost_so_far(job)
    return money(job.estimated_cost - spent) if spent and job.estimated_cost is not None else None
