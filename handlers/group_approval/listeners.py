"""Agreeing to a sweep or a move, or declining it."""

from collections.abc import Awaitable
from dataclasses import dataclass

import msgspec

from bot.errors import Conflict
from bot.jobs.approval import AlreadyDecided
from bot.jobs.group import JobGroup
from bot.jobs.group_approval import GroupApprovals
from bot.jobs.job import Job
from handlers.blocks import group_approval as blocks
from handlers.blocks.approval import read_reason
from handlers.callers import Callers
from handlers.modals import Modals
from handlers.outgoing.approval_questions import ApprovalQuestions
from handlers.request import Request


@dataclass(frozen=True)
class GroupApprovalListeners:
    callers: Callers
    approvals: GroupApprovals
    modals: Modals
    questions: ApprovalQuestions

    async def approve(self, request: Request) -> None:
        deciding = self.approvals.approve(await self.callers.of(request), request.text)
        await self._decide(request, deciding, _question(request), approved=True)

    async def decline(self, request: Request) -> None:
        """Opens a modal that asks why."""
        try:
            group, jobs = await self.approvals.check(await self.callers.of(request), request.text)
        except AlreadyDecided as late:
            await request.answer(blocks.decided_before(late.job))
            return
        if request.trigger_id is None:
            raise Conflict("press_again")
        target = blocks.DeclineTarget(request.channel, group.id, _question(request))
        await self.modals.open(request, blocks.decline_modal(group, jobs, target))

    async def declined(self, request: Request) -> None:
        """The modal was sent off."""
        view = request.body["view"]
        target = msgspec.json.decode(view["private_metadata"], type=blocks.DeclineTarget)
        reason = read_reason(view["state"]["values"]) or ""
        deciding = self.approvals.decline(await self.callers.of(request), target.group, reason)
        await self._decide(request, deciding, target.question, approved=False)

    async def _decide(
        self, request: Request, deciding: Awaitable[tuple[JobGroup, list[Job]]], question: str, *, approved: bool
    ) -> None:
        try:
            group, jobs = await deciding
        except AlreadyDecided as late:
            await request.answer(blocks.decided_before(late.job))
            return
        await self.questions.close_group(group, jobs, request, question)
        await request.answer(blocks.done(jobs, approved=approved))


def _question(request: Request) -> str:
    """The ts of the message whose button was pressed."""
    return str((request.body.get("message") or {}).get("ts") or "")
