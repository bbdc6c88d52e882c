"""Keeping collections in order."""

from pathlib import Path

import msgspec
import pytest
from collecting import ADMIN, BEN, CAI, Collecting, chat_line
from slack_requests import ANA, a_caller

from bot.access import Actor, Place
from bot.collections.collection import usable
from bot.errors import Conflict, Denied, NotFound
from bot.store.database import Database


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
    await world.example("ex-1", by="U0BEN")
    await world.curation.reject(a_caller(CAI), "col-1", "ex-1")
    assert await world.ids() == []
    assert (await world.acts())[-1] == "reject example"
    await world.curation.reject(a_caller(CAI, is_retry=True), "col-1", "ex-1")
    assert (await world.acts()).count("reject example") == 1


async def test_what_was_accepted_is_accepted_once_and_rejected_no_more(world: Collecting) -> None:
    await world.collection(review=True)
    added = await world.example("ex-1", by="U0BEN")
    await world.curation.accept(a_caller(CAI), "col-1", "ex-1", added.version)
    await world.curation.accept(a_caller(CAI, is_retry=True), "col-1", "ex-1", added.version)
    assert (await world.acts()).count("accept example") == 1
    for press in (
        world.curation.accept(a_caller(ANA, key="2"), "col-1", "ex-1", added.version),
        world.curation.reject(a_caller(ANA, key="3"), "col-1", "ex-1"),
    ):
        with pytest.raises(Conflict, match="example_accepted"):
            await press
    assert await world.ids() == ["ex-1"]


async def test_nobody_accepts_words_that_they_have_not_seen(world: Collecting) -> None:
    await world.collection(review=True)
    seen = await world.example("ex-1", by="U0BEN")
    changed = await world.example("ex-1", by="U0BEN", line=chat_line("Something else?"), at=2.0)
    with pytest.raises(Conflict, match="example_changed"):
        await world.curation.accept(a_caller(CAI), "col-1", "ex-1", seen.version)
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
        world.curation.reject(a_caller(ADMIN), "col-1", "ex-1"),
        world.curation.require_review(a_caller(ADMIN), "col-1", False),
    ):
        with pytest.raises(NotFound):
            await press
    assert await world.ids() == ["ex-1"]
