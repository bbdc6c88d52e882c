"""How groups of jobs look, each kind in its own way: the card of all, and what is said in its thread."""

from collections.abc import Mapping

from bot.jobs.group import GroupStore, JobGroup
from bot.jobs.notice import GroupApprovalAsked, GroupBody, GroupEnded
from bot.moves.move import Move
from bot.moves.progress import MoveProgress
from bot.rehearsals.progress import RehearsalProgress
from bot.rehearsals.rehearsal import Rehearsal
from bot.sweeps.progress import SweepProgress
from bot.sweeps.sweep import Sweep
from handlers.blocks import group_approval
from handlers.blocks import move as move_blocks
from handlers.blocks import rehearsal as rehearsal_blocks
from handlers.blocks import sweep as sweep_blocks
from handlers.blocks.message import Message


class GroupMessages:
    def __init__(
        self, groups: GroupStore, sweeps: SweepProgress, moves: MoveProgress, rehearsals: RehearsalProgress
    ) -> None:
        self._groups = groups
        self._sweeps = sweeps
        self._moves = moves
        self._rehearsals = rehearsals

    async def get(self, group_id: str) -> JobGroup | None:
        return await self._groups.get(group_id)

    async def card(self, group: JobGroup, links: Mapping[str, str]) -> Message:
        """As it stands now, in the language in force; the end of a sweep is told, once. `links`: to the cards of its
        jobs, by their ids, as far as there are any."""
        match group:
            case Sweep():
                return sweep_blocks.sweep_card(group, await self._sweeps.look(group), links)
            case Move():
                return move_blocks.move_card(group, await self._moves.look(group), links)
            case Rehearsal():
                return rehearsal_blocks.rehearsal_card(group, await self._rehearsals.look(group), links)
        raise TypeError(group)

    async def asked_directly(self, group: JobGroup, body: GroupApprovalAsked) -> Message:
        """For one of those who may approve it."""
        return group_approval.asked_directly(group, await self._groups.jobs(group), again=body.again)

    async def said(self, group: JobGroup, body: GroupBody) -> Message:
        match group:
            case Sweep():
                return sweep_blocks.render(body, group, await self._sweeps.runs(group))
            case Move():
                return move_blocks.render(body, group, await self._moves.look(group))
            case Rehearsal():
                standing = await self._rehearsals.look(group)
                ended = isinstance(body, GroupEnded) and not group.is_curve
                examples = await self._rehearsals.examples(group, standing) if ended else ()
                return rehearsal_blocks.render(body, group, standing, examples)
        raise TypeError(group)
