"""The check of a judge is a run: it says what it costs, can be stopped, goes on, and asks nothing twice."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import msgspec
import pytest

from bot.access import Actor
from bot.audit import Entry
from bot.errors import Denied, NotFound
from bot.evaluations.model_answers import ModelAnswers
from bot.evaluations.run import RunState
from bot.judges.asking import Question, Questions
from bot.judges.check import JudgeCheck, JudgeRequest
from bot.judges.checks import JudgeChecks
from bot.judges.people import JudgeReport
from bot.judges.runs import JudgeRuns
from bot.spending.budget import OverBudget, Scope
from bot.spending.model_use import ModelSpending
from bot.store.database import StoreTrouble
from bot.store.judge_checks import SqlJudgeCheckStore
from bot.store.spending import SqlBudgetStore
from tests.judges.conftest import HERE, JUDGE, OTHER, Channel
from tests.parts import CHANNEL, until
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider
from training_files import TrainingFileError

SAID = [(f"a rather longer answer {number}", f"short {number}") for number in range(5)]


async def thumbs(channel: Channel, count: int) -> None:
    for number in range(count):
        await channel.rated(number, f"good answer {number}", True)


async def started(checks: JudgeChecks, model: str = OTHER, rubric: str | None = None) -> JudgeCheck:
    return await checks.start(a_caller(key="check/1"), HERE, JudgeRequest(model, rubric))


async def test_the_plan_says_what_both_orders_and_the_rubric_cost(checks: JudgeChecks, channel: Channel) -> None:
    await thumbs(channel, 3)
    await channel.voted(SAID)
    plan = await checks.plan(a_caller(), HERE, JudgeRequest(JUDGE))
    assert (plan.answers, plan.pairs, plan.calls, plan.cached) == (3, 5, 13, 0)
    assert plan.usd is not None
    assert plan.usd > 0
    long = await checks.plan(a_caller(), HERE, JudgeRequest(JUDGE, "Is it polite? " * 1_000))
    assert long.usd is not None
    # $0.40 for a million tokens; the rubric has about 4 tokens a time, and the pairs are judged without it.
    assert long.usd - plan.usd == pytest.approx(3 * 4_000 * 0.4e-6, rel=0.1)


async def test_the_plan_names_a_judge_whose_price_nobody_knows(checks: JudgeChecks, channel: Channel) -> None:
    await thumbs(channel, 2)
    plan = await checks.plan(a_caller(), HERE, JudgeRequest(OTHER))
    assert (plan.usd, plan.unpriced) == (None, (OTHER,))


async def test_nothing_is_asked_before_it_is_started_and_nothing_twice(
    checks: JudgeChecks, judge_runs: JudgeRuns, channel: Channel, stand_in: StandInProvider
) -> None:
    await thumbs(channel, 3)
    await channel.voted(SAID)
    await checks.plan(a_caller(), HERE, JudgeRequest(OTHER))
    assert stand_in.chats == []
    check = await started(checks)
    assert await started(checks) == check
    await judge_runs.work(check.id)
    assert len(stand_in.chats) == 13
    plan = await checks.plan(a_caller(), HERE, JudgeRequest(OTHER))
    assert (plan.calls, plan.cached, plan.usd) == (0, 13, 0.0)


async def test_it_shows_how_far_it_is_and_what_it_has_cost(
    checks: JudgeChecks, judge_runs: JudgeRuns, channel: Channel, stand_in: StandInProvider
) -> None:
    await thumbs(channel, 4)
    check = await started(checks, JUDGE)
    progress = await judge_runs.progress(check)
    assert (progress.done, progress.of, progress.usd) == (0, 4, 0)
    await judge_runs.work(check.id)
    done = await checks.get(a_caller(), check.id)
    progress = await judge_runs.progress(done)
    assert (done.state, progress.done, progress.of) == (RunState.FINISHED, 4, 4)
    # 20 tokens in, 1 out, at $0.40 and $1.60 a million.
    assert progress.usd == pytest.approx(4 * (20 * 0.4e-6 + 1.6e-6))


async def test_it_is_paused_and_resumed_and_cancelled_by_who_started_it(
    checks: JudgeChecks, judge_runs: JudgeRuns, channel: Channel, stand_in: StandInProvider
) -> None:
    await thumbs(channel, 30)
    check = await started(checks)
    stand_in.answers_between = 0.02
    working = asyncio.create_task(judge_runs.work(check.id))
    await until(lambda: len(stand_in.chats) > 5)
    with pytest.raises(Denied):
        await checks.pause(a_caller(Actor("U0BEN", "T0ACME")), check.id)
    # However slow the machine is: no answer comes before the pause is noticed.
    stand_in.chat_open.clear()
    assert (await checks.pause(a_caller(key="a/1"), check.id)).state is RunState.PAUSED
    await until(lambda: judge_runs._under_way[check.id].stopped)
    stand_in.chat_open.set()
    await working
    asked = len(stand_in.chats)
    assert asked < 30
    assert 0 < (await judge_runs.progress(check)).done <= asked
    await checks.resume(a_caller(key="a/2"), check.id)
    await judge_runs.work(check.id)
    assert (await checks.get(a_caller(), check.id)).state is RunState.FINISHED
    assert len(stand_in.chats) == 30
    other = await checks.start(a_caller(key="check/2"), HERE, JudgeRequest(OTHER, "Is it polite?"))
    await checks.cancel(a_caller(key="a/3"), other.id)
    await judge_runs.work(other.id)
    assert len(stand_in.chats) == 30


async def test_it_can_be_paused_after_trouble_of_the_store(
    checks: JudgeChecks,
    check_store: SqlJudgeCheckStore,
    answers: ModelAnswers,
    spending: ModelSpending,
    channel: Channel,
    stand_in: StandInProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await thumbs(channel, 60)
    check = await started(checks)
    stand_in.answers_between = 0.02
    runs = JudgeRuns(check_store, checks.material, answers, spending, look_every=0.01)
    working = asyncio.create_task(runs.work(check.id))
    await until(lambda: len(stand_in.chats) > 0)
    refused = 0

    async def locked(*_: object) -> None:
        nonlocal refused
        refused += 1
        raise StoreTrouble("store_trouble", trouble="locked")

    with monkeypatch.context() as patched:
        patched.setattr(check_store, "get", locked)
        await until(lambda: refused > 0)
    await checks.pause(a_caller(key="a/1"), check.id)
    await working
    assert len(stand_in.chats) < 60


async def test_one_that_was_cut_off_asks_for_what_is_missing_only(
    checks: JudgeChecks,
    judge_runs: JudgeRuns,
    check_store: SqlJudgeCheckStore,
    answers: ModelAnswers,
    spending: ModelSpending,
    channel: Channel,
    stand_in: StandInProvider,
) -> None:
    await thumbs(channel, 20)
    await channel.voted(SAID)
    check = await started(checks)
    stand_in.answers_between = 0.02
    working = asyncio.create_task(judge_runs.work(check.id))
    await until(lambda: len(stand_in.chats) > 10)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    missing = await checks.plan(a_caller(), HERE, JudgeRequest(OTHER))
    assert (missing.calls + missing.cached, missing.cached > 0) == (30, True)
    stand_in.chats.clear()
    assert await check_store.due() == [check.id]
    await JudgeRuns(check_store, checks.material, answers, spending, look_every=0.01).work(check.id)
    assert len(stand_in.chats) == missing.calls
    assert (await checks.get(a_caller(), check.id)).state is RunState.FINISHED


async def test_a_used_up_budget_pauses_it_with_a_sentence_and_forbids_a_start(
    checks: JudgeChecks,
    judge_runs: JudgeRuns,
    channel: Channel,
    stand_in: StandInProvider,
    budgets: SqlBudgetStore,
) -> None:
    await thumbs(channel, 3)
    check = await started(checks, JUDGE)
    await budgets.set_budget(Scope.CHANNEL, CHANNEL, 0.0, Entry("budget", 1.0, "U0EVE", "set budget", CHANNEL))
    await judge_runs.work(check.id)
    paused = await checks.get(a_caller(), check.id)
    assert (paused.state, paused.why and paused.why.kind) == (RunState.PAUSED, "budget_used_up")
    assert stand_in.chats == []
    with pytest.raises(OverBudget):
        await checks.resume(a_caller(key="a/1"), check.id)
    with pytest.raises(OverBudget):
        await checks.start(a_caller(key="check/2"), HERE, JudgeRequest(JUDGE))


async def test_a_judge_that_answers_nothing_pauses_it(
    checks: JudgeChecks, judge_runs: JudgeRuns, channel: Channel, stand_in: StandInProvider
) -> None:
    await thumbs(channel, 3)
    stand_in.fault("POST /chat/completions", times=1_000, status=500)
    check = await started(checks)
    await judge_runs.work(check.id)
    paused = await checks.get(a_caller(), check.id)
    assert (paused.state, paused.why and paused.why.kind) == (RunState.PAUSED, "grader_judge_failed")
    stand_in.clear_faults()
    await checks.resume(a_caller(key="a/1"), check.id)
    await judge_runs.work(check.id)
    assert (await checks.get(a_caller(), check.id)).state is RunState.FINISHED


async def test_one_whose_words_people_took_back_fails_and_says_so(
    checks: JudgeChecks, judge_runs: JudgeRuns, channel: Channel
) -> None:
    await channel.rated(1, "good answer", True)
    check = await started(checks)
    await channel.ratings.forget("U0", Entry("forget", 1.0, "U0", "withdraw", "U0"))
    await judge_runs.work(check.id)
    failed = await checks.get(a_caller(), check.id)
    assert (failed.state, failed.why and failed.why.kind) == (RunState.FAILED, "no_golden_set")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotFound("copy_gone", file="a.jsonl"), "copy_gone"),
        (TrainingFileError("no_example", name="a.jsonl"), "no_example"),
    ],
)
async def test_what_turns_out_to_be_gone_among_the_questions_fails_it_and_says_so(
    error: Exception,
    kind: str,
    checks: JudgeChecks,
    check_store: SqlJudgeCheckStore,
    answers: ModelAnswers,
    spending: ModelSpending,
    channel: Channel,
) -> None:
    await thumbs(channel, 2)
    check = await started(checks)

    class Gone:
        async def questions(self, check: JudgeCheck) -> Questions:
            return Questions(2, 0, "", self.each())

        async def each(self) -> AsyncGenerator[Question, None]:
            raise error
            yield

        async def report(self, check: JudgeCheck, found: Sequence[object]) -> bytes:
            raise AssertionError("nothing to report")

    await JudgeRuns(check_store, lambda _: Gone(), answers, spending, look_every=0.01).work(check.id)
    failed = await checks.get(a_caller(), check.id)
    assert (failed.state, failed.why and failed.why.kind) == (RunState.FAILED, kind)


async def test_one_of_a_private_channel_is_for_its_members(checks: JudgeChecks, channel: Channel) -> None:
    await channel.rated(1, "good answer", True, channel="G0SECRET", private=True)
    origin = msgspec.structs.replace(HERE, channel="G0SECRET", private=True)
    check = await checks.start(a_caller(channel="G0SECRET"), origin, JudgeRequest(OTHER))
    with pytest.raises(NotFound, match="run_gone"):
        await checks.get(a_caller(Actor("U0BEN", "T0ACME")), check.id)


async def test_what_it_said_in_a_private_channel_is_used_there_and_nowhere_else(
    checks: JudgeChecks, judge_runs: JudgeRuns, channel: Channel, stand_in: StandInProvider
) -> None:
    for place, private in (("G0SECRET", True), (CHANNEL, False)):
        await channel.rated(1, "good answer", True, channel=place, private=private)
    there = msgspec.structs.replace(HERE, channel="G0SECRET", private=True)
    secret = a_caller(key="secret", channel="G0SECRET")
    check = await checks.start(secret, there, JudgeRequest(OTHER))
    await judge_runs.work(check.id)
    plans = [
        await checks.plan(secret, there, JudgeRequest(OTHER)),
        await checks.plan(a_caller(), HERE, JudgeRequest(OTHER)),
    ]
    assert [(plan.calls, plan.cached) for plan in plans] == [(0, 1), (1, 0)]
    await judge_runs.work((await started(checks)).id)
    assert len(stand_in.chats) == 2


async def test_what_came_of_it_is_kept(
    checks: JudgeChecks, judge_runs: JudgeRuns, check_store: SqlJudgeCheckStore, channel: Channel
) -> None:
    await thumbs(channel, 2)
    check = await started(checks)
    await judge_runs.work(check.id)
    result = await check_store.result(check.id)
    assert result is not None
    report = msgspec.json.decode(result, type=JudgeReport)
    assert report.thumbs is not None
    assert report.thumbs.same.value == 1.0
