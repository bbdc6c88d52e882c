"""What people do to moves: start one, and stop what is left of it."""

from bot.access import Action, Caller
from bot.audit import AuditLog, Outcome
from bot.authority import Authority, entry
from bot.errors import BotError, Conflict, NotFound
from bot.jobs.controls import JobControls
from bot.jobs.job import Origin
from bot.jobs.submit import Submitter
from bot.moves.move import Move, MoveStore, move_id_for
from bot.moves.planning import MovePlanning, MoveRequest, digest_of
from bot.spending.budget import NotAdmitted


class Moves:
    def __init__(
        self,
        moves: MoveStore,
        planning: MovePlanning,
        submitter: Submitter,
        controls: JobControls,
        authority: Authority,
        audit: AuditLog,
    ) -> None:
        self._moves = moves
        self._planning = planning
        self._submitter = submitter
        self._controls = controls
        self._authority = authority
        self._audit = audit

    async def start(self, caller: Caller, request: MoveRequest, origin: Origin, identity: str) -> Move:
        """All its jobs, stored and under way. `identity` names the person's act: the same act makes the same move.

        Raises Denied, NotFound, Invalid; Conflict where none of the models can be moved, others than
        were shown, or one of the jobs is being trained; NotAdmitted, ProviderError.
        """
        move_id = move_id_for(identity)
        before = await self._moves.get(move_id)
        if isinstance(before, Move):
            return before
        moved, jobs, not_moved = await self._planning.drafted(caller, request, origin, identity)
        if not jobs:
            raise Conflict("nothing_can_be_moved", count=len(not_moved))
        if request.shown and request.shown != digest_of(moved):
            raise Conflict("other_models_to_move")
        move = Move(
            id=move_id,
            requester=caller.user,
            origin=origin,
            created_at=caller.at,
            provider=request.provider,
            asker=caller,
            models=tuple(moved),
            cause=caller.key,
        )
        asked = entry(caller, Action.SUBMIT, move_id, details=f"{len(jobs)} models to {request.provider}")
        try:
            await self._submitter.submit_together(
                jobs, lambda seeded, decide: self._moves.admit(move, seeded, decide, asked)
            )
        except NotAdmitted as error:
            await self._audit.add(entry(caller, Action.SUBMIT, move_id, Outcome.REFUSED, str(error)))
            raise
        return move

    async def get(self, caller: Caller, move_id: str, action: Action = Action.SEE) -> Move:
        """Raises NotFound, Denied."""
        unknown = NotFound("no_such_thing", kind="move")
        move = await self._moves.get(move_id)
        if not isinstance(move, Move):
            raise unknown
        await self._authority.require(caller, action, move.resource)
        return move

    async def stop(self, caller: Caller, move_id: str) -> tuple[int, list[BotError]]:
        """Cancel what has not ended; how many jobs were, and why others could not be. Raises NotFound, Denied."""
        move = await self.get(caller, move_id, Action.CANCEL)
        return await self._controls.cancel_all(caller, await self._moves.jobs(move))
