"""Which model the next one goes on from, and what it is trained on."""

import msgspec
import pytest

from bot.access import Actor, Role
from bot.audit import Entry
from bot.errors import Conflict, Denied, NotFound
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Loss
from bot.providers.protocol import Checkpoint
from tests.parts import MODEL, a_report
from tests.retraining.conftest import PARENT, PRIVATE, World, chat, pair
from tests.slack_requests import ANA, a_caller

OLD = [chat(f"Old question {n}?", "Old.") for n in range(10)]
NEW = [chat(f"New question {n}?", "New.") for n in range(3)]
ERASED = Entry("erase", 1.0, ANA.user, "withdraw", ANA.user)


async def test_what_was_corrected_goes_with_what_the_model_was_trained_on_each_once(world: World) -> None:
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    await world.collection(*NEW, NEW[0], OLD[3], model=PARENT)
    dataset, lines = await world.made()
    assert sorted(lines) == sorted([*OLD, *NEW])
    assert (dataset.parent, dataset.derived_from, dataset.thread_ts) == (PARENT, "old", "5.0")


async def test_made_again_after_a_crash_it_is_the_same_whatever_was_added_meanwhile(world: World) -> None:
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    await world.collection(*NEW, model=PARENT)
    dataset, lines = await world.made()
    await world.example("late", chat("Late?", "Yes."))
    assert await world.made() == (dataset, lines)
    exported = [one for one in await world.audit.about("col-1") if one.action == "export collection"]
    assert [one.details for one in exported] == [dataset.id]


async def test_a_correction_takes_the_place_of_the_old_answer_to_the_same_question(world: World) -> None:
    await world.file("old", *OLD, chat("When do you open?", "At ten."))
    await world.trained(PARENT, "old")
    await world.collection(chat("When do you open?", "At nine."), model=PARENT)
    _, lines = await world.made()
    assert [line for line in lines if "open" in line] == [chat("When do you open?", "At nine.")]


async def test_what_judged_the_parent_judges_the_next_model_and_is_not_trained_on(world: World) -> None:
    await world.file("old", *OLD)
    await world.file("held-out", NEW[0])
    await world.trained(PARENT, "old", validation_dataset_id="held-out")
    await world.collection(*NEW, model=PARENT)
    dataset, lines = await world.made()
    assert dataset.validation == "held-out"
    assert sorted(lines) == sorted([*OLD, *NEW[1:]])


async def test_the_next_after_the_next_holds_all_that_led_to_it(world: World) -> None:
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    await world.collection(*NEW, model=PARENT)
    second, _ = await world.made()
    await world.datasets.update(second.id, lambda one: msgspec.structs.replace(one, report=a_report()))
    await world.trained("ft:second", second.id, PARENT)
    await world.example("third", chat("A third one?", "Yes."), model=PARENT)
    dataset, lines = await world.made(key="press/2")
    assert dataset.parent == "ft:second", "the newest that learned from it"
    assert sorted(lines) == sorted([*OLD, *NEW, chat("A third one?", "Yes.")])
    learned = await world.learned.models_of(["col-1-0"])
    assert set(learned) == {"ft:second"}


async def test_what_was_erased_since_or_changed_is_not_learned_again_from_the_old_file(world: World) -> None:
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    await world.collection(*NEW, model=PARENT)
    second, _ = await world.made()
    await world.datasets.update(second.id, lambda one: msgspec.structs.replace(one, report=a_report()))
    # It was split, too: the part has no mark of its own that it holds examples of people's.
    await world.file("part", *OLD, *NEW, derived_from=second.id)
    await world.trained("ft:second", "part", PARENT)
    await world.collections.erase(["col-1-0"], ERASED)
    changed = chat("New question 1?", "Newer.")
    await world.example("col-1-1", changed, model=PARENT)
    dataset, lines = await world.made(key="press/2")
    assert dataset.parent == "ft:second"
    assert sorted(lines) == sorted([*OLD, changed, NEW[2]])
    assert dataset.id in await world.collections.datasets_with(["col-1-1"])


