"""Rehearsals by command, by the buttons of a report and of the start modal, and of an earlier rehearsal."""

from dataclasses import dataclass

import msgspec

from bot.notices.interfaces import PostRefused
from bot.rehearsals.progress import RehearsalProgress
from bot.rehearsals.rehearsals import Rehearsals
from handlers.blocks import rehearsal as blocks
from handlers.blocks.parts import line
from handlers.blocks.text import quoted
from handlers.callers import Callers
from handlers.request import Request
from handlers.start.blocks.modal import rehearsed_view
from handlers.start.listeners import StartListeners
from handlers.start.modal import ModalState
from handlers.web.poster import Poster
from texts import rehearsals as texts
from texts import sweeps as sweep_texts
from texts.errors import sentence
from texts.formats import sentences


@dataclass(frozen=True)
class RehearsalListeners:
    """`start`: how a file that was just dropped is waited for."""

    callers: Callers
    rehearsals: Rehearsals
    progress: RehearsalProgress
    start: StartListeners
    poster: Poster

    async def rehearse(self, request: Request) -> None:
        """`/finetune rehearse [FILE]`."""
        await self._typed(request, curve=False)

    async def curve(self, request: Request) -> None:
        """`/finetune curve [FILE]`."""
        await self._typed(request, curve=True)

    async def rehearse_pressed(self, request: Request) -> None:
        """*Rehearse* under a report."""
        await self._start(request, request.text, curve=False)

    async def curve_pressed(self, request: Request) -> None:
        """*Learning curve* in a report's menu, or at the end of a rehearsal."""
        await self._start(request, request.text, curve=True)

    async def rehearse_in_modal(self, request: Request) -> None:
        """*Rehearse first* in the modal that starts a job: it says that the rehearsal is under way."""
        view = request.body["view"]
        state = msgspec.json.decode(view["private_metadata"], type=ModalState)
        caller = await self.callers.of(request)
        origin = await self.callers.origin(request, state.thread_ts)
        started = await self.rehearsals.start(caller, request.text, origin, request.key)
        try:
            await self.poster.update_view(view["id"], rehearsed_view(blocks.started_words(started)).to_dict())
        except PostRefused:  # it was closed meanwhile
            await request.answer(line(blocks.started_words(started)))

    async def stop(self, request: Request) -> None:
        """*Stop the rest* on the card."""
        stopped, refused = await self.rehearsals.stop(await self.callers.of(request), request.text)
        said = [sweep_texts.stopped(stopped)] if stopped else []
        if refused:
            said.append(sweep_texts.not_stopped(len(refused), quoted(sentence(refused[0]), 500)))
        await request.answer(line(sentences(*said) or texts.nothing_to_stop()))

    async def _typed(self, request: Request, *, curve: bool) -> None:
        await self.callers.of(request)
        word = request.text.strip().strip("`") or None
        await self.start.files_checked(request, word, None)
        await self._start(request, word, curve=curve)

    async def _start(self, request: Request, word: str | None, *, curve: bool) -> None:
        caller = await self.callers.of(request)
        origin = await self.callers.origin(request, request.thread_ts)
        started = await self.rehearsals.start(caller, word, origin, request.key, curve=curve)
        await request.answer(line(blocks.started_words(started)))
