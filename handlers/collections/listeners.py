"""Collections of examples that grow in Slack, and training files made of them."""

from dataclasses import dataclass

from bot.collections.export import CollectionFiles
from handlers.callers import Callers
from handlers.collections import blocks
from handlers.datasets.derived_files import DerivedFiles
from handlers.languages import LanguageOf
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking


@dataclass(frozen=True)
class CollectionListeners:
    callers: Callers
    files: CollectionFiles
    derived: DerivedFiles
    poster: Poster
    language: LanguageOf

    async def overview(self, request: Request) -> None:
        await request.answer(blocks.overview(await self.files.overview(await self.callers.of(request))))

    async def export(self, request: Request) -> None:
        """A message in the channel, with the training file and its report in its thread, once."""
        caller = await self.callers.of(request)
        collection, count = await self.files.begin(caller, request.text)
        origin = await self.callers.origin(request)
        with speaking(await self.language(request.channel, request.user)):
            said = blocks.exported(request.user, collection, count)
        thread_ts = await self.poster.post_once(
            request.channel,
            said,
            idempotency_key=f"{request.key}/export",
            may_exist=request.is_retry,
            since=request.received_at,
            priority=Priority.CHAT,
        )
        dataset = await self.files.export(caller, collection, thread_ts, private=origin.private)
        if dataset.report is None:
            (dataset,) = await self.derived.share(request, dataset, [dataset], lambda: "")
            await self.derived.report_on(request, dataset)