async def test_without_a_fine_tuned_model_the_set_alone_is_trained_on(world: World) -> None:
    await world.collection(*OLD)
    dataset, lines = await world.made()
    assert (dataset.parent, dataset.derived_from) == (None, None)
    assert lines == OLD


async def test_too_few_examples_and_no_old_ones_are_refused(world: World) -> None:
    await world.collection(*NEW, model=PARENT)
    with pytest.raises(Conflict, match="too_few_examples"):
        await world.made()


async def test_preference_pairs_are_trained_on_alone_after_a_model_of_chats(world: World) -> None:
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    pairs = [pair(f"Which {n}?", "This.", "That.") for n in range(10)]
    await world.collection(*pairs, NEW[0], model=PARENT)
    plan = await world.next_models.plan(a_caller(), "col-1")
    assert (plan.format, plan.left_out, plan.old_file) == ("preference", 1, None)
    dataset, lines = await world.made()
    assert (dataset.parent, lines) == (PARENT, pairs)


async def test_a_model_that_answers_no_more_is_not_gone_on_from(world: World) -> None:
    await world.file("old", *OLD)
    await world.trained(PARENT, "old")
    await world.trained("ft:lost", "old", PARENT, lost_models={"ft:lost": Loss.MISSING})
    await world.collection(*NEW, model="ft:lost")
    await world.example("one", chat("One?", "One."), model=PARENT)
    assert (await world.next_models.plan(a_caller(), "col-1")).parent == PARENT


async def test_a_checkpoint_is_gone_on_from_only_where_nobody_talks_to_what_its_job_made_in_the_end(
    world: World,
) -> None:
    await world.file("old", *OLD)
    checkpoint = f"{PARENT}:ckpt-step-5"
    made = [Checkpoint("ckpt-1", checkpoint, 5)]
    job = await world.trained(PARENT, "old")
    await world.jobs.update(job.id, lambda stored: JobUpdate(stored, checkpoints=made, followed=False))
    await world.collection(*NEW, model=checkpoint)
    assert (await world.next_models.plan(a_caller(), "col-1")).parent == checkpoint
    await world.example("one", chat("One?", "One."), model=PARENT)
    assert (await world.next_models.plan(a_caller(), "col-1")).parent == PARENT


async def test_a_private_model_and_file_are_used_in_their_own_channel_only(world: World) -> None:
    await world.file("old", *OLD, channel=PRIVATE)
    await world.trained(PARENT, "old", channel=PRIVATE)
    await world.collection(*OLD[:9], *NEW, model=PARENT)
    plan = await world.next_models.plan(a_caller(), "col-1")
    assert (plan.parent, plan.old_file) == (None, None)
    here = a_caller(channel=PRIVATE)
    dataset = await world.next_models.make(here, await world.next_models.plan(here, "col-1"), "5.0", private=True)
    assert (dataset.parent, dataset.channel_private, dataset.channel) == (PARENT, True, PRIVATE)


async def test_a_private_set_is_trained_on_nowhere_else(world: World) -> None:
    await world.collection(*OLD, channel=PRIVATE)
    with pytest.raises(NotFound):
        await world.next_models.plan(a_caller(Actor("U0BEN", "T0ACME")), "col-1")
    with pytest.raises(Denied, match="seen_by_too_many"):
        await world.next_models.plan(a_caller(), "col-1")


async def test_whoever_may_only_look_trains_nothing(world: World) -> None:
    await world.collection(*OLD)
    with pytest.raises(Denied):
        await world.next_models.plan(a_caller(Actor("U0EVE", "T0ACME", Role.VIEWER)), "col-1")


async def test_an_old_file_that_was_deleted_is_done_without(world: World) -> None:
    await world.file("old", *OLD, deleted_at=2.0)
    await world.trained(PARENT, "old", MODEL)
    await world.collection(*OLD[:8], *NEW, model=PARENT)
    dataset, lines = await world.made()
    assert (dataset.parent, len(lines)) == (PARENT, 11)
