"""A channel in which people rated answers and voted, and a judge that can be checked there."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from bot.access import Caller
from bot.audit import Entry
from bot.authority import Authority
from bot.compare.arenas import Arenas
from bot.compare.asking import Asking
from bot.compare.comparison import Arena, Choice, Comparison, ModelAnswer, Question, Vote
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import Conversation, Turn
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.model_answers import ModelAnswers
from bot.feedback.rating import Press
from bot.jobs.job import Origin
from bot.judges.check import JudgeRequest
from bot.judges.checks import JudgeChecks
from bot.judges.counting import CallCounter
from bot.judges.golden import GoldenAnswers
from bot.judges.pairwise import PairwiseJudging, PairwiseReport
from bot.judges.people import HeldToPeople, JudgeReport
from bot.judges.runs import JudgeRuns
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.chat import ChatMessage
from bot.spending.model_use import ModelSpending
from bot.store.comparisons import SqlComparisonStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.feedback import SqlRatingStore
from bot.store.judge_checks import SqlJudgeCheckStore
from bot.worker_processes import WorkerPools
from tests.compare.conftest import chat_models, datasets, file_store
from tests.conversations.conftest import authority, budgets, catalogue, channel_models, lost_models, spending
from tests.evaluations.conftest import (
    answers,
    dropped,
    evaluations,
    planning,
    pools,
    processes,
    runs,
    runs_that_trust,
    tuned,
)
from tests.evaluations.conftest import store as evaluation_store
from tests.parts import CHANNEL
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

__all__ = [
    "answers",
    "authority",
    "budgets",
    "catalogue",
    "channel_models",
    "chat_models",
    "datasets",
    "dropped",
    "evaluation_store",
    "evaluations",
    "file_store",
    "lost_models",
    "planning",
    "pools",
    "processes",
    "runs",
    "runs_that_trust",
    "spending",
    "tuned",
]
JUDGE = "gpt-4.1-mini"
OTHER = "qwen-judge"
NOBODY = Entry("test", 1.0, ANA.user, "test", "test")
HERE = Origin("T0ACME", CHANNEL, False, "5.0")
Checked = Callable[..., Awaitable[Any]]


@pytest.fixture
def store(evaluation_store: SqlEvaluationStore) -> SqlEvaluationStore:
    return evaluation_store


@pytest.fixture
def comparisons(database: Database) -> SqlComparisonStore:
    return SqlComparisonStore(database)


@pytest.fixture
def check_store(database: Database) -> SqlJudgeCheckStore:
    return SqlJudgeCheckStore(database)


@pytest.fixture
def checks(
    database: Database,
    comparisons: SqlComparisonStore,
    check_store: SqlJudgeCheckStore,
    evaluations: Evaluations,
    store: SqlEvaluationStore,
    answers: ModelAnswers,
    chat_models: ChatModels,
    catalogue: Catalogue,
    lost_models: LostModels,
    spending: ModelSpending,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    authority: Authority,
) -> JudgeChecks:
    asking = Asking(comparisons, catalogue, lost_models, spending)
    arenas = Arenas(comparisons, chat_models, asking, DatasetLookup(datasets, authority), file_store, pools, authority)
    golden = GoldenAnswers(SqlRatingStore(database), SqlConversationStore(database), arenas, authority)
    return JudgeChecks(
        check_store,
        HeldToPeople(golden, store, pools),
        PairwiseJudging(store, datasets, file_store, pools),
        CallCounter(answers, store, spending, pools),
        evaluations,
        store,
        chat_models,
        catalogue,
        spending,
        authority,
    )


@pytest.fixture
def judge_runs(
    check_store: SqlJudgeCheckStore, checks: JudgeChecks, answers: ModelAnswers, spending: ModelSpending
) -> JudgeRuns:
    return JudgeRuns(check_store, checks.material, answers, spending, look_every=0.01)


@pytest.fixture
def checked(checks: JudgeChecks, judge_runs: JudgeRuns, check_store: SqlJudgeCheckStore) -> Checked:
    """A check from its start to its end."""
    started = 0

    async def check(caller: Caller | None = None, **asked: Any) -> Any:
        nonlocal started
        started += 1
        caller = msgspec.structs.replace(caller or a_caller(), key=f"check/{started}")
        begun = await checks.start(caller, HERE, JudgeRequest(**asked))
        await judge_runs.work(begun.id)
        result = await check_store.result(begun.id)
        assert result is not None, await check_store.get(begun.id)
        return msgspec.json.decode(result, type=JudgeReport | PairwiseReport)

    return check


class Channel:
    """Where people rate answers and vote."""

    def __init__(self, database: Database) -> None:
        self.conversations, self.ratings = SqlConversationStore(database), SqlRatingStore(database)
        self.comparisons = SqlComparisonStore(database)

    async def rated(
        self, number: int, answer: str, *thumbs: bool, channel: str = CHANNEL, private: bool = False
    ) -> None:
        """An answer in a conversation of its own, which so many people rated."""
        id, ts = f"cv-{channel}-{number}", f"{number}.0"
        talk = Conversation(id, "ft:voice", "T0ACME", channel, ts, ANA.user, 1.0, private)
        said = [Turn(ts, "user", f"Question {number}?", user=ANA.user), Turn(ts, "assistant", answer)]
        await self.conversations.open(talk, said)
        for who, good in enumerate(thumbs):
            press = Press(id, ts, f"U{who}", good, float(number), f"{id}/{who}")
            await self.ratings.press(press, Entry(press.key, 1.0, ANA.user, "rate answer", id))

    async def voted(self, pairs: list[tuple[str, str]], *, revealed: bool = True) -> None:
        """An arena on so many pairs (preferred, other), the preferred ones in the first place by turns."""
        at = 2.0 if revealed else None
        arena = Comparison("cmp-1", ("a", "b"), "T0ACME", CHANNEL, ANA.user, 1.0, arena=Arena(1, 1, 9e9, None, at))
        questions = [
            Question(str(number), (ChatMessage("user", f"Which {number}?"),), ("a", "b"), ANA.user, (("a", "b"),))
            for number in range(len(pairs))
        ]
        await self.comparisons.open(
            Comparison("cmp-1", ("a", "b"), "T0ACME", CHANNEL, ANA.user, 1.0, arena=Arena(1, 1, 9e9)), questions, NOBODY
        )
        for number, (preferred, other) in enumerate(pairs):
            first, second = (preferred, other) if number % 2 else (other, preferred)
            await self.comparisons.answered("cmp-1", str(number), "a", ModelAnswer(first))
            await self.comparisons.answered("cmp-1", str(number), "b", ModelAnswer(second))
            choice = Choice.FIRST if number % 2 else Choice.SECOND
            vote = Vote(str(number), 0, ANA.user, choice, 1.0)
            await self.comparisons.vote("cmp-1", vote, Entry(f"v/{number}", 1.0, ANA.user, "vote", "cmp-1"))
        if revealed:
            await self.comparisons.reveal(arena.id, 2.0, None)


@pytest.fixture
def channel(database: Database) -> Channel:
    return Channel(database)


@pytest.fixture(autouse=True)
def judging(stand_in: StandInProvider) -> None:
    """The judge likes what says "good", and of two answers the longer one."""
    stand_in.base_models += [JUDGE, OTHER]
    stand_in.usage = (20, 1)

    def answer(body: dict[str, Any]) -> str:
        asked = body["messages"][-1]["content"]
        if "<answer_1>" in asked:
            first = asked.split("<answer_1>\n")[1].split("\n</answer_1>")[0]
            second = asked.split("<answer_2>\n")[1].split("\n</answer_2>")[0]
            return json.dumps({"result": "1" if len(first) >= len(second) else "2"})
        if "unreadable" in asked:
            return "I would rather not say."
        return json.dumps({"result": 1 if "good" in asked.split("<answer>")[-1] else 0})

    stand_in.answer_to = answer
