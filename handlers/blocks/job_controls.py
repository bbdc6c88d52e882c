"""Pausing, resuming, cancelling: what each costs or loses, and the question before it is done."""

from typing import Final, Literal

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

from bot.jobs import states
from bot.jobs.estimate import cost_so_far
from bot.jobs.job import Job
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, message, section
from handlers.blocks.text import bold, code
from texts import steering as texts
from texts.formats import money
from texts.steering import Action

_TRAINS: Final = frozenset({states.RUNNING, states.PAUSING, states.PAUSED})


def consequence(act: Action, job: Job) -> str:
    """What comes of it, in plain text that fits a dialog of Slack's (300 characters)."""
    match act:
        case "pause":
            return texts.pause(_spent(job))
        case "resume":
            return texts.resume(_left(job))
        case "cancel" if job.state in _TRAINS:
            return texts.cancel(_spent(job))
        case "cancel":
            return texts.cancel_before_training()


def dialog(act: Action, job: Job) -> ConfirmObject:
    title, yes, no = texts.question(act)
    style: Literal["primary", "danger"] = "danger" if act == "cancel" else "primary"
    return confirm(title, consequence(act, job), yes, no, style)


def steering_button(act: Action, job: Job) -> ButtonElement:
    """On the card; it asks first."""
    style: Literal["primary", "danger"] | None = "danger" if act == "cancel" else None
    return button(texts.button(act), f"job_{act}", job.id, style=style, confirm=dialog(act, job))


def question(act: Action, job: Job, title: str) -> Message:
    """The same question as a message, for the command."""
    heading, yes, _ = texts.question(act)
    confirmed = button(yes, f"job_{act}_asked", job.id, style="danger" if act == "cancel" else "primary")
    asked = f"{bold(heading)} {code(title, 150)}\n{consequence(act, job)}"
    return message(f"{heading} {code(title, 150)}", [section(asked), actions(confirmed)])


def _spent(job: Job) -> str | None:
    """Of the estimate, up to now."""
    spent = cost_so_far(job)
    return money(spent) if spent else None


def _left(job: Job) -> str | None:
    """Of the estimate, from now on."""
    spent = cost_so_far(job)
    return money(job.estimated_cost - spent) if spent and job.estimated_cost is not None else None
