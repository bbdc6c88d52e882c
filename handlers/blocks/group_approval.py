"""Asking for the approval of several jobs at once, and what became of it."""

from collections.abc import Sequence
from typing import Final

import msgspec
from slack_sdk.models.blocks import ButtonElement
from slack_sdk.models.views import View

from bot.jobs.admission import price_of
from bot.jobs.group import JobGroup
from bot.jobs.job import Job
from bot.moves.move import Move
from bot.rehearsals.rehearsal import Rehearsal
from bot.sweeps.sweep import Sweep
from handlers.blocks.approval import reason_input
from handlers.blocks.approval_text import deciders, decision
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.parts import actions, button, line, message, section
from handlers.blocks.text import bold, channel, code, person, quoted
from texts import approval as approval_texts
from texts import group_approval as texts
from texts import moves, rehearsals, sweeps
from texts.formats import dollars, money, sentences

# Sweeps were the first that had them.
APPROVE: Final = "sweep_approve"
DECLINE: Final = "sweep_decline"
DECLINE_CALLBACK: Final = "sweep_decline"


class DeclineTarget(msgspec.Struct, frozen=True):
    """What the modal that asks for a reason carries: where *Decline* was pressed, on which group, and the ts of the
    question whose button it is."""

    channel: str
    group: str
    question: str


def asked(group: JobGroup, jobs: Sequence[Job], *, again: bool) -> Message:
    approval = jobs[0].approval
    alone = approval is not None and len(approval.deciders) == 1
    say = approval_texts.ask_one if alone else approval_texts.ask
    text = say(deciders(jobs[0]), wish(group), necessity(jobs))
    if again:
        text = sentences(texts.still_waits(), text)
    return message(text, [section(text), actions(*buttons(group))])


def asked_directly(group: JobGroup, jobs: Sequence[Job], *, again: bool) -> Message:
    """For one of those who may approve them, in their direct messages."""
    text = approval_texts.ask_directly(wish(group), necessity(jobs), channel(group.origin.channel))
    if again:
        text = sentences(texts.still_waits(), text)
    return message(text, [section(text), actions(*buttons(group))])


def buttons(group: JobGroup) -> Sequence[ButtonElement]:
    return (
        button(approval_texts.approve_button(), APPROVE, group.id, style="primary"),
        button(approval_texts.decline_button(), DECLINE, group.id, style="danger"),
    )


def go_on(group: JobGroup, jobs: Sequence[Job]) -> Message:
    return line(texts.go_on(person(group.requester), decision(jobs[0])))


def answered(group: JobGroup, jobs: Sequence[Job]) -> Message:
    """Replaces the question once it is answered."""
    return line(sentences(wish(group), next(filter(None, map(decision, jobs)), "")))


def decided_before(job: Job) -> Message:
    """For whoever was not the first."""
    return line(texts.too_late(decision(job) or approval_texts.withdrawn()))


def done(jobs: Sequence[Job], *, approved: bool) -> Message:
    return line(texts.decided(len(jobs), approved=approved))


def decline_modal(group: JobGroup, jobs: Sequence[Job], target: DeclineTarget) -> View:
    return modal(
        texts.decline_title(),
        [section(sentences(wish(group), necessity(jobs))), reason_input()],
        callback_id=DECLINE_CALLBACK,
        submit=approval_texts.decline_button(),
        close=approval_texts.not_now_button(),
        private_metadata=msgspec.json.encode(target).decode(),
    )


def necessity(jobs: Sequence[Job]) -> str:
    """One sentence (mrkdwn) on why they need approval; "" where they need none."""
    approval, price = jobs[0].approval, price_of(jobs)
    if approval is None:
        return ""
    return texts.unknown_price() if price is None else texts.estimated(bold(money(price)), dollars(approval.above))


def wish(group: JobGroup) -> str:
    who = person(group.requester)
    match group:
        case Sweep():
            return sweeps.wish(who, len(group.members), code(group.file))
        case Move():
            return moves.wish(who, len(group.models), quoted(group.provider, 60))
        case Rehearsal():
            return rehearsals.wish(who, code(group.file))
    raise TypeError(group)
