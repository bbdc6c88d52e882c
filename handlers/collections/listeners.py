"""Collections of examples that grow in Slack: what is in them, keeping them in order, and training files made of
them."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from bot.access import Caller
from bot.collections.curation import CollectionCuration
from bot.collections.export import CollectionFiles
from bot.collections.views import CollectionViews, ExampleView
from bot.datasets.dataset import Dataset
from bot.notices.interfaces import PostError
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.collections import blocks, forms
from handlers.datasets.derived_files import DerivedFiles
from handlers.languages import LanguageOf
from handlers.modals import Modals
from handlers.request import Request
from handlers.web import replies
from handlers.web.poster import Poster
from texts.language import speaking


@dataclass(frozen=True)
class CollectionListeners:
    callers: Callers
    views: CollectionViews
    curation: CollectionCuration
    files: CollectionFiles
    modals: Modals
    derived: DerivedFiles
    poster: Poster
    language: LanguageOf

    async def command(self, request: Request) -> None:
        """`datasets`: the list; with a name, that collection, or those that may be meant."""
        caller = await self.callers.of(request)
        if not request.text:
            await request.answer(blocks.overview(await self.views.overview(caller)))
            return
        found = await self.views.named(caller, request.text)
        if len(found) > 1:
            await request.answer(blocks.several(await self.views.summaries(caller, found), request.text))
            return
        await request.answer(blocks.one(await self.views.view(caller, found[0].id)))

    async def turned(self, request: Request) -> None:
        """Another page of the list."""
        request = request.in_place
        page = await self.views.overview(await self.callers.of(request), int(request.text))
        await request.answer(blocks.overview(page))

    async def open(self, request: Request) -> None:
        request = request.in_place
        view = await self.views.view(await self.callers.of(request), request.text)
        await request.answer(blocks.one(view))

    async def examples(self, request: Request) -> None:
        """A page of the examples, or of those that wait for review."""
        request = request.in_place
        await self._show_examples(request, await self.callers.of(request), blocks.read_spot(request.text))

    async def remove(self, request: Request) -> None:
        request = request.in_place
        caller, spot = await self.callers.of(request), blocks.read_spot(request.text)
        await self.curation.remove(caller, spot.collection_id, spot.example_id)
        await self._show_examples(request, caller, spot)

    async def accept(self, request: Request) -> None:
        request = request.in_place
        caller, spot = await self.callers.of(request), blocks.read_spot(request.text)
        await self.curation.accept(caller, spot.collection_id, spot.example_id, spot.version)
        await self._show_examples(request, caller, spot)

    async def reject(self, request: Request) -> None:
        request = request.in_place
        caller, spot = await self.callers.of(request), blocks.read_spot(request.text)
        await self.curation.reject(caller, spot.collection_id, spot.example_id, spot.version)
        await self._show_examples(request, caller, spot)

    async def require_review(self, request: Request) -> None:
        """Of what is added from now on, or no more."""
        request = request.in_place
        caller, (collection_id, review) = await self.callers.of(request), blocks.read_review(request.text)
        await self.curation.require_review(caller, collection_id, review)
        await request.answer(blocks.one(await self.views.view(caller, collection_id)))

    async def open_description(self, request: Request) -> None:
        collection = await self.curation.changeable(await self.callers.of(request), request.text)
        await self.modals.open(request, forms.describe_modal(collection, forms.about(request, collection)))

    async def describe(self, request: Request) -> None:
        """*Save* in the modal."""
        caller, view = await self.callers.of(request), request.body["view"]
        about = forms.read_about(view)
        await self.curation.describe(caller, about.collection_id, *forms.read_description(view))
        await self._whisper(request, about, blocks.one(await self.views.view(caller, about.collection_id)))

    async def open_merge(self, request: Request) -> None:
        caller = await self.callers.of(request)
        collection = await self.curation.changeable(caller, request.text)
        targets = await self.curation.merge_targets(caller, collection.id)
        await self.modals.open(request, forms.merge_modal(collection, targets, forms.about(request, collection)))

    async def merge(self, request: Request) -> None:
        """*Merge* in the modal."""
        caller, view = await self.callers.of(request), request.body["view"]
        about, into = forms.read_about(view), forms.read_target(view)
        await self.curation.merge(caller, about.collection_id, into)
        await self._whisper(request, about, blocks.one(await self.views.view(caller, into)))

    async def open_filter(self, request: Request) -> None:
        caller = await self.callers.of(request)
        collection, examples = await self.curation.all_of(caller, request.text)
        await self.modals.open(request, forms.filter_modal(collection, examples, forms.about(request, collection)))

    async def filter(self, request: Request) -> None:
        """*Find* in the modal."""
        caller, view = await self.callers.of(request), request.body["view"]
        about, (by, name) = forms.read_about(view), forms.read_filter(view)
        found = await self.curation.select(caller, about.collection_id, by)
        await self._whisper(request, about, blocks.selection(found, by, name))

    async def remove_selected(self, request: Request) -> None:
        request = request.in_place
        caller, picked = await self.callers.of(request), blocks.read_picked(request.text)
        await self.curation.remove_selected(caller, picked.collection_id, picked.by, picked.version)
        await request.answer(blocks.one(await self.views.view(caller, picked.collection_id)))

    async def split_off(self, request: Request) -> None:
        request = request.in_place
        caller, picked = await self.callers.of(request), blocks.read_picked(request.text)
        new = await self.curation.split_off(caller, picked.collection_id, picked.by, picked.version, picked.name)
        await request.answer(blocks.one(await self.views.view(caller, new)))

    async def export(self, request: Request) -> None:
        """A message in the channel, with the training file and its report in its thread, once."""
        caller = await self.callers.of(request)
        collection, count = await self.files.begin(caller, request.text)
        origin = await self.callers.origin(request)
        with speaking(await self.language(request.channel, request.user)):
            said = blocks.exported(request.user, collection, count)

        def make(thread_ts: str) -> Awaitable[Dataset]:
            return self.files.export(caller, collection, thread_ts, private=origin.private)

        await self.derived.in_channel(request, said, "export", make)

    async def _whisper(self, request: Request, about: forms.About, message: Message) -> None:
        """Where the modal was opened: a button in the modal itself would not know that place."""
        await replies.to_button(self.poster, about.channel, request.user, about.thread_ts, message)

    async def _show_examples(self, request: Request, caller: Caller, spot: blocks.Spot) -> None:
        page = await self.views.examples(caller, spot.collection_id, spot.number, unreviewed=spot.unreviewed)
        await request.answer(blocks.examples(page, await self._links(page.found)))

    async def _links(self, found: Sequence[ExampleView]) -> dict[str, str]:
        """To the threads that the examples come from, where Slack tells."""

        async def link(view: ExampleView) -> tuple[str, str]:
            try:
                return view.example.id, await self.poster.thread_link(view.example.channel, view.example.thread_ts)
            except PostError:
                return view.example.id, ""

        return {id: address for id, address in await asyncio.gather(*map(link, found)) if address}
