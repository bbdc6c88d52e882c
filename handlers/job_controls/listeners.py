"""`/finetune pause`, `resume` and `cancel`; the buttons of a card that do the same, or decide about an uncertain job.

A command asks back, unless it ends in `confirm=yes`; the answer to that takes the question's place.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.access import Action
from bot.jobs.controls import JobControls
from bot.jobs.lookup import JobLookup
from handlers.blocks.card import title
from handlers.blocks.job_controls import question
from handlers.callers import Callers
from handlers.job_controls import blocks
from handlers.start.blocks.submitted import submitted
from handlers.turn import Turn
from texts.job_controls import Control


@dataclass(frozen=True)
class JobControlListeners:
    callers: Callers
    lookup: JobLookup
    controls: JobControls

    async def cancel_command(self, turn: Turn) -> None:
        await self._command(turn, Action.CANCEL, "cancel", self.cancel)

    async def pause_command(self, turn: Turn) -> None:
        await self._command(turn, Action.PAUSE, "pause", self.pause)

    async def resume_command(self, turn: Turn) -> None:
        await self._command(turn, Action.RESUME, "resume", self.resume)

    async def cancel(self, turn: Turn) -> None:
        await turn.answer(blocks.cancelled(await self.controls.cancel(await self.callers.of(turn), turn.words)))

    async def cancel_confirmed(self, turn: Turn) -> None:
        await self.cancel(turn.in_place)

    async def pause(self, turn: Turn) -> None:
        await turn.answer(blocks.done(await self.controls.pause(await self.callers.of(turn), turn.words)))

    async def pause_confirmed(self, turn: Turn) -> None:
        await self.pause(turn.in_place)

    async def resume(self, turn: Turn) -> None:
        await turn.answer(blocks.done(await self.controls.resume(await self.callers.of(turn), turn.words)))

    async def resume_confirmed(self, turn: Turn) -> None:
        await self.resume(turn.in_place)

    async def adopt(self, turn: Turn) -> None:
        await turn.answer(blocks.adopted(await self.controls.adopt(await self.callers.of(turn), turn.words)))

    async def submit_again(self, turn: Turn) -> None:
        await turn.answer(submitted(await self.controls.submit_again(await self.callers.of(turn), turn.words)))

    async def _command(
        self, turn: Turn, action: Action, control: Control, carry_out: Callable[[Turn], Awaitable[None]]
    ) -> None:
        caller = await self.callers.of(turn)
        word, _, rest = turn.words.partition(" ")
        word = word.strip("`")
        if rest.strip().lower() == "confirm=yes":
            job = await self.lookup.named(caller, word, action)
            await carry_out(replace(turn, words=job.id))
            return
        job = await self.controls.check(caller, word, action)
        await turn.answer(question(control, job, title(job)))
