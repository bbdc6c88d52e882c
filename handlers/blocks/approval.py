"""Asking for the approval of a job, and what became of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from slack_sdk.models.blocks import ButtonElement, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.jobs.job import Job
from handlers.blocks.approval_text import deciders, decision, necessity
from handlers.blocks.card import linked_title, title
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, actions, button, message, plain, section
from handlers.blocks.text import channel, code, person
from texts import approval as texts
from texts.formats import sentences

APPROVE: Final = "job_approve"
DECLINE: Final = "job_decline"
CALLBACK_ID: Final = "decline"
REASON: Final = "reason"
_LONGEST_REASON: Final = 500


class DeclineTarget(msgspec.Struct, frozen=True):
    """What the modal that asks for a reason carries: where *Decline* was pressed, on which job, and the ts of the
    question whose button it is."""

    channel: str
    job: str
    question: str


def asked(job: Job, *, again: bool = False) -> Message:
    alone = job.approval is not None and len(job.approval.deciders) == 1
    text = (texts.ask_one if alone else texts.ask)(deciders(job), wish(job), necessity(job))
    if again:
        text = sentences(texts.still_waits(), text)
    return message(text, [section(text), actions(*buttons(job))])


def asked_directly(job: Job, permalink: str | None = None, *, again: bool = False) -> Message:
    """For one of those who may approve it, in their direct messages. `permalink`: of its card."""
    text = texts.ask_directly(wish(job, permalink), necessity(job), channel(job.origin.channel))
    if again:
        text = sentences(texts.still_waits(), text)
    return message(text, [section(text), actions(*buttons(job))])


def buttons(job: Job) -> Sequence[ButtonElement]:
    return (
        button(texts.approve_button(), APPROVE, job.id, style="primary"),
        button(texts.decline_button(), DECLINE, job.id, style="danger"),
    )


def answered(job: Job) -> Message:
    """Replaces the question once it is answered."""
    text = sentences(wish(job), decision(job))
    return message(text, [section(text)])


def approved(job: Job) -> Message:
    text = texts.goes_on(person(job.requester), decision(job))
    return message(text, [section(text)])


def approved_directly(job: Job, permalink: str | None = None) -> Message:
    """For who started it, in their direct messages. `permalink`: of its card."""
    text = texts.job_goes_on(linked_title(job, permalink), decision(job))
    return message(text, [section(text)])


def decided_before(job: Job) -> Message:
    """For whoever was not the first."""
    text = texts.too_late(decision(job) or texts.withdrawn())
    return message(text, [section(text)])


def done(job: Job) -> Message:
    approval = job.approval
    text = (texts.you_approved if approval and approval.approved else texts.you_declined)(code(title(job), 150))
    return message(text, [section(text)])


def decline_modal(job: Job, target: DeclineTarget) -> View:
    blocks = [section(sentences(wish(job), necessity(job))), reason_input()]
    return modal(
        texts.decline_title(),
        blocks,
        callback_id=CALLBACK_ID,
        submit=texts.decline_button(),
        close=texts.not_now_button(),
        private_metadata=msgspec.json.encode(target).decode(),
    )


def reason_input() -> InputBlock:
    label, hint = texts.reason()
    return InputBlock(
        block_id=REASON,
        label=plain(label, HINT),
        element=PlainTextInputElement(action_id=REASON, multiline=True, max_length=_LONGEST_REASON),
        hint=plain(hint, HINT),
    )


def read_reason(values: Mapping[str, Mapping[str, Mapping[str, object]]]) -> str | None:
    """None where there is none."""
    return str(values.get(REASON, {}).get(REASON, {}).get("value") or "").strip()[:_LONGEST_REASON] or None


def wish(job: Job, permalink: str | None = None) -> str:
    return texts.wish(person(job.requester), linked_title(job, permalink))
