"""What people do to a run: see it, pause it, have it go on, cancel it."""

from typing import Generic

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.errors import Conflict, NotFound
from bot.evaluations.run import ENDED, R, RunState, RunStore
from bot.models.catalogue import Catalogue
from bot.spending.model_use import ModelSpending


class RunControls(Generic[R]):
    """`kind`: of the runs in `store`."""

    def __init__(
        self, kind: str, store: RunStore[R], catalogue: Catalogue, spending: ModelSpending, authority: Authority
    ) -> None:
        self._kind = kind
        self._runs = store
        self._catalogue = catalogue
        self._spending = spending
        self._authority = authority

    async def get(self, caller: Caller, run_id: str) -> R:
        """Raises Denied; NotFound, also for what the caller may not know of."""
        return await self.known(caller, run_id, Action.SEE)

    async def pause(self, caller: Caller, run_id: str) -> R:
        """No more is asked until it is resumed. Raises Denied, NotFound, Conflict."""
        return await self._become(caller, run_id, Action.PAUSE, RunState.PAUSED)

    async def resume(self, caller: Caller, run_id: str) -> R:
        """It goes on, and what failed is asked again; also of one that has finished. Raises Denied, NotFound, Conflict,
        OverBudget."""
        known = await self.known(caller, run_id, Action.RESUME)
        if known.state is not RunState.RUNNING:
            await self.require_budget(caller, known)
        return await self._become(caller, run_id, Action.RESUME, RunState.RUNNING)

    async def cancel(self, caller: Caller, run_id: str) -> R:
        """What was answered stays. Raises Denied, NotFound, Conflict."""
        return await self._become(caller, run_id, Action.CANCEL, RunState.CANCELLED)

    async def known(self, caller: Caller, run_id: str, action: Action) -> R:
        """Raises Denied, NotFound."""
        gone = NotFound("run_gone", kind=self._kind)
        known = await self._runs.get(run_id)
        if known is None:
            raise gone
        try:
            await self._authority.require(caller, action, known.resource)
        except NotFound:
            raise gone from None
        return known

    async def require_budget(self, caller: Caller, run: R) -> None:
        """Raises OverBudget where a budget is used up that a model's answers count within."""
        for model in run.models:
            provider = await self._catalogue.provider_of(model)
            await self._spending.check(caller.user, run.channel, model, provider.name, caller.at)

    async def _become(self, caller: Caller, run_id: str, action: Action, state: RunState) -> R:
        known = await self.known(caller, run_id, action)
        changed = await self._runs.change(
            known.id,
            lambda now: msgspec.structs.replace(now, state=state, why=None) if now.state is not state else None,
            audit=[entry(caller, action, known.id)],
            forget_failures=state is RunState.RUNNING,
        )
        if changed is not None:
            return changed
        known = await self.known(caller, run_id, action)
        if known.state is state:
            return known
        if known.state in ENDED:
            raise Conflict("run_ended", kind=self._kind, state=known.state)
        raise Conflict("run_state", kind=self._kind, state=known.state)
