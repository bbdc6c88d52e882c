"""Training sets of a channel's accepted answers: the window, and what came of it."""

from dataclasses import dataclass
from typing import Final

import msgspec

from bot.collections.views import CollectionViews
from bot.errors import Invalid
from bot.generation.support_sets import SupportRequest, SupportSets
from handlers.blocks.parts import line
from handlers.callers import Callers
from handlers.collections import blocks as collection_blocks
from handlers.generation.documents import Documents
from handlers.languages import LanguageOf
from handlers.modals import Modals
from handlers.request import Request
from handlers.support import modal
from handlers.thread_examples import agreement
from handlers.web import replies
from handlers.web.poster import Poster
from texts import support as texts

_DAY: Final = 86_400.0


@dataclass(frozen=True)
class SupportListeners:
    callers: Callers
    sets: SupportSets
    views: CollectionViews
    documents: Documents
    modals: Modals
    poster: Poster
    language: LanguageOf

    async def command(self, request: Request) -> None:
        """`/finetune answers [NAME]`: the window."""
        caller = await self.callers.of(request)
        await self.sets.require(caller, await self.callers.origin(request))
        if request.trigger_id is None:
            raise Invalid("answers_in_window")
        state = modal.State(request.channel, request.thread_ts)
        await self.modals.open(request, modal.answers_modal(state, request.text.strip()))

    async def submitted(self, request: Request) -> None:
        """*Make the set* in the window."""
        view, caller = request.body["view"], await self.callers.of(request)
        state, form = modal.state_of(view), modal.read(view["state"]["values"])
        origin = await self.callers.origin(request, state.thread_ts)
        await self.sets.require(caller, origin)
        caller = msgspec.structs.replace(caller, key=f"view/{view['id']}")
        export = None
        if form.export is not None:
            export = await self.documents.export(form.export)
        else:
            told = line(texts.reading())
            await replies.to_button(self.poster, origin.channel, request.user, state.thread_ts, told)
        wanted = SupportRequest(form.name, max(0.0, request.received_at - form.days * _DAY), form.accepting, export)
        made = await self.sets.make(caller, origin, wanted)
        shown = collection_blocks.one(await self.views.view(caller, made.id))
        await replies.to_button(self.poster, origin.channel, request.user, state.thread_ts, shown)
        where = (origin.channel, state.thread_ts)
        await agreement.ask(self.poster, self.language, request, *where, made.name, made.waits_for)
