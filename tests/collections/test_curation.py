"""Keeping collections in order."""

from pathlib import Path

import msgspec
import pytest

from bot.access import Actor, Place
from bot.audit import Entry
from bot.collections.collection import usable
from bot.collections.selection import Filter
from bot.errors import Conflict, Denied, Invalid, NotFound
from bot.store.database import Database
from tests.collecting import ADMIN, BEN, CAI, PRIVATE, Collecting, chat_line, pair_line
from tests.slack_requests import ANA, a_caller


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Collecting:
    return Collecting(database, tmp_path / "files")


@pytest.mark.parametrize("who", [ANA, BEN, CAI, ADMIN], ids=["owner", "who added it", "who speaks in it", "admin"])
async def test_an_example_is_removed_by_those_whom_it_is_of_and_the_audit_log_knows(
    world: Collecting, who: Actor
) -> None:
    await world.collection()
    await world.example("ex-1", by="U0BEN", people=("U0CAI",))
    await world.example("ex-2")
    await world.curation.remove(a_caller(who), "col-1", "ex-1")
    assert await world.ids() == ["ex-2"]
    last = (await world.audit.about("col-1"))[-1]
    assert (last.action, last.actor, last.details) == ("remove example", who.user, "ex-1")


async def test_somebody_else_removes_nothing(world: Collecting) -> None:
    await world.collection()
    await world.example("ex-1")
    with pytest.raises(Denied):
        await world.curation.remove(a_caller(BEN), "col-1", "ex-1")
    assert await world.ids() == ["ex-1"]


async def test_what_is_gone_is_said_to_be_unless_the_same_press_removed_it(world: Collecting) -> None:
    await world.collection()
    await world.example("ex-1")
    await world.curation.remove(a_caller(), "col-1", "ex-1")
    again = msgspec.structs.replace(a_caller(), is_retry=True)
    await world.curation.remove(again, "col-1", "ex-1")
    assert (await world.acts()).count("remove example") == 1
    with pytest.raises(NotFound):
        await world.curation.remove(a_caller(key="another"), "col-1", "ex-1")


async def test_what_is_added_to_a_set_that_requires_review_is_used_once_somebody_else_accepts_it(
    world: Collecting,
) -> None:
    await world.collection()
    await world.example("ex-before")
    await world.curation.require_review(a_caller(), "col-1", True)
    added = await world.example("ex-1", by="U0BEN")

    async def used() -> list[str]:
        return [one.id for one in usable(await world.store.examples("col-1"), Place("C0TRAINING"), ())]

    assert await used() == ["ex-before"], "what was there before goes on being used"
    with pytest.raises(Denied, match="own_example"):
        await world.curation.accept(a_caller(BEN), "col-1", "ex-1", added.version)
    assert await used() == ["ex-before"]
    await world.curation.accept(a_caller(CAI), "col-1", "ex-1", added.version)
    assert await used() == ["ex-before", "ex-1"]
    assert (await world.store.examples("col-1"))[1].reviewer == "U0CAI"
    last = (await world.audit.about("col-1"))[-1]
    assert (last.action, last.actor, last.details) == ("accept example", "U0CAI", "ex-1")


async def test_an_administrator_may_accept_what_they_added_themselves(world: Collecting) -> None:
    await world.collection(review=True)
    added = await world.example("ex-1", by=ADMIN.user)
    await world.curation.accept(a_caller(ADMIN), "col-1", "ex-1", added.version)
    assert not (await world.store.examples("col-1"))[0].unreviewed


async def test_what_is_rejected_is_erased(world: Collecting) -> None:
    await world.collection(review=True)
    added = await world.example("ex-1", by="U0BEN")
    await world.curation.reject(a_caller(CAI), "col-1", "ex-1", added.version)
    assert await world.ids() == []
    assert (await world.acts())[-1] == "reject example"
    await world.curation.reject(a_caller(CAI, is_retry=True), "col-1", "ex-1", added.version)
    assert (await world.acts()).count("reject example") == 1


async def test_what_was_accepted_is_accepted_once_and_rejected_no_more(world: Collecting) -> None:
    await world.collection(review=True)
    added = await world.example("ex-1", by="U0BEN")
    await world.curation.accept(a_caller(CAI), "col-1", "ex-1", added.version)
    await world.curation.accept(a_caller(CAI, is_retry=True), "col-1", "ex-1", added.version)
    assert (await world.acts()).count("accept example") == 1
    for press in (
        world.curation.accept(a_caller(ANA, key="2"), "col-1", "ex-1", added.version),
        world.curation.reject(a_caller(ANA, key="3"), "col-1", "ex-1", added.version),
    ):
        with pytest.raises(Conflict, match="example_accepted"):
            await press
    assert await world.ids() == ["ex-1"]


