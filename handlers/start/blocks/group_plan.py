"""What the plans of several jobs have in common: the price of all, what is in their way, and the button that starts
them."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.job import Job
from bot.spending.budget import NotAdmitted
from handlers.blocks.approval_text import deciders
from handlers.blocks.group_approval import necessity
from handlers.blocks.parts import VALUE, actions, button, context, section
from handlers.blocks.text import bold, quoted, size
from handlers.start.blocks.admission_preview import refusal_preview
from texts import start as start_texts
from texts import sweeps as texts
from texts.formats import money


def price(jobs: Sequence[Job], usd: float | None) -> str:
    """`usd`: of all, None where nobody knows that of one."""
    if usd is not None:
        return money(usd)
    known = sum(job.estimated_cost or 0 for job in jobs)
    return texts.at_least(money(known)) if known else money(None)


def ahead(jobs: Sequence[Job], refused: NotAdmitted | None) -> str:
    """What is in their way, as mrkdwn; "" where nothing is."""
    if refused is not None:
        return refusal_preview(refused)
    first = jobs[0]
    if first.state == states.AWAITING_APPROVAL:
        told = texts.one_approval(necessity(jobs), deciders(first))
        return f"{bold(start_texts.needs_approval())} {told}"
    waiting = sum(job.state == states.IN_LINE for job in jobs)
    return texts.waiting(waiting, quoted(first.provider, 60)) if waiting else ""


def start_blocks(name: str, action_id: str, value: str, refused: NotAdmitted | None) -> list[Block]:
    """The button of this `name`, where they can be started; `value`: what it brings back."""
    if refused is not None:
        return []
    if size(value) > VALUE:
        return [section(start_texts.too_long_for_button())]
    return [
        actions(button(name, action_id, value, style="primary")),
        context(start_texts.nothing_spent_yet(bold(name))),
    ]
