"""Running an evaluation: each answer is asked for once, whatever happens on the way."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec
import pytest

from bot.access import Actor, Role
from bot.audit import Entry, Outcome
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.errors import BotError, Denied
from bot.evaluations.control import control_items
from bot.evaluations.evaluation import Evaluation, EvaluationRequest, Place
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.grading import grade_all
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.repeats import EvaluationRepeats
from bot.evaluations.run import RunState
from bot.evaluations.running import FAILURES_IN_A_ROW
from bot.evaluations.runs import EvaluationRuns
from bot.evaluations.statistics import Verdict
from bot.jobs.job import Origin
from bot.jobs.notice import RepeatEnded
from bot.notices.interfaces import PostError, PostRefused
from bot.spending.budget import Scope
from bot.spending.model_use import ModelSpending
from bot.store.audit import SqlAuditLog
from bot.store.database import Database, StoreTrouble
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.spending import SqlBudgetStore
from bot.worker_processes import WorkerPools
from graders import python as python_grader
from tests.evaluating import a_chat, labelled
from tests.parts import CHANNEL, MODEL
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider
from tests.store_reading import all_notices

TUNED = f"ft:{MODEL}:acme:house:abc11111"
HERE = Origin("T0ACME", CHANNEL, False)
BOTH = EvaluationRequest((MODEL, TUNED), "ds-valid")

Drop = Callable[..., Awaitable[Dataset]]


@pytest.fixture(autouse=True)
async def validation(dropped: Drop) -> Dataset:
    return await dropped(*labelled(30))


@pytest.fixture(autouse=True)
def said(stand_in: StandInProvider) -> None:
    """The base model is always right about good reviews, and wrong about bad ones; the other is always right."""

    def answer(body: dict[str, Any]) -> str:
        number = int(body["messages"][-1]["content"].split()[1].strip(":"))
        return ("good", "bad")[number % 2] if body["model"] == TUNED else "good"

    stand_in.answer_to = answer
    stand_in.usage = (20, 1)


async def finished(
    evaluations: Evaluations, runs: EvaluationRuns, request: EvaluationRequest = BOTH, origin: Origin = HERE
) -> Evaluation:
    started = await evaluations.start(a_caller(key=str(request)), origin, request)
    await runs.work(started.id)
    return await evaluations.get(a_caller(), started.id)


async def test_models_are_asked_and_compared(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    done = await finished(evaluations, runs)
    assert done.state is RunState.FINISHED
    assert len(stand_in.chats) == 60
    assert {chat["temperature"] for chat in stand_in.chats} == {0.0}
    result = await evaluations.result(a_caller(), done.id)
    assert [one.estimate.value for one in result.scores] == [0.5, 1.0]
    (gain,) = result.gains
    assert (gain.compared.gain, gain.compared.verdict) == (0.5, Verdict.BETTER)
    assert result.binary
    assert result.classification[MODEL].accuracy.value == 0.5
    assert {(one.slice, one.value, one.n) for one in result.slices} >= {("label", "good", 15), ("label", "bad", 15)}
    assert len(result.differences[TUNED]) == 10
    progress = await runs.progress(done)
    assert (progress.done, progress.of, progress.failed, progress.cached) == (60, 60, 0, 0)
    assert progress.usd > 0


async def test_nothing_is_paid_twice(
    planning: EvaluationPlanning,
    evaluations: Evaluations,
    runs: EvaluationRuns,
    stand_in: StandInProvider,
    spending: ModelSpending,
) -> None:
    first = await finished(evaluations, runs)
    asked = len(stand_in.chats)
    with_all = msgspec.structs.replace(BOTH, n=30, samples=1)
    plan = await planning.plan(a_caller(key="plan"), HERE, with_all)
    assert (plan.cached, plan.answers, plan.usd, plan.seconds) == (60, 0, 0.0, 0.0)
    second = await finished(evaluations, runs, with_all)
    assert second.id != first.id
    assert len(stand_in.chats) == asked
    assert (await runs.progress(second)).cached == 60
    assert (await spending.of(second.id)).answers == 0


async def test_another_request_draws_the_same_examples_and_pays_for_none_again(
    planning: EvaluationPlanning, evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    few = msgspec.structs.replace(BOTH, n=10)
    await finished(evaluations, runs, few)
    assert len(stand_in.chats) == 20
    contains = {"type": "string_check", "name": "c", "input": "{{sample.output_text}}"}
    contains |= {"operation": "ilike", "reference": "{{item.reference}}"}
    await finished(evaluations, runs, msgspec.structs.replace(few, grader=contains, grader_name="c"))
    assert len(stand_in.chats) == 20, "another grader reads the same answers"
    plan = await planning.plan(a_caller(key="plan"), HERE, msgspec.structs.replace(BOTH, n=15))
    assert (plan.cached, plan.answers) == (20, 10), "a larger sample holds the smaller one"


async def test_two_evaluations_that_want_the_same_at_once_share_it(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    one = await evaluations.start(a_caller(key="a"), HERE, BOTH)
    other = await evaluations.start(a_caller(key="b"), HERE, BOTH)
    await asyncio.gather(runs.work(one.id), runs.work(other.id))
    assert len(stand_in.chats) == 60
    states = [(await evaluations.get(a_caller(), each.id)).state for each in (one, other)]
    assert states == [RunState.FINISHED] * 2


async def test_a_paused_evaluation_asks_no_more_and_goes_on_where_it_was(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    go_on = asyncio.Event()
    # The whole of a streamed answer would come before it is held.
    stand_in.fault("POST /chat/completions", times=8, hold=go_on)
    working = asyncio.create_task(runs.work(started.id))
    while stand_in._faults["POST /chat/completions"]:
        await asyncio.sleep(0.01)
    await evaluations.pause(a_caller(key="a/1"), started.id)
    while not runs._under_way[started.id].stopped:  # it has seen that
        await asyncio.sleep(0.01)
    go_on.set()
    await working
    assert len(stand_in.chats) == 8, "what was under way has come to its end"
    assert (await runs.progress(started)).done == 8
    await evaluations.resume(a_caller(key="a/2"), started.id)
    await runs.work(started.id)
    assert len(stand_in.chats) == 60
    assert (await evaluations.get(a_caller(), started.id)).state is RunState.FINISHED


async def test_a_run_that_was_cut_off_asks_nothing_again(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider, store: SqlEvaluationStore
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    working = asyncio.create_task(runs.work(started.id))
    while (await runs.progress(started)).done < 10:
        await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    under_way = len(stand_in.chats)
    kept = len(await store.known_answers(await _keys(store, started)))
    await runs.work(started.id)
    assert len(stand_in.chats) == under_way + 60 - kept
    assert (await evaluations.get(a_caller(), started.id)).state is RunState.FINISHED


async def test_a_provider_that_takes_no_more_is_waited_for(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    stand_in.fault(
        "POST /chat/completions", times=5, status=429, code="rate_limit_exceeded", headers={"Retry-After": "0.01"}
    )
    done = await finished(evaluations, runs)
    assert done.state is RunState.FINISHED
    assert (await runs.progress(done)).failed == 0
    assert len(stand_in.chats) == 60


async def test_a_failure_is_counted_and_never_scored(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider, store: SqlEvaluationStore
) -> None:
    stand_in.fault("POST /chat/completions", status=403, code="content_filter", message="Not that.")
    done = await finished(evaluations, runs)
    result = await evaluations.result(a_caller(), done.id)
    assert sum(one.failed for one in result.scores) == 1
    assert sum(one.estimate.n for one in result.scores) == 59
    (reason,) = (await store.failures(done.id)).values()
    assert (reason.kind, reason.by_provider) == ("Not that.", True)
    await evaluations.resume(a_caller(key="a/1"), done.id)
    await runs.work(done.id)
    again = await evaluations.result(a_caller(), done.id)
    assert (sum(one.failed for one in again.scores), len(stand_in.chats)) == (0, 60)


async def test_a_model_that_takes_no_temperature_is_asked_without(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    stand_in.refuses = {"temperature"}
    done = await finished(evaluations, runs, msgspec.structs.replace(BOTH, n=10))
    assert (done.state, len(stand_in.chats)) == (RunState.FINISHED, 20)
    assert (await runs.progress(done)).failed == 0


async def test_a_judge_is_asked_once_for_the_same_answer(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    grader = {
        "type": "score_model",
        "name": "kind",
        "model": MODEL,
        "input": [{"role": "user", "content": "How kind is this, from 0 to 1? {{sample.output_text}}"}],
    }

    def answer(body: dict[str, Any]) -> str:
        asked = body["messages"][-1]["content"]
        return "0.5" if asked.startswith("How kind") else "good" if body["model"] == MODEL else "bad"

    stand_in.answer_to = answer
    done = await finished(evaluations, runs, msgspec.structs.replace(BOTH, grader=grader, n=10))
    assert [one.estimate.value for one in (await evaluations.result(a_caller(), done.id)).scores] == [0.5, 0.5]
    judged = [chat for chat in stand_in.chats if chat["messages"][-1]["content"].startswith("How kind")]
    assert len(stand_in.chats) - len(judged) == 20
    assert len(judged) == 2, "there were two different answers"


async def test_many_failures_in_a_row_pause_it_with_the_reason(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    stand_in.fault("POST /chat/completions", times=100, status=401, code="invalid_api_key", message="Wrong key.")
    paused = await finished(evaluations, runs)
    assert paused.state is RunState.PAUSED
    assert paused.why is not None
    assert (paused.why.kind, paused.why.by_provider) == ("Wrong key.", True)
    failed = (await runs.progress(paused)).failed
    assert FAILURES_IN_A_ROW <= failed < 60
    stand_in.clear_faults()
    await evaluations.resume(a_caller(key="a/1"), paused.id)
    await runs.work(paused.id)
    assert (await runs.progress(paused)).failed == 0


async def test_a_used_up_budget_pauses_it(
    evaluations: Evaluations,
    runs: EvaluationRuns,
    stand_in: StandInProvider,
    budgets: SqlBudgetStore,
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    await budgets.set_budget(Scope.CHANNEL, CHANNEL, 0.0, Entry("budget", 1.0, "U0EVE", "set budget", CHANNEL))
    await runs.work(started.id)
    paused = await evaluations.get(a_caller(), started.id)
    assert (paused.state, paused.why and paused.why.kind) == (RunState.PAUSED, "budget_used_up")
    assert stand_in.chats == []


async def test_a_file_that_is_gone_fails_it(
    evaluations: Evaluations, runs: EvaluationRuns, file_store: FileStore, validation: Dataset
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    file_store.remove(validation.sha256)
    await runs.work(started.id)
    failed = await evaluations.get(a_caller(), started.id)
    assert (failed.state, failed.why and failed.why.kind) == (RunState.FAILED, "copy_gone")


async def test_a_file_that_cannot_be_read_to_its_end_fails_it(
    evaluations: Evaluations, runs: EvaluationRuns, file_store: FileStore, validation: Dataset
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    path = file_store.path(validation.sha256)
    await asyncio.to_thread(path.write_bytes, b"{\n")
    await runs.work(started.id)
    failed = await evaluations.get(a_caller(), started.id)
    assert (failed.state, failed.why and failed.why.kind) == (RunState.FAILED, "no_example")


@pytest.mark.parametrize("step", ["grade_all", "compute"])
async def test_a_fault_of_our_own_fails_it_and_keeps_the_answers(
    step: str,
    evaluations: Evaluations,
    runs: EvaluationRuns,
    stand_in: StandInProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(f"bot.evaluations.runs.{step}", _fault)
        failed = await finished(evaluations, runs)
    assert (failed.state, failed.why and failed.why.kind) == (RunState.FAILED, "no_result")
    await evaluations.resume(a_caller(key="a/1"), failed.id)
    await runs.work(failed.id)
    assert (await evaluations.get(a_caller(), failed.id)).state is RunState.FINISHED
    assert len(stand_in.chats) == 60, "no answer is asked for again"


@pytest.mark.parametrize("at_once", [8, 64])
async def test_a_store_that_takes_nothing_for_now_loses_no_answer(
    at_once: int,
    evaluations: Evaluations,
    runs: EvaluationRuns,
    stand_in: StandInProvider,
    store: SqlEvaluationStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    monkeypatch.setattr("bot.evaluations.runs._GRADED_AT_ONCE", at_once)

    async def locked(*args: object) -> None:
        raise BotError("store_trouble", trouble="locked")

    with monkeypatch.context() as patched:
        patched.setattr(store, "record", locked)
        with pytest.raises(BotError, match="store_trouble"):
            await runs.work(started.id)
    assert await store.failures(started.id) == {}, "the models did answer"
    assert await store.due() == [started.id]
    await runs.work(started.id)
    result = await evaluations.result(a_caller(), started.id)
    assert [one.estimate.n for one in result.scores] == [30, 30]
    assert len(stand_in.chats) == 60


async def test_python_graders_may_take_their_time_for_each_answer(
    evaluations: Evaluations,
    runs_that_trust: Callable[..., EvaluationRuns],
    pools: WorkerPools,
    dropped: Drop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = {"type": "python", "name": "half", "source": "def grade(sample, item):\n    return 0.5"}
    both = {"type": "multi", "name": "own", "graders": {"a": python, "b": python}, "calculate_output": "a + b"}
    own = [{**example, "grader": grader} for example, grader in zip(labelled(4), [python, both] * 2, strict=True)]
    await dropped(*own, id="ds-own")
    given, run = [], pools.run

    async def observed(function: Any, *args: Any, **kwargs: Any) -> Any:
        if function is grade_all:
            graders = sum(msgspec.json.encode(one.fields["grader"]).count(b"source") for one in args[0])
            given.append((graders, kwargs["seconds"]))
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(pools, "run", observed)
    request = EvaluationRequest(
        (MODEL, TUNED), "ds-own", grader={"type": "of_item", "name": "own"}, grader_name="own", control=False
    )
    done = await finished(evaluations, runs_that_trust(python["source"]), request)
    result = await evaluations.result(a_caller(), done.id)
    assert [(one.estimate.n, one.estimate.value) for one in result.scores] == [(4, 0.75), (4, 0.75)]
    assert sum(graders for graders, _ in given) == 12
    assert all(graders * python_grader.SECONDS < seconds for graders, seconds in given)
    assert all(graders <= 5 for graders, _ in given), "or other evaluations would wait too long"


@pytest.mark.parametrize("call", ["answers", "keep_answer"])
async def test_trouble_of_our_own_store_is_no_failure_of_a_model(
    call: str,
    evaluations: Evaluations,
    runs: EvaluationRuns,
    stand_in: StandInProvider,
    store: SqlEvaluationStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = await evaluations.start(a_caller(), HERE, BOTH)
    working, calls = getattr(store, call), itertools.count(1)

    async def locked(*args: Any) -> Any:
        if next(calls) > 10:
            raise StoreTrouble("store_trouble", trouble="locked")
        return await working(*args)

    with monkeypatch.context() as patched:
        patched.setattr(store, call, locked)
        with pytest.raises(StoreTrouble):
            await runs.work(started.id)
    assert await store.failures(started.id) == {}
    assert await store.due() == [started.id], "it goes on once the store does"
    kept = len(await store.known_answers(await _keys(store, started)))
    assert kept < 60
    asked = len(stand_in.chats)
    await runs.work(started.id)
    result = await evaluations.result(a_caller(), started.id)
    assert [(one.estimate.n, one.failed) for one in result.scores] == [(30, 0), (30, 0)]
    assert len(stand_in.chats) == asked + 60 - kept


async def test_an_answer_that_is_paid_for_is_kept_once_the_store_takes_it(
    evaluations: Evaluations,
    runs: EvaluationRuns,
    stand_in: StandInProvider,
    store: SqlEvaluationStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    working, calls = store.keep_answer, itertools.count(1)

    async def locked_for_a_moment(*args: Any) -> None:
        if next(calls) in (5, 6):
            raise StoreTrouble("store_trouble", trouble="locked")
        await working(*args)

    monkeypatch.setattr(store, "keep_answer", locked_for_a_moment)
    done = await finished(evaluations, runs)
    assert (done.state, len(stand_in.chats)) == (RunState.FINISHED, 60)


async def test_a_fault_of_our_own_while_an_answer_is_kept_is_told_as_ours(
    evaluations: Evaluations, runs: EvaluationRuns, store: SqlEvaluationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "keep_answer", _fault)
    failed = await finished(evaluations, runs)
    assert (failed.state, failed.why and failed.why.kind) == (RunState.FAILED, "no_result")
    assert await store.failures(failed.id) == {}


async def test_what_a_private_channel_asked_is_cached_there_and_nowhere_else(
    evaluations: Evaluations, planning: EvaluationPlanning, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    private = Origin("T0ACME", "C0SECRET", True)
    secret = a_caller(key="secret", channel="C0SECRET")
    few = msgspec.structs.replace(BOTH, n=10)

    async def cached(origin: Origin, request: EvaluationRequest) -> tuple[int, int]:
        plan = await planning.plan(a_caller(key="plan", channel=origin.channel), origin, request)
        return plan.cached, plan.answers

    there = await evaluations.start(secret, private, few)
    await runs.work(there.id)
    assert await cached(private, few) == (20, 0)
    assert await cached(HERE, few) == (0, 20), "nobody elsewhere is told that somebody has asked"
    assert await cached(Origin("T0ACME", "C0OTHER", True), few) == (0, 20)
    here = await finished(evaluations, runs, few)
    assert len(stand_in.chats) == 40, "nor is it used there"
    assert (await runs.progress(here)).cached == 0
    await finished(evaluations, runs, msgspec.structs.replace(BOTH, n=15))
    more = msgspec.structs.replace(BOTH, n=15)
    assert await cached(private, more) == (30, 0), "what was asked in public is used in private"
    again = await evaluations.start(msgspec.structs.replace(secret, key="again"), private, more)
    await runs.work(again.id)
    assert len(stand_in.chats) == 50
    assert (await runs.progress(again)).cached == 30


async def test_a_part_that_asks_no_model_is_graded_away_from_the_event_loop(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider, pools: WorkerPools
) -> None:
    kind = {"type": "score_model", "name": "kind", "model": MODEL, "input": [{"role": "user", "content": "How kind?"}]}
    same = {"type": "string_check", "name": "same", "operation": "like", "input": "{{sample.output_text}}"}
    grader = {
        "type": "multi",
        "name": "both",
        "graders": {"kind": kind, "same": {**same, "reference": "{{item.reference}}"}},
        "calculate_output": "(kind + same) / 2",
    }
    stand_in.answer_to = lambda body: "0.5" if body["messages"][-1]["content"] == "How kind?" else "good"
    ran: list[str] = []
    run = pools.run

    async def watched(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        ran.append(function.__name__)
        return await run(function, *args, **options)

    pools.run = watched  # type: ignore[method-assign]
    try:
        done = await finished(evaluations, runs, msgspec.structs.replace(BOTH, grader=grader, n=10))
    finally:
        pools.run = run  # type: ignore[method-assign]
    result = await evaluations.result(a_caller(), done.id)
    assert ran.count("grade") == 20
    assert [one.estimate.value for one in result.scores] == [0.5, 0.5]


def _fault(*args: object) -> None:
    raise ZeroDivisionError


async def test_several_samples_of_an_item_are_one_score(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider
) -> None:
    done = await finished(evaluations, runs, msgspec.structs.replace(BOTH, samples=2, n=10))
    assert len(stand_in.chats) == 40
    assert {chat["temperature"] for chat in stand_in.chats} == {1.0}
    assert [one.estimate.n for one in (await evaluations.result(a_caller(), done.id)).scores] == [10, 10]


async def test_answers_go_with_their_file_and_their_model(
    evaluations: Evaluations, runs: EvaluationRuns, store: SqlEvaluationStore, dropped: Drop
) -> None:
    other = await dropped(
        *labelled(30)[:5], *[a_chat(f"Review {n}: new", "good") for n in range(100, 105)], id="ds-two"
    )
    first = await finished(evaluations, runs)
    second = await finished(evaluations, runs, msgspec.structs.replace(BOTH, dataset_id=other.id))
    keys = [await _keys(store, each) for each in (first, second)]
    await store.forget_file(first.file)
    assert len(await store.known_answers(keys[0])) == 10, "those that another file asks for, too"
    assert len(await store.known_answers(keys[1])) == 20
    await store.forget_model(TUNED)
    assert len(await store.known_answers(keys[1])) == 10
    await store.forget_file(second.file)
    assert await store.known_answers(keys[1]) == set()
    assert (await evaluations.result(a_caller(), first.id)).scores[1].estimate.value == 1.0, "figures stay"


async def _keys(store: SqlEvaluationStore, evaluation: Evaluation) -> set[str]:
    """Of all answers that it wants."""
    from bot.evaluations.survey import answer_keys

    return {
        answer_keys("acme", model, item.prompt, evaluation.asked_how(model), 0)[0]
        for item in await store.items(evaluation.id)
        for model in evaluation.models
    }


def test_places_are_told_apart() -> None:
    assert Place(0, 1) == Place(0, 1, 0) != Place(1, 0)


async def test_the_control_set_is_asked_beside_and_shows_what_was_forgotten(
    evaluations: Evaluations, runs: EvaluationRuns, stand_in: StandInProvider, store: SqlEvaluationStore
) -> None:
    references = {one.item.messages[-1].content: one.item.reference for one in control_items()}

    def answer(body: dict[str, Any]) -> str:
        known = references.get(body["messages"][-1]["content"])
        return "good" if known is None or body["model"] == TUNED else known

    stand_in.answer_to = answer
    done = await finished(evaluations, runs, msgspec.structs.replace(BOTH, control=True))
    assert len(stand_in.chats) == 60 + 2 * len(references)
    result = await evaluations.result(a_caller(), done.id)
    assert result.n == 30
    assert result.control is not None
    assert result.control.n == len(references)
    base, tuned = result.control.scores
    assert base.estimate.value is not None
    assert base.estimate.value > 0.9
    assert (tuned.estimate.value or 0) < 0.2
    assert result.control.gains[0].compared.verdict is Verdict.WORSE
    await store.forget_file(done.file)
    again = await finished(evaluations, runs, msgspec.structs.replace(BOTH, control=True, seed=1))
    assert len(stand_in.chats) == 2 * (60 + len(references)), "answers to the control set belong to no file"
    assert again.id != done.id


async def test_a_repeated_evaluation_asks_anew_and_tells_of_drift(
    evaluations: Evaluations,
    runs: EvaluationRuns,
    stand_in: StandInProvider,
    store: SqlEvaluationStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    validation: Dataset,
    authority: Authority,
) -> None:
    now = [0.0]
    repeats = EvaluationRepeats(store, datasets, Owners(), authority, lambda: now[0])
    done = await finished(evaluations, runs)
    await evaluations.repeat(a_caller(key="a/1", at=0.0), done.id, 7)
    now[0] = 6.9 * 86_400
    await repeats.tick()
    assert await store.due() == []
    now[0] = 30 * 86_400.0
    stand_in.answer_to = lambda body: "good"
    await repeats.tick()
    await repeats.tick()
    (again,) = await store.due()
    await runs.work(again)
    assert len(stand_in.chats) == 120, "it was asked anew"
    result = await evaluations.result(a_caller(), again)
    assert [result.drift[model].verdict for model in (MODEL, TUNED)] == [Verdict.CANNOT_TELL, Verdict.WORSE]
    repeat = await evaluations.repeated(a_caller(), done.id)
    assert repeat is not None
    assert (repeat.next_at, repeat.last, repeat.done) == (37 * 86_400, again, 1)
    await datasets.update(validation.id, lambda known: msgspec.structs.replace(known, deleted_at=1.0))
    now[0] = 40 * 86_400.0
    await repeats.tick()
    assert await store.due() == []
    assert await evaluations.repeated(a_caller(), done.id) is None, "there is nothing to ask any more"


class Owners:
    """People as Slack tells of them: `is_known` is an error where it does not."""

    def __init__(self, actor: Actor = ANA, is_known: Exception | None = None, members: Collection[str] = ()) -> None:
        self.known_as, self.is_known, self.members = actor, is_known, members

    async def actor(self, user: str) -> Actor:
        if self.is_known is not None:
            raise self.is_known
        return self.known_as

    async def is_in(self, channel: str, user: str) -> bool:
        return user in self.members


@pytest.mark.parametrize(
    ("people", "why"),
    [
        (Owners(msgspec.structs.replace(ANA, deactivated=True)), "evaluates_no_more"),
        (Owners(msgspec.structs.replace(ANA, role=Role.VIEWER)), "evaluates_no_more"),
        (Owners(is_known=Denied("who_is_unknown", slack="user_not_found")), "evaluates_no_more"),
        (Owners(members=["U0BEN"]), "left_the_channel"),
        (Owners(is_known=PostRefused("not_in_channel")), "not_in_its_channel"),
    ],
)
async def test_an_evaluation_is_repeated_no_more_once_its_owner_may_not_have_it(
    evaluations: Evaluations,
    runs: EvaluationRuns,
    store: SqlEvaluationStore,
    datasets: SqlDatasetStore,
    database: Database,
    authority: Authority,
    people: Owners,
    why: str,
) -> None:
    done = await finished(evaluations, runs, origin=Origin("T0ACME", CHANNEL, True, "5.0"))
    await evaluations.repeat(a_caller(key="a/1", at=0.0), done.id, 7)
    await EvaluationRepeats(store, datasets, people, authority, lambda: 8 * 86_400.0).tick()
    assert await store.due() == []
    assert await store.repeat(done.id) is None
    (told,) = await all_notices(database)
    assert told.body == RepeatEnded(why)
    assert (told.channel, told.thread_ts) == (
        (ANA.user, None) if why == "not_in_its_channel" else (done.channel, "5.0")
    )
    (*_, last) = [one for one in await SqlAuditLog(database).about(done.id) if one.action == "repeat evaluation"]
    assert (last.actor, last.outcome, last.details) == (ANA.user, Outcome.REFUSED, why)


@pytest.mark.parametrize("trouble", [PostError("timeout"), Denied("who_is_unknown", slack="fatal_error")])
async def test_a_repetition_waits_while_slack_does_not_tell_who_its_owner_is(
    evaluations: Evaluations,
    runs: EvaluationRuns,
    store: SqlEvaluationStore,
    datasets: SqlDatasetStore,
    authority: Authority,
    trouble: Exception,
) -> None:
    people = Owners(is_known=trouble)
    done = await finished(evaluations, runs)
    await evaluations.repeat(a_caller(key="a/1", at=0.0), done.id, 7)
    repeats = EvaluationRepeats(store, datasets, people, authority, lambda: 8 * 86_400.0)
    await repeats.tick()
    assert await store.due() == []
    people.is_known = None
    await repeats.tick()
    assert len(await store.due()) == 1
