"""What a teacher wrote is looked over by sample: kept, edited, dropped, asked for again; then it is a collection."""

import msgspec
import pytest

from bot.access import Actor
from bot.authority import Authority
from bot.errors import Conflict, Invalid
from bot.evaluations.run import RunState
from bot.generation.generation import Draft, Generation, State, Why
from bot.generation.generations import Generations
from bot.generation.keeping import GeneratedCollections
from bot.generation.review import GenerationReview
from bot.generation.runs import GenerationRuns
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.generations import SqlGenerationStore
from tests.generation.conftest import Started, Teacher
from tests.slack_requests import ANA, a_caller

BEN = a_caller(Actor("U0BEN", "T0ACME"), key="review/ben")


@pytest.fixture
def review(store: SqlGenerationStore, generations: Generations) -> GenerationReview:
    return GenerationReview(store, generations)


@pytest.fixture
async def written(started: Started, generation_runs: GenerationRuns) -> Generation:
    generation = await started(8, system="You are terse.")
    await generation_runs.work(generation.id)
    return generation


async def first(review: GenerationReview, written: Generation) -> Draft:
    return (await review.sample(BEN, written.id))[0]


async def test_a_sample_stays_the_same_until_somebody_has_looked_at_it(
    review: GenerationReview, written: Generation
) -> None:
    sample = await review.sample(BEN, written.id, 3)
    assert await review.sample(BEN, written.id, 3) == sample
    await review.keep(BEN, written.id, sample[0].number, sample[0].version)
    again = await review.sample(BEN, written.id, 3)
    assert again[:2] == sample[1:]
    assert await review.reviewed(BEN, written.id) == (1, 8)


async def test_an_edited_example_has_the_new_words_and_nobody_overwrites_them_unseen(
    review: GenerationReview, written: Generation, store: SqlGenerationStore
) -> None:
    one = await first(review, written)
    edited = await review.edit(BEN, written.id, one.number, one.version, "Is it free? ", " Yes.")
    assert await store.draft(written.id, one.number) == edited
    assert (edited.question, edited.answer, edited.reviewer, edited.editors) == (
        "Is it free?",
        "Yes.",
        "U0BEN",
        ("U0BEN",),
    )
    with pytest.raises(Conflict, match="draft_changed"):
        await review.drop(a_caller(), written.id, one.number, one.version)
    with pytest.raises(Invalid, match="not_an_example"):
        await review.edit(BEN, written.id, one.number, edited.version, "Is it free?", "")


async def test_an_example_that_several_have_edited_holds_the_words_of_all_of_them(
    review: GenerationReview, written: Generation
) -> None:
    one = await first(review, written)
    edited = await review.edit(BEN, written.id, one.number, one.version, "Is it free?", "Yes.")
    edited = await review.edit(a_caller(), written.id, one.number, edited.version, "Is it free of charge?", "Yes.")
    assert edited.editors == ("U0BEN", ANA.user)
    again = await review.again(a_caller(), written.id, one.number, edited.version)
    assert (again.question, again.editors) == ("Is it free of charge?", ("U0BEN", ANA.user))


async def test_a_dropped_example_is_made_up_for_by_none(
    review: GenerationReview, written: Generation, generation_runs: GenerationRuns, store: SqlGenerationStore
) -> None:
    one, other = await review.sample(BEN, written.id, 2)
    await review.drop(BEN, written.id, one.number, one.version)
    await review.again(BEN, written.id, other.number, other.version)
    await generation_runs.work(written.id)
    counts = await generation_runs.counts(written)
    assert (counts.kept, counts.dropped) == (7, {Why.BY_PERSON: 1})


async def test_asking_again_has_the_teacher_answer_the_same_question_anew(
    review: GenerationReview,
    written: Generation,
    generation_runs: GenerationRuns,
    store: SqlGenerationStore,
    teacher: Teacher,
) -> None:
    one = await first(review, written)
    teacher.answers = {one.question: "Better."}
    await review.again(BEN, written.id, one.number, one.version)
    run = await store.get(written.id)
    assert run is not None
    assert run.state is RunState.RUNNING
    await generation_runs.work(written.id)
    now = await store.draft(written.id, one.number)
    assert now is not None
    assert (now.question, now.answer, now.state) == (one.question, "Better.", State.KEPT)
    run = await store.get(written.id)
    assert run is not None
    assert run.state is RunState.FINISHED


async def test_a_run_does_not_end_while_somebody_has_an_answer_asked_for_again(
    review: GenerationReview, written: Generation, generation_runs: GenerationRuns, store: SqlGenerationStore
) -> None:
    one = await first(review, written)
    await review.again(BEN, written.id, one.number, one.version)
    # It had found nothing to do just before.
    assert await store.set_result(written.id, b"{}", 1.0) is None
    assert await store.due() == [written.id]
    await generation_runs.work(written.id)
    done = await store.get(written.id)
    assert done is not None
    assert done.state is RunState.FINISHED
    assert (await generation_runs.counts(done)).kept == 8


async def test_a_request_that_is_worked_on_again_does_nothing_twice(
    review: GenerationReview, written: Generation, store: SqlGenerationStore
) -> None:
    one = await first(review, written)
    asked = await review.again(BEN, written.id, one.number, one.version)
    retry = msgspec.structs.replace(BEN, is_retry=True)
    assert await review.again(retry, written.id, one.number, one.version) == asked
    assert asked.take == 1


async def test_nothing_is_kept_while_an_answer_is_asked_for_again(
    review: GenerationReview,
    written: Generation,
    store: SqlGenerationStore,
    generation_runs: GenerationRuns,
    generations: Generations,
    database: Database,
    authority: Authority,
) -> None:
    collections = SqlCollectionStore(database)
    keeping = GeneratedCollections(store, generations, collections, authority)
    one = await first(review, written)
    await review.again(BEN, written.id, one.number, one.version)
    with pytest.raises(Conflict, match="run_state"):
        await keeping.keep(a_caller(), written.id, "Refunds", "")
    await generation_runs.work(written.id)
    made = await keeping.keep(a_caller(), written.id, "Refunds", "")
    assert len(await collections.examples(made.id)) == 8


async def test_what_is_kept_becomes_a_collection_with_a_note_of_how_it_was_made(
    review: GenerationReview,
    written: Generation,
    store: SqlGenerationStore,
    generations: Generations,
    database: Database,
    authority: Authority,
) -> None:
    collections = SqlCollectionStore(database)
    keeping = GeneratedCollections(store, generations, collections, authority)
    one, other = await review.sample(BEN, written.id, 2)
    await review.drop(BEN, written.id, one.number, one.version)
    await review.edit(BEN, written.id, other.number, other.version, "Is it free?", "Yes.")
    made = await keeping.keep(a_caller(), written.id, "Refunds", "Written by a teacher.")
    assert (made.name, made.owner, made.licence) == ("Refunds", ANA.user, "Written by a teacher.")
    examples = await collections.examples(made.id)
    assert len(examples) == 7
    assert {one.origin for one in examples} == {"generated"}
    said = [msgspec.json.decode(one.line)["messages"] for one in examples]
    assert {messages[0]["content"] for messages in said} == {"You are terse."}
    [edited] = [one for one in examples if "Is it free?" in one.line]
    assert edited.contributors == ("U0BEN",)
    assert await keeping.keep(a_caller(key="keep/2"), written.id, "Other", "") == made
    assert len(await collections.examples(made.id)) == 7
