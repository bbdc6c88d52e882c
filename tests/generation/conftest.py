"""A teacher that writes questions and answers, and what has it do so."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.authority import Authority
from bot.backoff import Backoff
from bot.conversations.chat_models import ChatModels
from bot.evaluations.model_answers import ModelAnswers
from bot.generation.counting import GenerationCost
from bot.generation.generation import Generation, GenerationRequest, Instructions, Topic
from bot.generation.generations import Generations
from bot.generation.runs import GenerationRuns
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.spending.model_use import ModelSpending
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.generations import SqlGenerationStore
from bot.worker_processes import WorkerPools
from tests.compare.conftest import chat_models, datasets, file_store
from tests.conversations.conftest import authority, budgets, catalogue, channel_models, lost_models, spending
from tests.evaluations.conftest import pools, processes
from tests.parts import CHANNEL
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

__all__ = [
    "authority",
    "budgets",
    "catalogue",
    "channel_models",
    "chat_models",
    "datasets",
    "file_store",
    "lost_models",
    "pools",
    "processes",
    "spending",
]
TEACHER = "gpt-4.1-mini"
HERE = Origin("T0ACME", CHANNEL, False, "5.0")
Started = Callable[..., Awaitable[Generation]]
_WORDS = "amber birch cedar delta ember fjord grove heath islet jetty knoll ledge marsh north orbit plain quartz ridge"


class Teacher:
    """`asked`: the requests, in their order. Its questions all differ, but for `repeats`, which it asks each time;
    `answers`: what it says to a question, by a word of it. Where `silent`, it gives no questions at all."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.repeats: list[str] = []
        self.answers: dict[str, str] = {}
        self.silent = False
        self._written = 0

    @property
    def for_questions(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.asked if _wants_questions(body)]

    @property
    def for_answers(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.asked if not _wants_questions(body)]

    def say(self, body: dict[str, Any]) -> str:
        self.asked.append(body)
        question = body["messages"][-1]["content"]
        if not _wants_questions(body):
            said = next((answer for word, answer in self.answers.items() if word in question), None)
            return said or f"The answer to “{question}” is this."
        if self.silent:
            return "I would rather not."
        count = int(question.split()[1])
        return json.dumps({"questions": [*self.repeats, *(self._question() for _ in range(count))][:count]})

    def _question(self) -> str:
        words = _WORDS.split()
        self._written += 1
        first, second, third = (words[self._written // 18**place % 18] for place in range(3))
        return f"{first} {second} {third} number {self._written * 7919}?"


def _wants_questions(body: dict[str, Any]) -> bool:
    return "questions" in body["messages"][0]["content"]


@pytest.fixture
def teacher(stand_in: StandInProvider) -> Teacher:
    stand_in.base_models.append(TEACHER)
    stand_in.usage = (20, 10)
    made = Teacher()
    stand_in.answer_to = made.say
    return made


@pytest.fixture
def store(database: Database) -> SqlGenerationStore:
    return SqlGenerationStore(database)


@pytest.fixture
def answers(database: Database, catalogue: Catalogue, lost_models: LostModels, spending: ModelSpending) -> ModelAnswers:
    evaluations = SqlEvaluationStore(database)
    return ModelAnswers(evaluations, catalogue, lost_models, spending, retry=Backoff(0.01, tries=2))


@pytest.fixture
def generations(
    database: Database,
    store: SqlGenerationStore,
    answers: ModelAnswers,
    chat_models: ChatModels,
    catalogue: Catalogue,
    spending: ModelSpending,
    pools: WorkerPools,
    authority: Authority,
) -> Generations:
    cost = GenerationCost(answers, SqlEvaluationStore(database), spending, pools)
    return Generations(store, cost, chat_models, catalogue, spending, authority)


@pytest.fixture
def generation_runs(store: SqlGenerationStore, answers: ModelAnswers, spending: ModelSpending) -> GenerationRuns:
    return GenerationRuns(store, answers, spending, look_every=0.01)


@pytest.fixture
def started(generations: Generations, teacher: Teacher) -> Started:
    async def start(n: int = 6, *topics: str, **told: Any) -> Generation:
        return await generations.start(a_caller(key="generate/1"), HERE, a_request(n, *topics, **told))

    return start


def a_request(n: int = 6, *topics: str, **told: Any) -> GenerationRequest:
    about = tuple(Topic(one) for one in topics or ("refunds", "delivery"))
    return GenerationRequest(Instructions(TEACHER, n, **told), about)
