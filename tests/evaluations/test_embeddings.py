"""Grading by cosine similarity: vectors are asked for once, paid for, and held to budgets."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bot.audit import Entry
from bot.authority import Authority
from bot.backoff import Backoff
from bot.conversations.chat_models import ChatModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.evaluations.evaluation import Evaluation, EvaluationRequest
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.model_answers import EmbeddingModel, ModelAnswers, embedding_model
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.run import RunState
from bot.evaluations.runs import EvaluationRuns
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.openai_protocol import OpenAIProtocol
from bot.spending.budget import Scope
from bot.spending.model_use import ModelSpending
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from bot.store.spending import SqlBudgetStore
from bot.worker_processes import WorkerPools
from graders.named import NAMED
from graders.reading import as_json
from tests.evaluating import a_chat
from tests.parts import CHANNEL, MODEL
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

HERE = Origin("T0ACME", CHANNEL, False)
COSINE = EvaluationRequest((MODEL,), "ds-valid", grader=as_json(NAMED["cosine"]))
MATCH = EvaluationRequest((MODEL,), "ds-valid", grader=as_json(NAMED["match"]))

Embeddings = dict[str, EmbeddingModel]
Drop = Callable[..., Awaitable[Dataset]]


@pytest.fixture
def embeddings(provider: OpenAIProtocol) -> Embeddings:
    return {provider.name: EmbeddingModel("text-embedding-3-small", provider)}


@pytest.fixture
def planning(
    embeddings: Embeddings,
    store: SqlEvaluationStore,
    chat_models: ChatModels,
    catalogue: Catalogue,
    spending: ModelSpending,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    authority: Authority,
) -> EvaluationPlanning:
    lookups = JobLookup(jobs, authority), datasets, DatasetLookup(datasets, authority)
    return EvaluationPlanning(
        store, chat_models, catalogue, spending, jobs, *lookups, file_store, pools, authority, embeddings=embeddings
    )


@pytest.fixture
def runs(
    embeddings: Embeddings,
    store: SqlEvaluationStore,
    catalogue: Catalogue,
    lost_models: LostModels,
    spending: ModelSpending,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
) -> EvaluationRuns:
    answers = ModelAnswers(store, catalogue, lost_models, spending, retry=Backoff(0.01, tries=2), embeddings=embeddings)
    return EvaluationRuns(store, answers, spending, jobs, datasets, file_store, pools, look_every=0.01)


@pytest.fixture(autouse=True)
async def validation(dropped: Drop, stand_in: StandInProvider) -> Dataset:
    stand_in.answer = "aaa eee"
    stand_in.usage = (20, 2)
    return await dropped(*[a_chat(f"{n}?", ("eee aaa", "iii")[n % 2]) for n in range(10)])


async def finished(evaluations: Evaluations, runs: EvaluationRuns, request: EvaluationRequest = COSINE) -> Evaluation:
    started = await evaluations.start(a_caller(key=str(request)), HERE, request)
    await runs.work(started.id)
    return await evaluations.get(a_caller(), started.id)


@pytest.mark.parametrize("listed", [True, False])
async def test_what_a_vendor_usually_has_counts_where_the_server_lists_it(
    catalogue: Catalogue, provider: OpenAIProtocol, stand_in: StandInProvider, listed: bool
) -> None:
    usual = EmbeddingModel("text-embedding-3-small", provider, usual=True)
    if listed:
        stand_in.base_models.append(usual.name)
    found = await embedding_model(catalogue, {provider.name: usual}, [MODEL])
    assert found == (usual if listed else None)


async def test_answers_are_graded_by_their_vectors_and_each_text_is_asked_for_once(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider, spending: ModelSpending
) -> None:
    done = await finished(evaluations, runs)
    assert done.state is RunState.FINISHED
    (score,) = (await evaluations.result(a_caller(), done.id)).scores
    assert score.estimate.value == pytest.approx(0.5)
    asked = [text for body in stand_in.embedded for text in body["input"]]  # each piece of an answer ends with a space
    assert sorted(asked) == ["aaa eee ", "eee aaa", "iii", "text"]
    assert (await spending.of(done.id)).answers == 10 + 4, "vectors are counted like answers"
    again = await finished(evaluations, runs, msgspec.structs.replace(COSINE, n=10))
    assert again.id != done.id
    assert len(stand_in.embedded) == 4


async def test_the_plan_says_what_vectors_cost(planning: EvaluationPlanning) -> None:
    plan = await planning.plan(a_caller(), HERE, COSINE)
    assert plan.usd is None, "this provider's price is not known"
    assert ("unknown_price", {"models": ["text-embedding-3-small"]}) in [(one.kind, one.values) for one in plan.caveats]
    assert (await planning.plan(a_caller(), HERE, MATCH)).usd is not None


async def test_where_there_are_no_vectors_no_answer_is_paid_for(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    stand_in.fault("POST /embeddings", status=404, message="The model does not exist")
    paused = await finished(evaluations, runs)
    assert paused.state is RunState.PAUSED
    assert paused.why is not None
    assert (paused.why.kind, paused.why.values["model"]) == ("grader_embedding_failed", "text-embedding-3-small")
    assert stand_in.chats == []


async def test_an_answer_without_a_vector_has_no_reward_and_people_are_told_why(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider, store: SqlEvaluationStore
) -> None:
    await finished(evaluations, runs, msgspec.structs.replace(COSINE, n=1))
    stand_in.answer = "other"
    stand_in.fault("POST /embeddings", times=40, status=404, message="The model does not exist")
    done = await finished(evaluations, runs)
    rows = await store.grades(done.id)
    assert len(rows) == 10
    assert [row.reward for row in rows].count(None) == 9, "all but the one that was answered before"
    assert {row.fault.kind for row in rows if row.fault} == {"grader_embedding_failed"}


async def test_no_vector_is_asked_for_beyond_the_budget(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider, budgets: SqlBudgetStore
) -> None:
    started = await evaluations.start(a_caller(), HERE, COSINE)
    await budgets.set_budget(Scope.CHANNEL, CHANNEL, 0.0, Entry("budget", 1.0, "U0EVE", "set budget", CHANNEL))
    await runs.work(started.id)
    assert (await evaluations.get(a_caller(), started.id)).state is RunState.PAUSED
    assert stand_in.embedded == []
