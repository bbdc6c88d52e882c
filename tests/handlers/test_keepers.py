"""What keepers do about a message that cannot be made for a bug: it is tried again after a pause, and others go on.

That of job cards is held in `test_cards.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from bot.audit import Entry
from bot.backoff import Backoff
from bot.compare.comparison import Comparison, ModelAnswer, Question
from bot.evaluations.evaluation import Evaluation, Progress
from bot.evaluations.run import RunState
from bot.exports.export import Export
from bot.providers.chat import ChatMessage
from bot.providers.interface import RemoteExport
from bot.store.comparisons import SqlComparisonStore
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.exports import SqlExportStore
from bot.store.shown_messages import SqlShownMessages
from handlers.chat.just_opened import JustOpened
from handlers.compare import blocks
from handlers.compare.keeper import ComparisonKeeper
from handlers.evaluations.messages import EvaluationMessages
from handlers.exports import keeper as export_keeper
from handlers.exports.blocks import export_message
from handlers.exports.keeper import ExportKeeper
from handlers.outgoing.run_keeper import RunKeeper
from handlers.web.poster import Poster
from tests.parts import CHANNEL, until
from tests.scripted_slack import Slack
from tests.slack_requests import ENGLISH

ENTRY = Entry("key", 1.0, "U1", "act", "of")
HURRIED: dict[str, Any] = {"look_every": 0.01, "between_edits": 0.01, "backoff": Backoff(600)}


class Broken:
    """Makes what `make` does, but for the first of two."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self.tried: list[str] = []

    def __call__(self, one: Any, *arguments: Any, **options: Any) -> Any:
        self.tried.append(one.id)
        if one.id.endswith("-1"):
            raise KeyError("a bug")
        return self._make(one, *arguments, **options)


@asynccontextmanager
async def running(run: Callable[[], Coroutine[None, None, None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_of_exports(slack: Slack, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refreshed(export: Export) -> Export:
        done = len(slack.called("chat.update")) + 1
        return msgspec.structs.replace(export, remote=msgspec.structs.replace(export.remote, done=done))

    store = SqlExportStore(database)
    parts: Any = SimpleNamespace(refreshed=refreshed)
    for number in (1, 2):
        remote = RemoteExport(f"r{number}", "running", "adapter", step="writing", total=100)
        await store.put(Export(f"export-{number}", "acme", "ft:m", remote, "U1", "T1", CHANNEL, None, False, number))
    broken = Broken(export_message)
    monkeypatch.setattr(export_keeper, "export_message", broken)
    keeper = ExportKeeper(store, SqlShownMessages(database), parts, Poster(slack.client), ENGLISH, **HURRIED)
    async with running(keeper.run):
        await until(lambda: len(slack.called("chat.update")) > 2)
    assert broken.tried.count("export-1") == 1


async def test_of_evaluations(slack: Slack, database: Database) -> None:
    store = SqlEvaluationStore(database)
    for number in (1, 2):
        made = Evaluation(
            id=f"eval-{number}",
            models=("ft:m",),
            dataset_id="ds-1",
            file_name="a.jsonl",
            file="sha",
            grader={"type": "string_check", "name": "match", "input": "a", "reference": "b", "operation": "eq"},
            grader_name="match",
            n=1,
            seed=1,
            team="T1",
            channel=CHANNEL,
            owner="U1",
            created_at=number,
            private=False,
        )
        await store.open(made, [], ENTRY)
    broken = Broken(lambda _: Progress(0, 1, {}, 0, 0, 0))

    async def progress(evaluation: Evaluation) -> Progress:
        made: Progress = broken(evaluation)
        return made

    parts: Any = SimpleNamespace(progress=progress)
    shown, kept = EvaluationMessages(parts, parts), SqlShownMessages(database)
    keeper = RunKeeper(Evaluation.kind, store, shown, kept, Poster(slack.client), ENGLISH, **HURRIED)
    async with running(keeper.run):
        await until(lambda: slack.called("chat.postMessage"))
        await store.change("eval-2", lambda known: msgspec.structs.replace(known, state=RunState.PAUSED))
        await until(lambda: slack.called("chat.update"))
        await store.change("eval-1", lambda known: msgspec.structs.replace(known, state=RunState.PAUSED))
        await store.change("eval-2", lambda known: msgspec.structs.replace(known, state=RunState.RUNNING))
        await until(lambda: len(slack.called("chat.update")) > 1)
    assert broken.tried.count("eval-1") == 1


async def test_of_comparisons(slack: Slack, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqlComparisonStore(database)

    async def ask(comparison: Comparison, questions: list[Question], answers: Any, model: str, on_text: Any) -> Any:
        answer = ModelAnswer("It said that.")
        await store.answered(comparison.id, questions[-1].id, model, answer)
        return answer

    question = Question("1", (ChatMessage("user", "Who?"),), ("a", "b"), "U1")
    for number in (1, 2):
        made = Comparison(f"cmp-{number}", ("a", "b"), "T1", CHANNEL, "U1", number)
        await store.open(made, [question], ENTRY)
    broken = Broken(blocks.side_by_side)
    monkeypatch.setattr(blocks, "side_by_side", broken)
    parts: Any = SimpleNamespace(ask=ask)
    messages, poster = SqlShownMessages(database), Poster(slack.client)
    keeper = ComparisonKeeper(
        *(store, messages, parts, parts, poster, ENGLISH),
        opening=JustOpened().opening,
        opened=lambda *_: None,
        **HURRIED,
    )
    async with running(keeper.run):
        await until(lambda: "It said that." in str(slack.called("chat.update")))
        await store.ask("cmp-2", msgspec.structs.replace(question, id="2"))
        await until(lambda: len(slack.called("chat.postMessage")) > 1)
    assert broken.tried.count("cmp-1") == 1
