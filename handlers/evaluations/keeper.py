"""The messages of evaluations: a card that shows how far one is, and in its thread what came of it."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from functools import partial

import structlog

from bot.backoff import Backoff
from bot.evaluations.evaluation import Evaluation, EvaluationStore
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.run import RunState
from bot.evaluations.runs import EvaluationRuns
from bot.notices.interfaces import MessageStore, PostError, PostRefused
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.evaluations.card import card, ended
from handlers.evaluations.results import ResultMessages
from handlers.languages import Languages
from handlers.outgoing.kept_messages import KeptMessage, KeptMessages
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
        messages: MessageStore,
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
        self._evaluations = evaluations
        self._runs = runs
        self._results = results
        self._poster = poster
        self._languages = languages
        self._between_edits = between_edits
        self._messages = KeptMessages(messages, poster, priority=Priority.MILESTONE, backoff=backoff)
        self._rounds = WorkLoop("evaluations shown", self._due, every=look_every, backoff=backoff)

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def begin(self, evaluation: Evaluation) -> str | None:
        """Post its card, unless it is there, in its thread or in the channel; a link to it. Raises a PostError."""
        with speaking(await self._languages.place(evaluation.channel, evaluation.owner)):
            ts = await self._post_card(evaluation, card(evaluation, await self._runs.progress(evaluation)))
        try:
            return await self._poster.permalink(evaluation.channel, ts)
        except PostError as error:
            log.info("no link", why=str(error))
            return None

    async def look(self) -> None:
        """Begin with what is due now, without waiting for the next round."""
        await self._rounds.round()

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(each, partial(self._see_to, each)) for each in await self._store.unshown()]

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
        await self._store.shown(evaluation_id, changes)
        if evaluation.state is RunState.RUNNING:
            await asyncio.sleep(self._between_edits)

    async def _bring_to_date(self, evaluation: Evaluation) -> None:
        message = card(evaluation, await self._runs.progress(evaluation))
        card_ts = await self._post_card(evaluation, message)
        await self._messages.show(_message(evaluation, _CARD, evaluation.thread_ts), message)
        thread_ts = evaluation.thread_ts or card_ts
        if evaluation.state is RunState.FINISHED:
            for key, shown in await self._results.of(evaluation):
                await self._messages.show(_message(evaluation, key, thread_ts), shown)
        elif (said := ended(evaluation)) is not None:
            await self._messages.show(_message(evaluation, _ENDED, thread_ts), said)

    async def _post_card(self, evaluation: Evaluation, message: Message) -> str:
        """The ts of the card; posted if it is not there yet."""
        ts = await self._messages.post(_message(evaluation, _CARD, evaluation.thread_ts), message)
        if evaluation.thread_ts is None:
            await self._evaluations.posted(evaluation.id, ts)
        return ts


def _message(evaluation: Evaluation, key: str, thread_ts: str | None) -> KeptMessage:
    return KeptMessage(evaluation.id, key, evaluation.channel, thread_ts)
