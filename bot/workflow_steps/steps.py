"""What every step of a workflow holds to: who may run it where, and that its outputs are made once.

Whoever builds a workflow decides where the outputs go, and whoever manages it reads why a step failed. So a step knows
of nothing that is private: it works in public channels, with what was made in those.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bot.access import Action, Caller
from bot.authority import Authority
from bot.errors import Denied
from bot.jobs.job import Origin

Outputs = Mapping[str, str]
"""As the step's manifest names them."""


class StepOutputStore(Protocol):
    async def get(self, execution: str) -> Outputs | None: ...

    async def put(self, execution: str, outputs: Outputs) -> None: ...

    async def remove(self, execution: str) -> None: ...


class ChannelMembers(Protocol):
    async def is_in(self, channel: str, user: str) -> bool:
        """Whether that person is in the channel, as Slack says now."""


class WorkflowSteps:
    def __init__(self, store: StepOutputStore, members: ChannelMembers, authority: Authority) -> None:
        self._store = store
        self._members = members
        self._authority = authority

    async def require(self, caller: Caller, action: Action, origin: Origin) -> None:
        """Return if the caller, who runs the workflow, may have a step do `action` there. Raises Denied."""
        await self._authority.require(caller, action)
        if origin.private:
            await self._authority.refuse(caller, action, "", Denied("step_in_private_channel"))
        if not await self._members.is_in(origin.channel, caller.user):
            await self._authority.refuse(caller, action, "", Denied("runner_not_in_channel"))

    async def outputs(self, execution: str, make: Callable[[], Awaitable[Outputs]]) -> Outputs:
        """Those of this execution: made once, however often a crash has it worked on."""
        made = await self._store.get(execution)
        if made is None:
            made = await make()
            await self._store.put(execution, made)
        return made

    async def completed(self, execution: str) -> None:
        """Slack has the outputs: they are kept no longer."""
        await self._store.remove(execution)
