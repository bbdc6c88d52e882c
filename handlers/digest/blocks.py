"""Answers to `/finetune digest`."""

from typing import Final

from bot.digest.plan import DigestPlan, next_due
from handlers.blocks.help import RUN
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, message, section
from handlers.blocks.text import code, date, person
from texts import digest as texts

OFF: Final = "digest off"


def here(plan: DigestPlan | None, now: float) -> Message:
    """What is set, and buttons for the usual choices."""
    if plan is None:
        text = texts.none_here()
        daily, weekly = (texts.daily_button(), "digest daily"), (texts.weekly_button(), "digest weekly")
        # Within a block no two buttons may have the same id.
        offered = [actions(button(label, RUN, command)) for label, command in (daily, weekly)]
        return message(text, [section(text), *offered])
    text = _said(plan, now)
    return message(text, [section(text), actions(button(texts.stop_button(), RUN, OFF))])


def planned(plan: DigestPlan, now: float) -> Message:
    text = _said(plan, now)
    return message(text, [section(text)])


def stopped() -> Message:
    return message(texts.stopped(), [section(texts.stopped())])


def _said(plan: DigestPlan, now: float) -> str:
    hour, minute = divmod(plan.when.minute, 60)
    at, following = f"{hour:02}:{minute:02}", date(next_due(plan, now))
    if plan.when.every == "weekly":
        return texts.weekly(plan.when.weekday, at, code(plan.zone), person(plan.set_by), following)
    return texts.daily(at, code(plan.zone), person(plan.set_by), following)
