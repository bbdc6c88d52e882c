"""The messages of evaluations: a card that shows how far one is, and in its thread what came of it.

What is to be shown is read from the store each time: nothing is queued. A message is posted once, and edited where
something else is to be seen.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Collection, Coroutine
from functools import partial

import orjson
import structlog

from bot.backoff import Backoff
from bot.evaluations.evaluation import Evaluation, EvaluationStore
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.messages import EvaluationMessages
from bot.evaluations.run import RunState
from bot.evaluations.runs import EvaluationRuns
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import PostDoubtful, PostError, PostRefused
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.evaluations.card import card, ended
from handlers.evaluations.results import ResultMessages
from handlers.languages import Languages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()

_CARD = "card"
_ENDED = "ended"


class EvaluationKeeper:
    def __init__(
        self,
        store: EvaluationStore,
        messages: EvaluationMessages,
        evaluations: Evaluations,
        runs: EvaluationRuns,
        results: ResultMessages,
        poster: Poster,
        languages: Languages,
        *,
        look_every: float = Timing.look_every,
        between_edits: float = Timing.between_edits,
        backoff: Backoff = Timing.answer,
    ) -> None:
        self._store = store
        self._messages = messages
        self._evaluations = evaluations
        self._runs = runs
        self._results = results
        self._poster = poster
        self._languages = languages
        self._between_edits = between_edits
        self._backoff = backoff
        self._posting = KeyedLocks()
        self._rounds = WorkLoop("evaluations shown", self._due, every=look_every, backoff=backoff)

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def begin(self, evaluation: Evaluation) -> str | None:
        """Post its card, unless it is there, in its thread or in the channel; a link to it. Raises a PostError."""
        with speaking(await self._languages.place(evaluation.channel, evaluation.owner)):
            ts = await self._card(evaluation)
        try:
            return await self._poster.permalink(evaluation.channel, ts)
        except PostError as error:
            log.info("no link", why=str(error))
            return None

    async def look(self) -> None:
        """Begin with what is due now, without waiting for the next round."""
        await self._rounds.round()

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(each, partial(self._see_to, each)) for each in await self._messages.due()]

    async def _see_to(self, evaluation_id: str) -> None:
        changes = await self._store.changes(evaluation_id)
        evaluation = await self._store.get(evaluation_id)
        if evaluation is None:
            return
        try:
            with speaking(await self._languages.place(evaluation.channel, evaluation.owner)):
                await self._bring_to_date(evaluation)
        except PostRefused as error:
            # Archived, or the bot is not in it any more: there is nowhere to show anything.
            log.warning("evaluation not shown", evaluation=evaluation_id, why=str(error))
        await self._messages.rest(evaluation_id, changes)
        if evaluation.state is RunState.RUNNING:
            await asyncio.sleep(self._between_edits)

    async def _bring_to_date(self, evaluation: Evaluation) -> None:
        card_ts = await self._card(evaluation)
        message = card(evaluation, await self._runs.progress(evaluation))
        await self._show(evaluation, _CARD, message, None)
        thread_ts = evaluation.thread_ts or card_ts
        if evaluation.state is RunState.FINISHED:
            for key, shown in await self._results.of(evaluation):
                await self._show(evaluation, key, shown, thread_ts)
        elif (said := ended(evaluation)) is not None:
            await self._show(evaluation, _ENDED, said, thread_ts)

    async def _card(self, evaluation: Evaluation) -> str:
        """The ts of the card; posted if it is not there yet."""
        known = (await self._messages.of(evaluation.id)).get(_CARD)
        if known is not None and known.ts is not None:
            return known.ts
        message = card(evaluation, await self._runs.progress(evaluation))
        ts = await self._post(evaluation, _CARD, message, evaluation.thread_ts)
        if evaluation.thread_ts is None:
            await self._evaluations.posted(evaluation.id, ts)
        return ts

    async def _show(self, evaluation: Evaluation, key: str, message: Message, thread_ts: str | None) -> None:
        """Post it, or bring it to date; nothing where it shows that already."""
        known, shown = (await self._messages.of(evaluation.id)).get(key), _hash(message)
        if known is not None and known.shown == shown:
            return
        if known is None or known.ts is None:
            await self._post(evaluation, key, message, thread_ts)
            return
        try:
            await self._poster.update(evaluation.channel, known.ts, message, priority=Priority.MILESTONE)
        except PostRefused as error:
            # Somebody deleted it, or Slack lets nobody edit it any more: there is nothing to go on with.
            log.warning("cannot be edited", evaluation=evaluation.id, key=key, why=str(error))
        await self._messages.shown(evaluation.id, key, shown)

    async def _post(self, evaluation: Evaluation, key: str, message: Message, thread_ts: str | None) -> str:
        """The ts of the message `key`; posted unless it is there."""
        async with self._posting.of(evaluation.id, key):
            known = (await self._messages.of(evaluation.id)).get(key)
            if known is not None and known.ts is not None:
                return known.ts
            since = known.posting_since if known else time.time()
            await self._messages.posting(evaluation.id, key, since)
            try:
                ts = await self._poster.post_once(
                    evaluation.channel,
                    message,
                    idempotency_key=f"{evaluation.id}/{key}",
                    may_exist=known is not None,
                    since=since,
                    thread_ts=thread_ts,
                    priority=Priority.CHAT,
                )
            except PostDoubtful:
                # Slack may still be carrying it out: whoever looks for it now, and waits here, would not find it.
                await asyncio.sleep(self._backoff.delay(1))
                raise
            await self._messages.posted(evaluation.id, key, ts)
            # What an earlier attempt has posted may show less.
            if known is None:
                await self._messages.shown(evaluation.id, key, _hash(message))
            return ts


def _hash(message: Message) -> str:
    return hashlib.sha256(orjson.dumps(message.as_arguments(), option=orjson.OPT_SORT_KEYS)).hexdigest()