async def test_nobody_accepts_or_rejects_words_that_they_have_not_seen(world: Collecting) -> None:
    await world.collection(review=True)
    seen = await world.example("ex-1", by="U0BEN")
    changed = await world.example("ex-1", by="U0BEN", line=chat_line("Something else?"), at=2.0)
    for review in (world.curation.accept, world.curation.reject):
        with pytest.raises(Conflict, match="example_changed"):
            await review(a_caller(CAI), "col-1", "ex-1", seen.version)
    await world.curation.accept(a_caller(CAI, key="2"), "col-1", "ex-1", changed.version)
    await world.example("ex-1", by="U0BEN", line=chat_line("And again?"), at=3.0)
    assert (await world.store.examples("col-1"))[0].unreviewed, "what is changed is to be reviewed again"


async def test_where_no_review_is_required_any_more_what_waits_goes_on_waiting(world: Collecting) -> None:
    await world.collection(review=True)
    await world.example("ex-1", by="U0BEN")
    await world.curation.require_review(a_caller(), "col-1", False)
    await world.example("ex-2", by="U0BEN")
    assert [one.unreviewed for one in await world.store.examples("col-1")] == [True, False]
    assert [act for act in await world.acts() if "review" in act] == ["end review"]


async def test_only_its_owner_or_an_administrator_says_whether_a_set_requires_review(world: Collecting) -> None:
    await world.collection()
    with pytest.raises(Denied):
        await world.curation.require_review(a_caller(BEN), "col-1", True)
    await world.curation.require_review(a_caller(ADMIN), "col-1", True)
    assert (await world.views.view(a_caller(), "col-1")).summary.collection.review


async def test_a_stranger_to_a_private_channel_does_nothing_there(world: Collecting) -> None:
    await world.collection(private=True, review=True)
    added = await world.example("ex-1", private=True)
    for press in (
        world.curation.remove(a_caller(BEN), "col-1", "ex-1"),
        world.curation.accept(a_caller(ADMIN), "col-1", "ex-1", added.version),
        world.curation.reject(a_caller(ADMIN), "col-1", "ex-1", added.version),
        world.curation.require_review(a_caller(ADMIN), "col-1", False),
    ):
        with pytest.raises(NotFound):
            await press
    assert await world.ids() == ["ex-1"]


async def test_a_set_gets_another_name_and_a_note_about_its_licence(world: Collecting) -> None:
    await world.collection("col-1", "Support")
    await world.curation.describe(a_caller(), "col-1", "Answers", "Ours alone.")
    await world.curation.describe(a_caller(), "col-1", "Answers", "Ours alone.")
    collection = await world.store.get("col-1")
    assert collection is not None
    assert (collection.name, collection.licence) == ("Answers", "Ours alone.")
    described = (await world.audit.about("col-1"))[1:]
    assert [(entry.action, entry.details) for entry in described] == [("describe collection", "")]
    with pytest.raises(Denied):
        await world.curation.describe(a_caller(BEN), "col-1", "Mine", "")


async def test_two_sets_that_the_same_people_see_are_not_called_the_same(world: Collecting) -> None:
    await world.collection("col-1", "Support")
    await world.collection("col-2", "Sales")
    await world.collection("col-3", "Secret", private=True)
    with pytest.raises(Invalid, match="name_taken") as error:
        await world.curation.describe(a_caller(), "col-1", "sales", "")
    assert error.value.field == "name"
    await world.curation.describe(a_caller(), "col-1", "SUPPORT", "")
    await world.curation.describe(a_caller(key="2"), "col-1", "Secret", "")


async def test_what_a_set_can_be_merged_into_is_seen_by_the_same_people_and_of_the_same_format(
    world: Collecting,
) -> None:
    await world.collection("col-1")
    await world.collection("col-empty")
    await world.collection("col-chats")
    await world.collection("col-pairs")
    await world.collection("col-secret", private=True)
    await world.example("ex-1")
    await world.example("ex-2", "col-chats")
    await world.example("ex-3", "col-pairs", line=pair_line(), origin="preference")
    found = await world.curation.merge_targets(a_caller(), "col-1")
    assert {one.id for one in found} == {"col-empty", "col-chats"}
    for unfit in ("col-pairs", "col-secret", "col-1", "col-gone"):
        with pytest.raises(NotFound):
            await world.curation.merge(a_caller(), "col-1", unfit)
    with pytest.raises(Conflict, match="nothing_to_merge_into"):
        await world.curation.merge_targets(a_caller(), "col-secret")


