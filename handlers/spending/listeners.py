"""`/finetune budget`, and *Approve* and *Decline* under a job that waits for approval."""

import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.errors import Conflict, Invalid
from bot.jobs.approval import AlreadyDecided, Approvals
from bot.jobs.job import Job
from bot.notices.interfaces import PostError
from bot.spending.amount import read_dollars
from bot.spending.budget import Scope
from bot.spending.budgets import Budgets
from handlers.blocks import approval
from handlers.blocks.markup import channel_in, person_in
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.spending import blocks
from handlers.turn import Turn
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.approval import say_why
from texts.language import speaking


@dataclass(frozen=True)
class SpendingListeners:
    callers: Callers
    budgets: Budgets
    approvals: Approvals
    languages: Languages
    poster: Poster

    async def budget(self, turn: Turn) -> None:
        """`set workspace | #channel | @person  200 | off`, or `approval 25 | off`; without words, what is used."""
        caller = await self.callers.of(turn)
        match turn.words.split():
            case []:
                await turn.answer(blocks.month(await self.budgets.this_month(caller)))
            case ["set", whose, amount]:
                (scope, subject), usd = _whose(whose), read_dollars(amount)
                await self.budgets.set_budget(caller, scope, subject, usd)
                await turn.answer(blocks.budget_set(scope, subject, usd))
            case ["approval", amount]:
                above = read_dollars(amount)
                await turn.answer(blocks.approval_set(above, await self.budgets.set_approval(caller, above)))
            case _:
                raise Invalid("budget_usage")

    async def approve(self, turn: Turn) -> None:
        deciding = self.approvals.approve(await self.callers.of(turn), turn.words)
        await self._decide(turn, deciding, _question(turn))

    async def decline(self, turn: Turn) -> None:
        """Opens a modal that asks why."""
        try:
            job = await self.approvals.check(await self.callers.of(turn), turn.words)
        except AlreadyDecided as late:
            await turn.answer(approval.decided_before(late.job))
            return
        if turn.trigger_id is None:
            raise Conflict("press_again")
        asked = approval.Asked(turn.channel, job.id, _question(turn))
        await self.poster.open_view(turn.trigger_id, approval.decline_modal(job, asked).to_dict())

    async def declined(self, turn: Turn) -> None:
        """The modal was sent off."""
        view = turn.body["view"]
        asked = msgspec.json.decode(view["private_metadata"], type=approval.Asked)
        reason = approval.read_reason(view["state"]["values"]) or ""
        deciding = self.approvals.decline(await self.callers.of(turn), asked.job, reason)
        await self._decide(turn, deciding, asked.question)

    async def _decide(self, turn: Turn, deciding: Awaitable[Job], question: str) -> None:
        try:
            job = await deciding
        except AlreadyDecided as late:
            await turn.answer(approval.decided_before(late.job))
            return
        await self._close(job, question)
        await turn.answer(approval.done(job))

    async def _close(self, job: Job, question: str) -> None:
        """Take the question's buttons away. Where that fails, whoever presses them is told."""
        if not question:
            return
        with speaking(await self.languages.place(job.origin.channel, job.requester)):
            answered = approval.answered(job)
        with contextlib.suppress(PostError):
            await self.poster.update(job.origin.channel, question, answered, priority=Priority.MILESTONE)


def without_reason(values: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the modal *Decline a job*."""
    return {approval.REASON: say_why()} if approval.read_reason(values) is None else {}


def _question(turn: Turn) -> str:
    """The ts of the message whose button was pressed."""
    return str((turn.body.get("message") or {}).get("ts") or "")


def _whose(word: str) -> tuple[Scope, str]:
    if word == Scope.WORKSPACE:
        return Scope.WORKSPACE, ""
    if (channel := channel_in(word)) is not None:
        return Scope.CHANNEL, channel
    if (person := person_in(word)) is not None:
        return Scope.PERSON, person
    raise Invalid("whose_budget", word=word)
