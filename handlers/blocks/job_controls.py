"""Pausing, resuming, cancelling: what each costs or loses, and the question before it is done."""

from typing import Final, Literal

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

from bot.jobs import states
from bot.jobs.estimate import cost_so_far
from bot.jobs.job import Job
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, message, section
from handlers.blocks.text import code
from texts.formats import money

Act = Literal["cancel", "pause", "resume"]

_TRAINS: Final = frozenset({states.RUNNING, states.PAUSING, states.PAUSED})


def consequence(act: Act, job: Job) -> str:
    """What comes of it, in plain text that fits a dialog of Slack's (300 characters)."""
    match act:
        case "pause":
            return (
                f"Training stops, and what was learned is kept.{_spent(job)} Nothing more is trained, or paid for, "
                "until somebody presses Resume."
            )
        case "resume":
            return f"Training goes on from where it was paused.{_left(job)}"
        case "cancel" if job.state in _TRAINS:
            return (
                "Training stops at once and there will be no finished model; what was learned since the last "
                f"checkpoint is lost.{_spent(job)} A provider may charge for the steps done so far."
            )
        case "cancel":
            return "Training has not begun, so nothing is lost: the file and its report stay."


def dialog(act: Act, job: Job) -> ConfirmObject:
    title, yes, no = _ASKED[act]
    style: Literal["primary", "danger"] = "danger" if act == "cancel" else "primary"
    return confirm(title, consequence(act, job), yes, no, style)


def steering_button(act: Act, job: Job) -> ButtonElement:
    """On the card; it asks first."""
    style: Literal["primary", "danger"] | None = "danger" if act == "cancel" else None
    return button(act.capitalize(), f"job_{act}", job.id, style=style, confirm=dialog(act, job))


def question(act: Act, job: Job, title: str) -> Message:
    """The same question as a message, for the command."""
    text = f"{_ASKED[act][0]} {code(title, 150)}"
    yes = button(_ASKED[act][1], f"job_{act}_asked", job.id, style="danger" if act == "cancel" else "primary")
    return message(text, [section(f"*{_ASKED[act][0]}* {code(title, 150)}\n{consequence(act, job)}"), actions(yes)])


_ASKED: Final[dict[Act, tuple[str, str, str]]] = {
    "cancel": ("Cancel this job?", "Cancel the job", "Keep training"),
    "pause": ("Pause this job?", "Pause it", "Keep training"),
    "resume": ("Resume this job?", "Resume it", "Not yet"),
}


def _spent(job: Job) -> str:
    spent = cost_so_far(job)
    return f" About {money(spent)} of the estimate is spent." if spent else ""


def _left(job: Job) -> str:
    spent = cost_so_far(job)
    if not spent or job.estimated_cost is None:
        return ""
    return f" About {money(job.estimated_cost - spent)} of the estimate is still to come."
