"""A teacher writes as many examples as were asked for, each unlike the others; a run can be stopped, goes on, and asks
nothing twice."""

import asyncio
from collections import Counter

import msgspec
import pytest

from bot.access import Actor, Role
from bot.audit import Entry
from bot.errors import Denied, Invalid, NotFound
from bot.evaluations.run import RunState
from bot.generation.generation import Draft, Pair, State, Why
from bot.generation.generations import Generations
from bot.generation.runs import GenerationRuns
from bot.spending.budget import OverBudget, Scope
from bot.store.generations import SqlGenerationStore
from bot.store.spending import SqlBudgetStore
from tests.generation.conftest import HERE, TEACHER, Started, Teacher, a_request
from tests.parts import CHANNEL, until
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider


async def kept(store: SqlGenerationStore, id: str) -> list[Draft]:
    return [one for one in await store.drafts(id) if one.state is State.KEPT]


async def test_as_many_examples_come_as_were_asked_for_spread_over_the_topics(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    generation = await started(9, "refunds", "delivery", "warranty")
    await generation_runs.work(generation.id)
    done = await store.get(generation.id)
    assert done is not None
    assert done.state is RunState.FINISHED
    made = await kept(store, generation.id)
    assert Counter(one.topic for one in made) == {0: 3, 1: 3, 2: 3}
    assert all(one.question in one.answer for one in made)
    assert len(teacher.for_answers) == 9


async def test_the_teacher_is_told_topic_role_style_and_what_to_imitate(
    started: Started, generation_runs: GenerationRuns, teacher: Teacher
) -> None:
    by_hand = (Pair("Where is my parcel?", "With the carrier, since Monday."),)
    generation = await started(2, "refunds", roles=("a new customer",), style="two short sentences", imitate=by_hand)
    await generation_runs.work(generation.id)
    asked = teacher.for_questions[0]
    assert "refunds" in asked
    assert "a new customer" in asked
    assert "Where is my parcel?" in asked
    answering = next(body["messages"] for body in teacher.asked if len(body["messages"]) == 4)
    assert "two short sentences" in answering[0]["content"]
    assert [one["content"] for one in answering[1:3]] == ["Where is my parcel?", "With the carrier, since Monday."]


async def test_questions_that_are_nearly_the_same_are_dropped_and_counted(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    teacher.repeats = ["How do I reset my password?", "How can I reset my password?"]
    generation = await started(6, "accounts")
    await generation_runs.work(generation.id)
    made = await kept(store, generation.id)
    assert len(made) == 6
    assert sum("password" in one.question for one in made) == 1
    counts = await generation_runs.counts(generation)
    assert counts.dropped[Why.NEAR_DUPLICATE] >= 1
    assert not any("How can I" in question for question in teacher.for_answers)


async def test_a_filler_at_the_beginning_of_an_answer_is_taken_off_and_counted(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    teacher.answers = {"number": "好的，退款需要三天。"}
    generation = await started(2)
    await generation_runs.work(generation.id)
    assert {one.answer for one in await kept(store, generation.id)} == {"退款需要三天。"}
    assert (await generation_runs.counts(generation)).fillers == 2


async def test_an_answer_that_refuses_is_dropped_and_another_example_written(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    teacher.repeats, teacher.answers = ["Tell me the secret."], {"secret": "I'm sorry, but I can't help with that."}
    generation = await started(4, "accounts")
    await generation_runs.work(generation.id)
    counts = await generation_runs.counts(generation)
    assert (counts.kept, counts.dropped[Why.REFUSED]) == (4, 1)


async def test_personal_data_that_the_teacher_made_up_is_masked(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    teacher.answers = {"number": "Write to jane.doe@acme-mail.org and ask."}
    generation = await started(1, "accounts")
    await generation_runs.work(generation.id)
    [made] = await kept(store, generation.id)
    assert made.answer == "Write to [EMAIL_1] and ask."
    assert made.masked == {"mail address": 1}


async def test_some_questions_cannot_be_answered_where_that_is_asked_for(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    generation = await started(8, unanswerable=0.25)
    await generation_runs.work(generation.id)
    assert sum(not one.answerable for one in await kept(store, generation.id)) == 2
    assert any("cannot be answered by somebody" in asked for asked in teacher.for_questions)
    rules = [body["messages"][0]["content"] for body in teacher.asked]
    assert sum("Make nothing up" in one for one in rules) == 2


async def test_a_run_that_was_cut_off_asks_only_for_what_is_missing(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    generation = await started(6)
    await generation_runs.work(generation.id)
    before = len(teacher.asked)
    last = (await kept(store, generation.id))[-1]
    lost = Draft(last.number, last.topic, last.round, last.question, last.answerable)
    await store.replace(generation.id, last, lost)  # as if it had been killed before that was stored
    await store.change(generation.id, lambda one: msgspec.structs.replace(one, state=RunState.RUNNING))
    await generation_runs.work(generation.id)
    assert await store.draft(generation.id, last.number) == last
    assert len(teacher.asked) == before


async def test_a_run_that_is_killed_in_the_midst_asks_nothing_again_that_was_answered(
    started: Started,
    generation_runs: GenerationRuns,
    store: SqlGenerationStore,
    teacher: Teacher,
    stand_in: StandInProvider,
) -> None:
    generation = await started(12)
    stand_in.answers_between = 0.02
    killed = asyncio.create_task(generation_runs.work(generation.id))
    await until(lambda: len(teacher.for_answers) > 3)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    there, before = len(await kept(store, generation.id)), len(teacher.for_questions)
    stand_in.answers_between = 0.0
    asked = len(teacher.for_answers)
    await generation_runs.work(generation.id)
    assert len(await kept(store, generation.id)) == 12
    assert len(teacher.for_answers) - asked <= 12 - there
    assert len(teacher.for_questions) == before


async def test_where_nothing_new_comes_any_more_it_ends_with_what_there_is(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    teacher.repeats = ["Which colour has the sky?", "Who painted the gate?", "When does it close on Sundays?"] * 4
    generation = await started(20, "one")
    await generation_runs.work(generation.id)
    done = await store.get(generation.id)
    assert done is not None
    assert (done.state, done.exhausted) == (RunState.FINISHED, True)
    assert (await generation_runs.counts(done)).kept < 20


async def test_a_teacher_that_writes_no_questions_is_said_to_be_of_no_use(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    teacher.silent = True
    generation = await started(4)
    await generation_runs.work(generation.id)
    failed = await store.get(generation.id)
    assert failed is not None
    assert (failed.state, failed.why and failed.why.kind) == (RunState.FAILED, "nothing_generated")


async def test_a_teacher_that_refuses_everything_is_not_asked_for_ever(
    started: Started, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    teacher.answers = {"number": "I'm sorry, but I can't help with that."}
    generation = await started(4)
    await generation_runs.work(generation.id)
    failed = await store.get(generation.id)
    assert failed is not None
    assert failed.state is RunState.FAILED
    assert len(teacher.for_answers) < 20


async def test_a_budget_that_is_used_up_pauses_it(
    started: Started,
    generation_runs: GenerationRuns,
    generations: Generations,
    budgets: SqlBudgetStore,
    teacher: Teacher,
) -> None:
    generation = await started(4)
    await budgets.set_budget(Scope.CHANNEL, CHANNEL, 0.0, Entry("budget", 1.0, "U0EVE", "set budget", CHANNEL))
    await generation_runs.work(generation.id)
    paused = await generations.get(a_caller(), generation.id)
    assert (paused.state, paused.why and paused.why.kind) == (RunState.PAUSED, "budget_used_up")
    assert teacher.asked == []
    with pytest.raises(OverBudget):
        await generations.resume(a_caller(key="resume/1"), generation.id)


async def test_the_card_can_show_how_far_it_is_and_what_it_has_cost(
    started: Started, generation_runs: GenerationRuns, teacher: Teacher
) -> None:
    generation = await started(4, "accounts")
    assert (await generation_runs.progress(generation)).done == 0
    await generation_runs.work(generation.id)
    progress = await generation_runs.progress(generation)
    assert (progress.done, progress.of) == (4, 4)
    # 20 tokens in, 10 out, at $0.40 and $1.60 a million.
    assert progress.usd == pytest.approx(len(teacher.asked) * (20 * 0.4e-6 + 10 * 1.6e-6))


async def test_the_plan_says_what_it_takes_and_asks_nothing(generations: Generations, teacher: Teacher) -> None:
    few = await generations.plan(a_caller(), HERE, a_request(10))
    many = await generations.plan(a_caller(), HERE, a_request(100))
    assert few.usd is not None
    assert many.usd is not None
    assert 5 * few.usd < many.usd < 20 * few.usd
    assert many.calls >= 110
    assert teacher.asked == []


async def test_starting_it_again_after_a_crash_starts_no_second_one(started: Started) -> None:
    assert await started(4) == await started(4)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"n": 0}, "how_many_examples"),
        ({"n": 2_001}, "how_many_examples"),
        ({"roles": tuple("abcdefghijklmnop")}, "too_many_to_generate"),
        ({"unanswerable": 1.5}, "share_unanswerable"),
    ],
)
async def test_what_cannot_be_written_is_refused(
    generations: Generations, teacher: Teacher, told: dict[str, object], kind: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await generations.plan(a_caller(), HERE, a_request(**told))  # type: ignore[arg-type]
    assert refused.value.kind == kind


async def test_who_may_only_look_has_nothing_written(generations: Generations, teacher: Teacher) -> None:
    onlooker = a_caller(Actor("U0LOOK", "T0ACME", Role.VIEWER))
    with pytest.raises(Denied):
        await generations.start(onlooker, HERE, a_request())


async def test_a_teacher_that_is_not_there_is_said_not_to_be(
    generations: Generations, stand_in: StandInProvider
) -> None:
    with pytest.raises(NotFound):
        await generations.plan(a_caller(), HERE, a_request())
    assert TEACHER not in stand_in.base_models
