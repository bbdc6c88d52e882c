"""The messages about exports: each is posted once, and edited until it shows the end.

What is to be shown is asked of the provider each time; nothing is queued.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Collection, Coroutine
from functools import partial

import orjson
import structlog

from bot.backoff import Backoff
from bot.exports.export import Export, ExportState, ExportStore
from bot.exports.exports import ModelExports
from bot.notices.interfaces import PostRefused, ShownMessage
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.exports.blocks import export_message
from handlers.languages import Languages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()


class ExportKeeper:
    def __init__(
        self,
        store: ExportStore,
        exports: ModelExports,
        poster: Poster,
        languages: Languages,
        *,
        look_every: float = Timing.look_every,
        between_edits: float = Timing.between_edits,
        backoff: Backoff = Timing.answer,
    ) -> None:
        self._store = store
        self._exports = exports
        self._poster = poster
        self._languages = languages
        self._between_edits = between_edits
        self._rounds = WorkLoop("exports", self._due, every=look_every, backoff=backoff)

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def look(self) -> None:
        """Begin with what is due now, without waiting for the next round."""
        await self._rounds.round()

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
        message = export_message(export)
        known, shown = await self._store.message(export.id), _hash(message)
        if known is None or known.ts is None:
            await self._post(export, message, known)
        elif known.shown == shown:
            return
        else:
            await self._poster.update(export.channel, known.ts, message, priority=Priority.MILESTONE)
        await self._store.shown(export.id, shown)

    async def _post(self, export: Export, message: Message, known: ShownMessage | None) -> None:
        since = known.posting_since if known else time.time()
        await self._store.posting(export.id, since)
        ts = await self._poster.post_once(
            export.channel,
            message,
            idempotency_key=export.id,
            may_exist=known is not None,
            since=since,
            thread_ts=export.thread_ts,
            priority=Priority.CHAT,
        )
        await self._store.posted(export.id, ts)
        if known is not None:  # what an earlier attempt has posted may show less
            await self._poster.update(export.channel, ts, message, priority=Priority.MILESTONE)


def _hash(message: Message) -> str:
    return hashlib.sha256(orjson.dumps(message.as_arguments(), option=orjson.OPT_SORT_KEYS)).hexdigest()
