"""`/finetune digest`: when a channel is told what became of its jobs."""

from dataclasses import dataclass

from bot.digest.channel_digests import ChannelDigests
from bot.digest.plan import read_time
from handlers.callers import Callers
from handlers.digest import blocks
from handlers.request import Request


@dataclass(frozen=True)
class DigestListeners:
    callers: Callers
    digests: ChannelDigests

    async def command(self, request: Request) -> None:
        """`daily | weekly [at=09:00] [on=monday] | off`; without words, what is set here."""
        caller = await self.callers.of(request)
        words = request.text.replace("`", "").lower().split()
        if not words:
            await request.answer(blocks.here(await self.digests.here(caller), request.received_at))
        elif words == ["off"]:
            await self.digests.stop(caller)
            await request.answer(blocks.stopped())
        else:
            plan = await self.digests.set(caller, read_time(words))
            await request.answer(blocks.planned(plan, request.received_at))
