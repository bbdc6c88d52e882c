"""Who takes back their words takes them out of the threads that a teacher writes from, and out of what it wrote."""

import asyncio

import msgspec

from bot.access import Actor
from bot.authority import Authority
from bot.collections.learned import LearnedModels
from bot.collections.withdrawal import Withdrawal
from bot.evaluations.run import RunState
from bot.generation.generation import Draft, GenerationRequest, State, Topic, Why
from bot.generation.generations import Generations
from bot.generation.keeping import GeneratedCollections
from bot.generation.runs import GenerationRuns
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.feedback import SqlRatingStore
from bot.store.generations import SqlGenerationStore
from bot.store.jobs import SqlJobStore
from tests.generation.conftest import HERE, Teacher, a_request
from tests.parts import until
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

BEN = a_caller(Actor("U0BEN", "T0ACME"), key="withdraw/ben")
THREAD = Topic("A parcel", "My parcel did not arrive.", ("U0BEN", "U0EVE"))


def of_a_thread(n: int) -> GenerationRequest:
    wanted = a_request(n)
    return msgspec.structs.replace(wanted, topics=(THREAD, Topic("delivery")), source="ab" * 32, source_name="day.json")


async def test_words_that_are_taken_back_are_nowhere_any_more(
    generations: Generations,
    generation_runs: GenerationRuns,
    store: SqlGenerationStore,
    database: Database,
    authority: Authority,
    teacher: Teacher,
) -> None:
    collections = SqlCollectionStore(database)
    learned = LearnedModels(collections, SqlDatasetStore(database), SqlJobStore(database), authority)
    withdrawal = Withdrawal(collections, SqlRatingStore(database), store, learned, authority)
    generation = await generations.start(a_caller(key="generate/1"), HERE, of_a_thread(6))
    await generation_runs.work(generation.id)
    made = await GeneratedCollections(store, generations, collections, authority).keep(
        a_caller(), generation.id, "A", ""
    )
    assert len(await collections.examples(made.id)) == 6

    gone = await withdrawal.withdraw(BEN, "U0BEN")
    assert (gone.examples, gone.threads) == (3, 1)
    assert not await withdrawal.look(BEN, "U0BEN")

    assert [one.contributors for one in await collections.examples(made.id)] == [(), (), ()]
    assert await store.topics(generation.id) == [Topic("", forgotten=True), Topic("delivery")]
    drafts = await store.drafts(generation.id)
    erased = [one for one in drafts if one.topic == 0 and not one.is_like_another_question]
    assert {(one.question, one.answer, one.why) for one in erased} == {("", "", Why.WITHDRAWN)}
    assert sum(one.state is State.KEPT for one in drafts) == 3


async def test_nothing_is_asked_any_more_about_a_thread_that_was_taken_back(
    generations: Generations, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    generation = await generations.start(a_caller(key="generate/1"), HERE, of_a_thread(4))
    await store.forget_words("U0EVE")
    await store.add(generation.id, [Draft(0, 0, 0, "Where is my parcel?")])  # its round was under way
    await generation_runs.work(generation.id)
    done = await store.get(generation.id)
    assert done is not None
    assert done.state is RunState.FINISHED
    assert (await generation_runs.counts(done)).kept == 4
    assert not any("parcel" in asked for asked in (*teacher.for_questions, *teacher.for_answers))


async def test_who_takes_back_their_words_in_the_midst_is_asked_about_no_more_and_nothing_of_it_stays(
    generations: Generations,
    generation_runs: GenerationRuns,
    store: SqlGenerationStore,
    database: Database,
    teacher: Teacher,
    stand_in: StandInProvider,
) -> None:
    generation = await generations.start(a_caller(key="generate/1"), HERE, of_a_thread(140))
    stand_in.answers_between = 0.02
    working = asyncio.create_task(generation_runs.work(generation.id))
    await until(lambda: len(teacher.for_answers) > 3)
    await store.forget_words("U0BEN")
    before = len([body for body in teacher.asked if "parcel" in str(body)])
    stand_in.answers_between = 0.0
    await working
    assert len([body for body in teacher.asked if "parcel" in str(body)]) - before < 35, "those that were under way"
    assert sum(one.state is State.KEPT for one in await store.drafts(generation.id)) == 140
    kept = await database.read(
        lambda db: db.execute("SELECT count(*) FROM model_answers WHERE file = ?", [generation.source]).fetchone()
    )
    assert kept[0] == 0, "also what the teacher said afterwards"


async def test_a_run_of_which_all_is_taken_back_has_not_failed(
    generations: Generations, generation_runs: GenerationRuns, store: SqlGenerationStore, teacher: Teacher
) -> None:
    wanted = msgspec.structs.replace(of_a_thread(4), topics=(THREAD,))
    generation = await generations.start(a_caller(key="generate/1"), HERE, wanted)
    await store.add(generation.id, [Draft(0, 0, 0, "Where is my parcel?")])
    await store.forget_words("U0EVE")
    await generation_runs.work(generation.id)
    done = await store.get(generation.id)
    assert done is not None
    assert done.state is RunState.FINISHED
    assert teacher.asked == []
