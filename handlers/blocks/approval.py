"""Asking for the approval of a job, and what became of it."""

from collections.abc import Mapping
from typing import Final

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.jobs.job import Job
from handlers.blocks.approval_text import deciders, decision, necessity
from handlers.blocks.card import title
from handlers.blocks.message import Message
from handlers.blocks.modals import window
from handlers.blocks.parts import HINT, actions, button, message, plain, section
from handlers.blocks.text import code, person

CALLBACK_ID: Final = "decline"
_TITLE: Final = "Decline a job"
_LONGEST_REASON: Final = 500


def asked(job: Job, *, again: bool = False) -> Message:
    alone = job.approval is not None and len(job.approval.deciders) == 1
    agree = "you agree" if alone else "one of you agrees"
    text = f"{deciders(job)}: {_wish(job)} {necessity(job)} Nothing is spent before {agree}."
    if again:
        text = f"This job still waits. {text}"
    buttons = actions(
        button("Approve", "job_approve", job.id, style="primary"),
        button("Decline", "job_decline", job.id, style="danger"),
    )
    return message(text, [section(text), buttons])


def answered(job: Job) -> Message:
    """What stands in the place of the question once it is answered."""
    text = f"{_wish(job)} {decision(job)}"
    return message(text, [section(text)])


def approved(job: Job) -> Message:
    text = f"{person(job.requester)} {decision(job)} It goes on by itself."
    return message(text, [section(text)])


def decided_before(job: Job) -> Message:
    """For whoever was not the first."""
    told = decision(job) or "It was withdrawn."
    text = f"Thank you, but this job waits for no approval any more. {told}"
    return message(text, [section(text)])


def done(job: Job) -> Message:
    approval = job.approval
    text = f"You {'approved' if approval and approval.approved else 'declined'} {code(title(job), 150)}."
    return message(text, [section(text)])


def decline_window(job: Job, private_metadata: str) -> View:
    reason = InputBlock(
        block_id="reason",
        label=plain("Why not?", HINT),
        element=PlainTextInputElement(action_id="reason", multiline=True, max_length=_LONGEST_REASON),
        hint=plain("The requester reads it, and so does everybody in the job's thread.", HINT),
    )
    blocks = [section(f"{_wish(job)} {necessity(job)}"), reason]
    return window(
        _TITLE, blocks, callback_id=CALLBACK_ID, submit="Decline", close="Not now", private_metadata=private_metadata
    )


def read_reason(values: Mapping[str, Mapping[str, Mapping[str, object]]]) -> str | None:
    """None where there is none."""
    return str(values.get("reason", {}).get("reason", {}).get("value") or "").strip()[:_LONGEST_REASON] or None


def _wish(job: Job) -> str:
    return f"{person(job.requester)} wants to train {code(title(job), 150)}."
