"""`/finetune pause`, `resume` and `cancel`; the buttons of a card that do the same, or decide about an uncertain job.

A command asks back, unless it ends in `confirm=yes`; the answer to that takes the question's place.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.access import Action
from bot.jobs.controls import JobControls
from bot.jobs.lookup import JobLookup
from handlers.blocks.card import title
from handlers.blocks.choice import which
from handlers.blocks.job_controls import question
from handlers.callers import Callers
from handlers.job_controls import blocks
from handlers.request import Request
from handlers.start.blocks.submitted import submitted
from texts import help
from texts.job_controls import Control


@dataclass(frozen=True)
class JobControlListeners:
    callers: Callers
    lookup: JobLookup
    controls: JobControls

    async def cancel_command(self, request: Request) -> None:
        await self._command(request, Action.CANCEL, "cancel", self.cancel)

    async def pause_command(self, request: Request) -> None:
        await self._command(request, Action.PAUSE, "pause", self.pause)

    async def resume_command(self, request: Request) -> None:
        await self._command(request, Action.RESUME, "resume", self.resume)

    async def cancel(self, request: Request) -> None:
        await request.answer(blocks.cancelled(await self.controls.cancel(await self.callers.of(request), request.text)))

    async def cancel_confirmed(self, request: Request) -> None:
        await self.cancel(request.in_place)

    async def pause(self, request: Request) -> None:
        await request.answer(blocks.done(await self.controls.pause(await self.callers.of(request), request.text)))

    async def pause_confirmed(self, request: Request) -> None:
        await self.pause(request.in_place)

    async def resume(self, request: Request) -> None:
        await request.answer(blocks.done(await self.controls.resume(await self.callers.of(request), request.text)))

    async def resume_confirmed(self, request: Request) -> None:
        await self.resume(request.in_place)

    async def adopt(self, request: Request) -> None:
        await request.answer(blocks.adopted(await self.controls.adopt(await self.callers.of(request), request.text)))

    async def submit_again(self, request: Request) -> None:
        await request.answer(submitted(await self.controls.submit_again(await self.callers.of(request), request.text)))

    async def _command(
        self, request: Request, action: Action, control: Control, carry_out: Callable[[Request], Awaitable[None]]
    ) -> None:
        caller = await self.callers.of(request)
        word, _, rest = request.text.partition(" ")
        word = word.strip("`")
        if not word:
            jobs = [(job.id, title(job)) for job in await self.controls.choices(caller, action)]
            await request.answer(which(help.which_job(control), control, jobs, help.no_job_for(control)))
            return
        if rest.strip().lower() == "confirm=yes":
            job = await self.lookup.named(caller, word, action)
            await carry_out(replace(request, text=job.id))
            return
        job = await self.controls.check(caller, word, action)
        await request.answer(question(control, job, title(job)))
