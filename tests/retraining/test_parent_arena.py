"""A new model meets the one that it went on from."""

import pytest

from bot.access import Actor
from bot.compare.arenas import Arenas
from bot.errors import Conflict, NotFound
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.retraining.parent_arena import ParentArenas
from bot.store.comparisons import SqlComparisonStore
from tests.parts import CHANNEL, MODEL
from tests.retraining.conftest import PARENT, PRIVATE, World, chat, pair
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

NEXT = f"ft:{MODEL}:acme:voice-2:2"
HERE = Origin("T0ACME", CHANNEL, False)
BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
def meeting(world: World, arenas: Arenas, stand_in: StandInProvider) -> ParentArenas:
    stand_in.tuned += [PARENT, NEXT]
    return ParentArenas(world.jobs, JobLookup(world.jobs, world.authority), world.datasets, arenas, world.authority)


async def test_it_is_opened_once_in_a_channel_whoever_presses(
    world: World, meeting: ParentArenas, store: SqlComparisonStore
) -> None:
    await world.file("old", *(chat(f"Old {n}?", "Old.") for n in range(20)))
    await world.file("held-out", chat("Held out?", "Yes."))
    await world.trained(PARENT, "old", validation_dataset_id="held-out")
    job = await world.trained(NEXT, "old", PARENT, parent=PARENT)
    opened = await meeting.open(a_caller(), HERE, job.id)
    assert (opened.models, opened.owner) == ((NEXT, PARENT), ANA.user)
    assert [question.text for question in await store.questions(opened.id)] == ["Held out?"], "what nobody learned from"
    assert await meeting.open(a_caller(BEN, key="press/2"), HERE, job.id) == opened
    elsewhere = a_caller(BEN, "C0OTHER", key="press/3")
    assert await meeting.open(elsewhere, Origin("T0ACME", "C0OTHER", False), job.id) != opened
    assert len(await store.arenas(CHANNEL)) == 1


async def test_without_held_out_examples_the_prompts_are_the_parents(
    world: World, meeting: ParentArenas, store: SqlComparisonStore
) -> None:
    await world.file("old", *(chat(f"Old {n}?", "Old.") for n in range(20)))
    await world.file("new", pair("Which?", "This.", "That."), format="preference")
    await world.trained(PARENT, "old")
    job = await world.trained(NEXT, "new", PARENT, parent=PARENT)
    questions = await store.questions((await meeting.open(a_caller(), HERE, job.id)).id)
    assert len(questions) == 10
    assert all(question.text.startswith("Old ") for question in questions)


async def test_prompts_of_a_private_file_are_not_shown_elsewhere(world: World, meeting: ParentArenas) -> None:
    await world.file("old", chat("Secret?", "Yes."), channel=PRIVATE)
    await world.trained(PARENT, "old")
    job = await world.trained(NEXT, "old", PARENT, parent=PARENT)
    with pytest.raises(Conflict, match="no_prompts_for_parent"):
        await meeting.open(a_caller(), HERE, job.id)


async def test_a_private_job_and_one_without_a_parent_meet_nobody(world: World, meeting: ParentArenas) -> None:
    hidden = await world.trained(NEXT, None, PARENT, parent=PARENT, channel=PRIVATE)
    with pytest.raises(NotFound):
        await meeting.open(a_caller(BEN), HERE, hidden.id)
    first = await world.trained(PARENT, None)
    with pytest.raises(Conflict, match="no_parent"):
        await meeting.open(a_caller(), HERE, first.id)
