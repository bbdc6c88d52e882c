"""The messages of runs: a card that shows how far one is, and in its thread what came of it."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from functools import partial
from typing import Generic, Protocol, TypeVar

import msgspec
import structlog

from bot.backoff import Backoff
from bot.evaluations.run import R, Run, RunState, RunStore
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import MessageStore, PostError, PostRefused
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.languages import Languages
from handlers.outgoing.kept_messages import KeptMessage, KeptMessages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()

_CARD = "card"
_ENDED = "ended"


S = TypeVar("S", bound=Run, contravariant=True)


class RunMessages(Protocol[S]):
    """What is shown of a run, in the language in force."""

    async def card(self, run: S, /) -> Message: ...

    async def results(self, run: S, /) -> list[tuple[str, Message]]:
        """What came of it, once it has finished: each message with its key."""

    def failure(self, run: S, /) -> Message:
        """Said once in its thread when it has failed, so that those who wait hear of it."""


class RunKeeper(Generic[R]):
    """`kind`: of the runs in `runs`; `kept`: which messages there are."""

    def __init__(
        self,
        kind: str,
        runs: RunStore[R],
        shown: RunMessages[R],
        kept: MessageStore,
        poster: Poster,
        languages: Languages,
        *,
        look_every: float = Timing.look_every,
        between_edits: float = Timing.between_edits,
        backoff: Backoff = Timing.answer,
        locks: KeyedLocks | None = None,
    ) -> None:
        self._kind = kind
        self._runs = runs
        self._shown = shown
        self._poster = poster
        self._languages = languages
        self._between_edits = between_edits
        self._messages = KeptMessages(kept, poster, priority=Priority.MILESTONE, backoff=backoff, locks=locks)
        self._rounds = WorkLoop(f"{kind} messages", self._due, every=look_every, backoff=backoff)

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def begin(self, run: R) -> str | None:
        """Post its card, unless it is there, in its thread or in the channel; a link to it. Raises a PostError."""
        with speaking(await self._languages.place(run.channel, run.owner)):
            ts = await self._post_card(run, await self._shown.card(run))
        try:
            return await self._poster.permalink(run.channel, ts)
        except PostError as error:
            log.info("no link", why=str(error))
            return None

    async def look(self) -> None:
        """Begin with what is due now, without waiting for the next round."""
        await self._rounds.look()

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(each, partial(self._see_to, each)) for each in await self._runs.unshown()]

    async def _see_to(self, run_id: str) -> None:
        changes = await self._runs.changes(run_id)
        run = await self._runs.get(run_id)
        if run is None:
            return
        try:
            with speaking(await self._languages.place(run.channel, run.owner)):
                await self._bring_to_date(run)
        except PostRefused as error:
            # Archived, or the bot is not in it any more: there is nowhere to show anything.
            log.warning("run not shown", of=self._kind, run=run_id, why=str(error))
        await self._runs.shown(run_id, changes)
        if run.state is RunState.RUNNING:
            await asyncio.sleep(self._between_edits)

    async def _bring_to_date(self, run: R) -> None:
        message = await self._shown.card(run)
        card_ts = await self._post_card(run, message)
        await self._messages.show(_message(run, _CARD, run.thread_ts), message)
        thread_ts = run.thread_ts or card_ts
        if run.state is RunState.FINISHED:
            for key, shown in await self._shown.results(run):
                await self._messages.show(_message(run, key, thread_ts), shown)
        elif run.state is RunState.FAILED:
            await self._messages.show(_message(run, _ENDED, thread_ts), self._shown.failure(run))

    async def _post_card(self, run: R, message: Message) -> str:
        """The ts of the card; posted if it is not there yet. A run without a thread is shown in the card's."""
        ts = await self._messages.post(_message(run, _CARD, run.thread_ts), message)
        if run.thread_ts is None:
            await self._runs.change(run.id, lambda known: msgspec.structs.replace(known, thread_ts=ts))
        return ts


def _message(run: Run, key: str, thread_ts: str | None) -> KeptMessage:
    return KeptMessage(run.id, key, run.channel, thread_ts)
