"""The messages about exports: each is posted once, and edited until it shows the end."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from functools import partial

import structlog

from bot.backoff import Backoff
from bot.exports.export import Export, ExportState, ExportStore
from bot.exports.exports import ModelExports
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import MessageStore, PostRefused
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing
from handlers.exports.blocks import export_message
from handlers.languages import Languages
from handlers.outgoing.kept_messages import KeptMessage, KeptMessages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()


class ExportKeeper:
    def __init__(
        self,
        store: ExportStore,
        messages: MessageStore,
        exports: ModelExports,
        poster: Poster,
        languages: Languages,
        *,
        look_every: float = Timing.look_every,
        between_edits: float = Timing.between_edits,
        backoff: Backoff = Timing.answer,
        locks: KeyedLocks | None = None,
    ) -> None:
        self._store = store
        self._exports = exports
        self._languages = languages
        self._messages = KeptMessages(messages, poster, priority=Priority.MILESTONE, backoff=backoff, locks=locks)
        self._between_edits = between_edits
        self._rounds = WorkLoop("exports", self._due, every=look_every, backoff=backoff)

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def look(self) -> None:
        """Begin with what is due now, without waiting for the next round."""
        await self._rounds.look()

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(each, partial(self._see_to, each)) for each in await self._store.open()]

    async def _see_to(self, export_id: str) -> None:
        export = await self._store.get(export_id)
        if export is None:
            return
        try:
            with speaking(await self._languages.place(export.channel, export.owner)):
                await self._show(export)  # at once, whatever the provider has to say
                export = await self._exports.refreshed(export)
                await self._show(export)
        except PostRefused as error:
            # Archived, or the bot is not in it any more: there is nowhere to show anything.
            log.warning("export not shown", export=export_id, why=str(error))
            await self._store.rest(export_id)
            return
        if export.state is not ExportState.RUNNING:
            await self._store.rest(export_id)
        else:
            await asyncio.sleep(self._between_edits)

    async def _show(self, export: Export) -> None:
        at = KeptMessage(export.id, "export", export.channel, export.thread_ts)
        await self._messages.show(at, export_message(export))
