"""`/finetune budget`, and *Approve* and *Decline* under a job that waits for approval."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.errors import Conflict, Invalid
from bot.jobs.approval import AlreadyDecided, Approvals
from bot.jobs.job import Job
from bot.spending.amount import read_dollars
from bot.spending.budget import Scope
from bot.spending.budgets import Budgets
from handlers.blocks import approval
from handlers.blocks.markup import channel_in, person_in
from handlers.callers import Callers
from handlers.outgoing.approval_questions import ApprovalQuestions
from handlers.request import Request
from handlers.spending import blocks
from handlers.web.poster import Poster
from texts.approval import say_why


@dataclass(frozen=True)
class SpendingListeners:
    callers: Callers
    budgets: Budgets
    approvals: Approvals
    questions: ApprovalQuestions
    poster: Poster

    async def budget(self, request: Request) -> None:
        """`set workspace | #channel | @person  200 | off`, or `approval 25 | off`; without words, what is used."""
        caller = await self.callers.of(request)
        match request.text.split():
            case []:
                await request.answer(blocks.month(await self.budgets.this_month(caller)))
            case ["set", whose, amount]:
                (scope, subject), usd = _whose(whose), read_dollars(amount)
                await self.budgets.set_budget(caller, scope, subject, usd)
                await request.answer(blocks.budget_set(scope, subject, usd))
            case ["approval", amount]:
                above = read_dollars(amount)
                await request.answer(blocks.approval_set(above, await self.budgets.set_approval(caller, above)))
            case _:
                raise Invalid("budget_usage")

    async def approve(self, request: Request) -> None:
        deciding = self.approvals.approve(await self.callers.of(request), request.text)
        await self._decide(request, deciding, _question(request))

    async def decline(self, request: Request) -> None:
        """Opens a modal that asks why."""
        try:
            job = await self.approvals.check(await self.callers.of(request), request.text)
        except AlreadyDecided as late:
            await request.answer(approval.decided_before(late.job))
            return
        if request.trigger_id is None:
            raise Conflict("press_again")
        target = approval.DeclineTarget(request.channel, job.id, _question(request))
        await self.poster.open_view(request.trigger_id, approval.decline_modal(job, target).to_dict())

    async def declined(self, request: Request) -> None:
        """The modal was sent off."""
        view = request.body["view"]
        target = msgspec.json.decode(view["private_metadata"], type=approval.DeclineTarget)
        reason = approval.read_reason(view["state"]["values"]) or ""
        deciding = self.approvals.decline(await self.callers.of(request), target.job, reason)
        await self._decide(request, deciding, target.question)

    async def _decide(self, request: Request, deciding: Awaitable[Job], question: str) -> None:
        try:
            job = await deciding
        except AlreadyDecided as late:
            await request.answer(approval.decided_before(late.job))
            return
        await self.questions.close(job, request, question)
        await request.answer(approval.done(job))


def without_reason(values: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the modal *Decline a job*."""
    return {approval.REASON: say_why()} if approval.read_reason(values) is None else {}


def _question(request: Request) -> str:
    """The ts of the message whose button was pressed."""
    return str((request.body.get("message") or {}).get("ts") or "")


def _whose(word: str) -> tuple[Scope, str]:
    if word == Scope.WORKSPACE:
        return Scope.WORKSPACE, ""
    if (channel := channel_in(word)) is not None:
        return Scope.CHANNEL, channel
    if (person := person_in(word)) is not None:
        return Scope.PERSON, person
    raise Invalid("whose_budget", word=word)