async def test_a_merged_set_is_gone_and_its_examples_keep_whose_they_are_and_what_learned_from_them(
    world: Collecting,
) -> None:
    await world.collection("col-1", licence="Ask Ana.")
    await world.collection("col-2", licence="Ours alone.")
    await world.example("ex-1", by="U0BEN", people=("U0CAI",))
    await world.example("ex-2", "col-2")
    await world.store.exported("ds-1", ["ex-1"], Entry("e", 1.0, "U0ANA", "export collection", "col-1"))
    with pytest.raises(Denied):
        await world.curation.merge(a_caller(BEN), "col-1", "col-2")
    await world.curation.merge(a_caller(), "col-1", "col-2")
    await world.curation.merge(a_caller(is_retry=True), "col-1", "col-2")
    assert await world.store.get("col-1") is None
    assert await world.ids("col-2") == ["ex-1", "ex-2"]
    target = await world.store.get("col-2")
    assert target is not None
    assert target.licence == "Ours alone.\nAsk Ana."
    assert await world.store.datasets_with(["ex-1"]) == ["ds-1"]
    assert (await world.acts("col-1"))[-1] == "merge collection"
    assert (await world.acts("col-2"))[-1] == "absorb collection"
    assert (await world.withdrawal.withdraw(a_caller(CAI), "U0CAI")).examples == 1
    assert await world.ids("col-2") == ["ex-2"], "what is taken back is taken back from where it is by now"
    with pytest.raises(NotFound):
        await world.curation.merge(a_caller(key="2"), "col-1", "col-2")


async def test_what_nobody_reviewed_waits_in_a_set_that_requires_review(world: Collecting) -> None:
    await world.collection("col-1")
    await world.collection("col-2", review=True)
    await world.collection("col-3", review=True)
    await world.example("ex-1", "col-1", by="U0BEN")
    accepted = await world.example("ex-2", "col-2", by="U0BEN")
    await world.curation.accept(a_caller(), "col-2", "ex-2", accepted.version)
    await world.curation.merge(a_caller(), "col-1", "col-3")
    await world.curation.merge(a_caller(), "col-2", "col-3")
    assert {one.id: one.unreviewed for one in await world.store.examples("col-3")} == {"ex-1": True, "ex-2": False}


async def test_what_fits_a_filter_is_erased_at_once_and_once(world: Collecting) -> None:
    await world.collection()
    for n in range(3):
        await world.example(f"ex-{n}", by="U0BEN" if n else "U0ANA")
    by = Filter(contributor="U0BEN")
    seen = await world.curation.select(a_caller(), "col-1", by)
    assert ([one.id for one in seen.examples], seen.of) == (["ex-1", "ex-2"], 3)
    await world.curation.remove_selected(a_caller(), "col-1", by, seen.version)
    await world.curation.remove_selected(a_caller(is_retry=True), "col-1", by, seen.version)
    assert await world.ids() == ["ex-0"]
    removed = [entry for entry in await world.audit.about("col-1") if entry.action == "remove examples"]
    assert [entry.details for entry in removed] == ["2"]


async def test_nothing_is_removed_or_moved_that_was_not_seen(world: Collecting) -> None:
    await world.collection()
    await world.example("ex-1", by="U0BEN")
    by = Filter(contributor="U0BEN")
    seen = await world.curation.select(a_caller(), "col-1", by)
    await world.example("ex-2", by="U0BEN")
    with pytest.raises(Conflict, match="selection_changed"):
        await world.curation.remove_selected(a_caller(), "col-1", by, seen.version)
    with pytest.raises(Conflict, match="selection_changed"):
        await world.curation.split_off(a_caller(), "col-1", by, seen.version, "New")
    assert await world.ids() == ["ex-1", "ex-2"]
    with pytest.raises(Invalid, match="nothing_to_filter_by"):
        await world.curation.select(a_caller(), "col-1", Filter())


async def test_what_fits_a_filter_moves_to_a_new_set_that_is_seen_where_the_old_one_is(world: Collecting) -> None:
    await world.collection(private=True, review=True, licence="Ours.")
    await world.example("ex-1", private=True)
    await world.example("ex-2", private=True, by="U0BEN")
    by = Filter(contributor="U0BEN")
    alone = a_caller(channel="D0ANA")
    seen = await world.curation.select(alone, "col-1", by)
    with pytest.raises(Invalid, match="name_taken"):
        await world.curation.split_off(alone, "col-1", by, seen.version, "set COL-1")
    new = await world.curation.split_off(alone, "col-1", by, seen.version, "Ben's")
    again = msgspec.structs.replace(alone, is_retry=True)
    assert await world.curation.split_off(again, "col-1", by, seen.version, "Ben's") == new
    made = await world.store.get(new)
    assert made is not None
    assert (made.name, made.channel, made.private, made.review, made.licence) == (
        *("Ben's", PRIVATE, True, True, "Ours."),
    )
    assert (await world.ids(), await world.ids(new)) == (["ex-1"], ["ex-2"])
    assert await world.acts(new) == ["create collection"]
    assert (await world.acts())[-1] == "split collection"


async def test_only_its_owner_or_an_administrator_filters_and_merges_a_set(world: Collecting) -> None:
    await world.collection()
    await world.collection("col-2")
    await world.example("ex-1")
    by = Filter(text="What")
    seen = await world.curation.select(a_caller(ADMIN), "col-1", by)
    for press in (
        world.curation.select(a_caller(BEN), "col-1", by),
        world.curation.remove_selected(a_caller(BEN), "col-1", by, seen.version),
        world.curation.split_off(a_caller(BEN), "col-1", by, seen.version, "New"),
        world.curation.merge_targets(a_caller(BEN), "col-1"),
    ):
        with pytest.raises(Denied):
            await press
