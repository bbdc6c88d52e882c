"""Evaluating models: who may do what, and the states of an evaluation."""

from collections.abc import Awaitable, Callable

import pytest

from bot.access import Actor, Place, Role
from bot.audit import Entry
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.errors import Conflict, Denied, Invalid, NotFound
from bot.evaluations.evaluation import EvaluationRequest
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.run import RunState
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.spending.budget import OverBudget, Scope
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.spending import SqlBudgetStore
from graders.named import NAMED
from graders.reading import as_json
from tests.evaluating import labelled
from tests.parts import CHANNEL, MODEL
from tests.slack_requests import ANA, a_caller

TUNED = f"ft:{MODEL}:acme:house:abc11111"
PYTHON = {"type": "python", "name": "length", "source": "def grade(sample, item):\n    return 1.0"}
HERE = Origin("T0ACME", CHANNEL, False)
BEN, EVE = Actor("U0BEN", "T0ACME"), Actor("U0EVE", "T0ACME", Role.ADMIN)
BOTH = EvaluationRequest((MODEL, TUNED), "ds-valid")

Drop = Callable[..., Awaitable[Dataset]]


@pytest.fixture(autouse=True)
async def validation(dropped: Drop) -> Dataset:
    return await dropped(*labelled(30))


async def test_a_retry_of_the_request_gets_the_same_evaluation(
    evaluations: Evaluations, store: SqlEvaluationStore, database: Database
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    again = await evaluations.start(a_caller(is_retry=True), HERE, BOTH)
    assert again == started
    assert await store.due() == [started.id]
    assert len(await store.items(started.id)) == 30
    assert [one.action for one in await SqlAuditLog(database).about(started.id)] == ["evaluate"]
    other = await evaluations.start(a_caller(key="command/2"), HERE, BOTH)
    assert other.id != started.id


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (EvaluationRequest((), "ds-valid"), "how_many_evaluated"),
        (EvaluationRequest((MODEL,), "ds-valid", n=0), "how_many_items"),
        (EvaluationRequest((MODEL,), "ds-valid", samples=99), "how_many_samples"),
        (EvaluationRequest((MODEL,), "ds-valid", grader={"type": "magic"}), "grader_unlike_protocol"),
        (EvaluationRequest((MODEL,), "ds-valid", grader=as_json(NAMED["cosine"])), "grader_no_embeddings"),
        (EvaluationRequest((MODEL,), "ds-valid", grader=PYTHON), "grader_python_off"),
        (EvaluationRequest((MODEL,), "ds-other"), "unknown_dataset"),
        (EvaluationRequest(("gpt-none",), "ds-valid"), "no_such_model"),
    ],
)
async def test_a_bad_request_is_refused(evaluations: Evaluations, request_: EvaluationRequest, kind: str) -> None:
    with pytest.raises((Invalid, NotFound), match=kind):
        await evaluations.start(a_caller(), HERE, request_)
    assert await evaluations.latest(a_caller()) == []


async def test_nobody_starts_what_the_budget_cannot_pay(
    evaluations: Evaluations, store: SqlEvaluationStore, budgets: SqlBudgetStore
) -> None:
    await budgets.set_budget(Scope.CHANNEL, CHANNEL, 0.0, Entry("budget", 1.0, EVE.user, "set budget", CHANNEL))
    with pytest.raises(OverBudget):
        await evaluations.start(a_caller(), HERE, BOTH)
    assert await store.due() == []


async def test_who_pauses_goes_on_and_cancels(evaluations: Evaluations, store: SqlEvaluationStore) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    with pytest.raises(Denied, match="only_owner"):
        await evaluations.pause(a_caller(BEN), started.id)
    assert (await evaluations.pause(a_caller(key="a/1"), started.id)).state is RunState.PAUSED
    assert (await evaluations.pause(a_caller(key="a/1", is_retry=True), started.id)).state is RunState.PAUSED
    assert await store.due() == []
    assert (await evaluations.resume(a_caller(EVE, key="a/2"), started.id)).state is RunState.RUNNING
    assert (await evaluations.cancel(a_caller(key="a/3"), started.id)).state is RunState.CANCELLED
    with pytest.raises(Conflict, match="run_ended"):
        await evaluations.resume(a_caller(key="a/4"), started.id)


async def test_what_is_evaluated_in_private_is_seen_nowhere_else(
    planning: EvaluationPlanning, evaluations: Evaluations, dropped: Drop
) -> None:
    await dropped(*labelled(12), id="ds-secret", channel="C0SECRET", channel_private=True)
    with pytest.raises(NotFound, match="unknown_dataset"):
        await planning.plan(a_caller(BEN), HERE, EvaluationRequest((MODEL,), "ds-secret"))
    secret = Place("C0SECRET")
    there = a_caller(channel="C0SECRET", answers_in=secret, posts_in=secret)
    origin = Origin("T0ACME", "C0SECRET", True)
    started = await evaluations.start(there, origin, EvaluationRequest((MODEL,), "ds-secret"))
    with pytest.raises(NotFound, match="run_gone"):
        await evaluations.get(a_caller(EVE), started.id)
    assert await evaluations.latest(a_caller(EVE)) == []
    assert await evaluations.get(there, started.id) == started
    assert await evaluations.get(a_caller(ANA), started.id) == started, "alone with what is hers"


async def test_a_model_is_promoted_in_its_channel(
    evaluations: Evaluations,
    store: SqlEvaluationStore,
    database: Database,
    catalogue: Catalogue,
    authority: Authority,
) -> None:
    lookup = ModelLookup(catalogue, store, authority)
    assert await lookup.current(a_caller()) is None
    started = await evaluations.start(a_caller(), HERE, BOTH)
    with pytest.raises(NotFound):
        await evaluations.promote(a_caller(), started.id, "gpt-other")
    await evaluations.promote(a_caller(BEN), started.id, TUNED)
    assert await store.current_model(CHANNEL) == TUNED
    assert await lookup.current(a_caller()) == TUNED
    assert (await lookup.visible(a_caller(), Place(CHANNEL)))[0].id == TUNED
    assert await lookup.current(a_caller(channel="C0OTHER")) is None
    assert [one.action for one in await SqlAuditLog(database).about(TUNED)] == ["promote"]
