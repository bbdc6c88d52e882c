"""The messages of comparisons: posted, brought to date while models answer and people vote, finished after a crash.

Answers to one question grow in one message, which is edited at a calm rate; streams are scarce, and four of them would
use up a workspace's minute.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

import msgspec
import structlog

from bot.backoff import Backoff
from bot.compare.arenas import Arenas
from bot.compare.asking import Asking
from bot.compare.comparison import (
    Answers,
    Arena,
    Comparison,
    ComparisonStore,
    Due,
    ModelAnswer,
    Question,
)
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import MessageStore, PostError, PostRefused, ShownMessage
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.compare import blocks
from handlers.languages import Languages
from handlers.outgoing.kept_messages import KeptMessage, KeptMessages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import compare as texts
from texts.language import speaking

log = structlog.get_logger()

_CARD = "card"
_RESULT = "result"
_SHARED = "shared"


class ComparisonKeeper:
    """`opening`: as `JustOpened.opening`, of a thread that may be spoken in at once. `opened` is told (channel,
    thread_ts) of each thread in which questions are asked."""

    def __init__(
        self,
        comparisons: ComparisonStore,
        messages: MessageStore,
        asking: Asking,
        arenas: Arenas,
        poster: Poster,
        languages: Languages,
        *,
        opening: Callable[[str, str | None], AbstractAsyncContextManager[None]],
        opened: Callable[[str, str], None],
        look_every: float = Timing.look_every,
        between_edits: float = Timing.between_edits,
        backoff: Backoff = Timing.answer,
        locks: KeyedLocks | None = None,
    ) -> None:
        self._comparisons = comparisons
        self._message_store = messages
        self._asking = asking
        self._arenas = arenas
        self._poster = poster
        self._languages = languages
        self._opening = opening
        self._opened = opened
        self._between_edits = between_edits
        self._messages = KeptMessages(messages, poster, priority=Priority.CHAT, backoff=backoff, locks=locks)
        self._edited_at: dict[str, float] = {}
        self._rounds = WorkLoop("comparisons", self._due, every=look_every, backoff=backoff)

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def begin(self, comparison: Comparison, work: str) -> str:
        """Post its first message, unless it is there, for this `work` of the inbox; the ts of that. The work on the
        comparison begins. Raises a PostError."""
        with speaking(await self._languages.place(comparison.channel, comparison.owner)):
            ts = await self._root(comparison, work)
        await self.look()
        return ts

    async def look(self) -> None:
        """Begin with what is due now, without waiting for the next round."""
        await self._rounds.look()

    async def link(self, comparison: Comparison, ts: str) -> str | None:
        try:
            return await self._poster.permalink(comparison.channel, ts)
        except PostError as error:
            log.info("no link", why=str(error))
            return None

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(each, partial(self._see_to, each)) for each in await self._comparisons.due(time.time())]

    async def _see_to(self, comparison_id: str) -> None:
        due = await self._comparisons.begin(comparison_id)
        if due is None:
            return
        try:
            with speaking(await self._languages.place(due.comparison.channel, due.comparison.owner)):
                until = await self._bring_to_date(due)
        except PostRefused as error:
            # Archived, or the bot is not in it any more: there is nowhere to show anything.
            log.warning("comparison given up", comparison=comparison_id, why=str(error))
            until = None
        await self._comparisons.rest(due, until)

    async def _bring_to_date(self, due: Due) -> float | None:
        """Until when there is nothing more to do, None for until something happens."""
        comparison = due.comparison
        if comparison.thread_ts is None:
            comparison = msgspec.structs.replace(comparison, thread_ts=await self._root(comparison))
        if comparison.arena is not None:
            return await self._arena(comparison, comparison.arena)
        messages = await self._message_store.of(comparison.id)
        answers = await self._comparisons.answers(comparison.id)
        questions = await self._comparisons.questions(comparison.id)
        for number, question in enumerate(questions):
            if _missing(question, answers) or not _is_shown(messages, question.id):
                await self._answer(comparison, questions[: number + 1])
        return None

    # Side by side

    async def _answer(self, comparison: Comparison, questions: Sequence[Question]) -> None:
        """Ask all models the last question, and show what they say until all of it stands there."""
        question, answers = questions[-1], dict(await self._comparisons.answers(comparison.id))
        growing: dict[str, str] = {}
        root = len(questions) == 1

        def rendered() -> Message:
            return blocks.side_by_side(comparison, question, answers, growing, root=root)

        at = _message(comparison, question.id)
        ts = await self._messages.post(at, rendered())
        await self._message_store.shown(comparison.id, question.id, None)  # it grows

        async def ask(model: str) -> None:
            on_text = partial(growing.__setitem__, model)
            answers[question.id, model] = await self._asking.ask(comparison, questions, answers, model, on_text)

        async with asyncio.TaskGroup() as group:
            pending: set[asyncio.Task[None]] = {group.create_task(ask(model)) for model in _missing(question, answers)}
            shown = ""
            while pending:
                _, pending = await asyncio.wait(pending, timeout=self._between_edits)
                message = rendered()
                if pending and (now := message.fingerprint) != shown and self._poster.may_update_now():
                    shown = now
                    with contextlib.suppress(PostError):  # what comes next shows it, too
                        await self._poster.update_now(comparison.channel, ts, message)
        await self._show_whole(comparison, question, answers)
        if not await self._messages.show(at, rendered()):
            await self._show_whole(comparison, question, answers, at_any_rate=True)

    async def _show_whole(
        self,
        comparison: Comparison,
        question: Question,
        answers: Answers,
        pair: int | None = None,
        *,
        at_any_rate: bool = False,
    ) -> None:
        """A file with the answers where some are too long for the message, once."""
        if not at_any_rate and not _needs_file(question, answers, pair):
            return
        key = f"{question.id}/file" if pair is None else _file_key(question, pair)
        messages = await self._message_store.of(comparison.id)
        if _is_shown(messages, key):
            return
        whole = blocks.whole_answers(question, answers, () if pair is None else question.pairs[pair])
        try:
            await self._share(comparison, key, messages.get(key), whole, blocks.whole_answers_comment(question))
        except PostRefused as error:
            log.warning("whole answers not shown", comparison=comparison.id, why=str(error))
        await self._message_store.shown(comparison.id, key, _SHARED)

    async def _share(
        self, comparison: Comparison, key: str, known: ShownMessage | None, content: str, comment: str
    ) -> None:
        """In the thread. A file that was uploaded before a crash is not uploaded again."""
        file_id = known.ts if known else None
        if file_id is None:
            await self._message_store.posting(comparison.id, key, time.time())
            file_id = await self._poster.files.upload(f"{texts.file_name()}.md", content.encode())
            await self._message_store.posted(comparison.id, key, file_id, None)
        elif await self._is_shared(file_id):
            return
        await self._poster.files.share({file_id: texts.file_name()}, comparison.channel, comparison.thread_ts, comment)

    async def _is_shared(self, file_id: str) -> bool:
        info = await self._poster.call("files.info", {"file": file_id})
        return bool((info.get("file") or {}).get("shares"))

    # Blind

    async def _arena(self, comparison: Comparison, arena: Arena) -> float | None:
        questions = await self._comparisons.questions(comparison.id)
        answers = dict(await self._comparisons.answers(comparison.id))
        if not comparison.names_hidden:
            await self._show_names(comparison, arena, questions, answers)
            return None
        if await self._arenas.reveal_if_due(comparison, time.time()):
            return 0.0
        more = await self._show_next_pairs(comparison, questions, answers)
        card_later = await self._show_progress(comparison, arena, questions)
        return 0.0 if more else card_later or arena.reveal_at

    async def _show_next_pairs(
        self, comparison: Comparison, questions: Sequence[Question], answers: dict[tuple[str, str], ModelAnswer]
    ) -> bool:
        """Those of the first question that has some to show; False where there is none. They come complete: how fast a
        model is would tell which it is."""
        messages = await self._message_store.of(comparison.id)
        pairs = _pairs(questions)
        for question in questions:
            own = [(number, pair) for number, (one, pair) in enumerate(pairs, 1) if one is question]
            missing = _missing(question, answers)
            if not missing and all(_is_complete(messages, question, pair, answers) for _, pair in own):
                continue

            async def ask(model: str, question: Question = question) -> None:
                answers[question.id, model] = await self._asking.ask(comparison, [question], answers, model, _ignored)

            async with asyncio.TaskGroup() as group:
                for model in missing:
                    group.create_task(ask(model))
            for number, pair in own:
                shown = blocks.ballot(comparison, question, pair, answers, number=number, of=len(pairs))
                await self._messages.show(_message(comparison, _key(question, pair)), shown)
                await self._show_whole(comparison, question, answers, pair)
            return True
        return False

    async def _show_progress(self, comparison: Comparison, arena: Arena, questions: Sequence[Question]) -> float | None:
        """On the card; when to do it if that is not now."""
        messages = await self._message_store.of(comparison.id)
        posted = sum(_is_shown(messages, _key(question, pair)) for question, pair in _pairs(questions))
        votes = await self._comparisons.votes(comparison.id)
        message = blocks.arena_card(comparison, arena, questions, posted, votes)
        if messages[_CARD].shown == message.fingerprint:
            return None
        now = time.time()
        if now < (next_edit := self._edited_at.get(comparison.id, 0) + self._between_edits):
            return next_edit
        if not self._poster.has_room("chat.update"):
            return now + self._between_edits
        self._edited_at[comparison.id] = now
        await self._messages.show(_message(comparison, _CARD), message)
        return None

    async def _show_names(
        self, comparison: Comparison, arena: Arena, questions: Sequence[Question], answers: Answers
    ) -> None:
        messages = await self._message_store.of(comparison.id)
        votes = await self._comparisons.votes(comparison.id)
        rankings = await self._arenas.ranking(comparison)
        card = blocks.revealed_card(comparison, arena, questions, rankings)
        await self._messages.show(_message(comparison, _CARD), card)
        await self._messages.show(_message(comparison, _RESULT), blocks.result(rankings))
        pairs = _pairs(questions)
        for number, (question, pair) in enumerate(pairs, 1):
            key = _key(question, pair)
            if key in messages and all((question.id, model) in answers for model in question.pairs[pair]):
                shown = blocks.revealed_ballot(question, pair, answers, votes, number=number, of=len(pairs))
                await self._messages.show(_message(comparison, key), shown)

    async def _root(self, comparison: Comparison, work: str | None = None) -> str:
        """The ts of the message in whose thread everything else stands; posted if it is not there yet."""
        questions = await self._comparisons.questions(comparison.id)
        if comparison.arena is not None:
            card = blocks.arena_card(comparison, comparison.arena, questions, 0, [])
            ts = await self._messages.post(_message(comparison, _CARD), card)
            await self._comparisons.posted(comparison.id, ts)
            return ts
        first = blocks.side_by_side(comparison, questions[0], {}, {}, root=True)
        async with self._opening(comparison.channel, work):
            ts = await self._messages.post(_message(comparison, questions[0].id), first)
            await self._comparisons.posted(comparison.id, ts)
            self._opened(comparison.channel, ts)
        return ts


def _message(comparison: Comparison, key: str) -> KeptMessage:
    return KeptMessage(comparison.id, key, comparison.channel, comparison.thread_ts)


def _missing(question: Question, answers: Answers) -> list[str]:
    """The models that have not answered it."""
    return [model for model in question.models if (question.id, model) not in answers]


def _pairs(questions: Sequence[Question]) -> list[tuple[Question, int]]:
    """All pairs of an arena, in the order in which they are shown."""
    return [(question, pair) for question in questions for pair in range(len(question.pairs))]


def _key(question: Question, pair: int) -> str:
    return f"{question.id}/{pair}"


def _file_key(question: Question, pair: int) -> str:
    return f"{question.id}/{pair}/file"


def _needs_file(question: Question, answers: Answers, pair: int | None) -> bool:
    """Whether some of the answers are too long for a message."""
    models = question.models if pair is None else question.pairs[pair]
    return any(blocks.is_shortened(answers.get((question.id, model))) for model in models)


def _is_complete(messages: Mapping[str, ShownMessage], question: Question, pair: int, answers: Answers) -> bool:
    """Whether people can vote on a pair, with all there is of it."""
    if not _is_shown(messages, _key(question, pair)):
        return False
    return not _needs_file(question, answers, pair) or _is_shown(messages, _file_key(question, pair))


def _is_shown(messages: Mapping[str, ShownMessage], key: str) -> bool:
    return key in messages and messages[key].shown is not None


def _ignored(_text: str) -> None:
    return None
