"""Collections as people look at them."""

from pathlib import Path

import pytest

from bot.access import Place
from bot.audit import Entry
from bot.collections.gist import Gist, gist, words
from bot.collections.views import BY_PAGE, EXAMPLES_BY_PAGE
from bot.errors import NotFound
from bot.store.database import Database
from tests.collecting import ADMIN, BEN, CAI, PRIVATE, PUBLIC, Collecting, chat_line, pair_line
from tests.slack_requests import ANA, a_caller


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Collecting:
    return Collecting(database, tmp_path / "files")


async def test_a_long_list_is_shown_in_pages_and_a_page_that_is_gone_gives_way_to_the_last(world: Collecting) -> None:
    for n in range(BY_PAGE + 1):
        await world.collection(f"col-{n:02}")
    first, last, beyond = [await world.views.overview(a_caller(), number) for number in (1, 2, 99)]
    assert (len(first.found), first.number, first.pages) == (BY_PAGE, 1, 2)
    assert (len(last.found), last.number) == (1, 2)
    assert beyond == last


async def test_a_word_names_a_collection_by_id_by_name_or_by_its_beginning(world: Collecting) -> None:
    await world.collection("col-1", "Support")
    await world.collection("col-2", "Support, private", private=True)
    await world.collection("col-3", "Sales")
    await world.collection("col-4", "Sales of 2026")

    async def meant(words: str) -> list[str]:
        return sorted(one.id for one in await world.views.named(a_caller(BEN), words))

    assert await meant("col-3") == ["col-3"]
    assert await meant("SUPPORT") == ["col-1"]
    assert await meant("sup") == ["col-1"], "what is private elsewhere is not meant"
    assert await meant("Sales") == ["col-3"], "a whole name is meant before the beginning of another"
    assert await meant("sal") == ["col-3", "col-4"]
    for unknown in ("refunds", "col-2", "Support, private"):
        with pytest.raises(NotFound):
            await meant(unknown)


async def test_one_collection_says_what_it_holds_what_waits_and_what_was_done_to_it(world: Collecting) -> None:
    await world.collection(private=True)
    await world.example("ex-1", private=True, people=("U0ANA", "U0BEN"))
    await world.example("ex-2", private=True, line=pair_line(), origin="preference")
    await world.audit.add(Entry("no", 1.0, "U0BEN", "change collection", "col-1", outcome="refused"))  # type: ignore[arg-type]
    view = await world.views.view(a_caller(BEN, PRIVATE), "col-1")
    assert (view.summary.usable, view.summary.waiting) == (1, 1)
    assert view.origins == {"thread": 1, "preference": 1}
    assert [(done.actor, done.action, done.times) for done in view.history] == [
        ("U0ANA", "add example", 2),
        ("U0ANA", "create collection", 1),
    ], "what was refused is the administrators' to know"
    assert not view.may_change
    assert (await world.views.view(a_caller(ANA, PRIVATE), "col-1")).may_change
    assert (await world.views.view(a_caller(ADMIN, PRIVATE), "col-1")).may_change


async def test_what_is_private_is_not_seen_elsewhere(world: Collecting) -> None:
    await world.collection(private=True)
    await world.example("ex-1", private=True)
    for caller in (a_caller(BEN), a_caller(ADMIN), a_caller(ANA, answers_in=Place(PUBLIC))):
        assert (await world.views.overview(caller)).found == ()
        for look in (world.views.view, world.views.examples):
            with pytest.raises(NotFound):
                await look(caller, "col-1")


async def test_examples_are_shown_the_latest_first_with_what_the_reader_may_do(world: Collecting) -> None:
    await world.collection()
    for n in range(EXAMPLES_BY_PAGE + 1):
        await world.example(f"ex-{n}", by="U0BEN", people=("U0BEN", "U0CAI"))
    page = await world.views.examples(a_caller(CAI), "col-1")
    assert (page.count, page.number, page.pages) == (EXAMPLES_BY_PAGE + 1, 1, 2)
    assert page.found[0].gist == Gist("What is ex-5?", "It is ex-5.")
    assert all(shown.may_remove for shown in page.found), "they hold her words"
    [oldest] = (await world.views.examples(a_caller(), "col-1", 7)).found
    assert (oldest.example.id, oldest.may_remove) == ("ex-0", True)
    stranger = await world.views.examples(a_caller(BEN, key="k"), "col-1")
    assert stranger.found[0].may_remove
    await world.collection("col-2")
    await world.example("ex-9", "col-2")
    assert not (await world.views.examples(a_caller(BEN), "col-2")).found[0].may_remove


async def test_who_took_back_all_they_had_added_is_no_longer_in_the_history(world: Collecting) -> None:
    await world.collection()
    await world.example("ex-1", by="U0BEN")
    await world.withdrawal.withdraw(a_caller(BEN), "U0BEN")
    view = await world.views.view(a_caller(), "col-1")
    assert [done.actor for done in view.history] == ["U0ANA"]


def test_a_gist_is_the_first_question_and_the_last_answer() -> None:
    call = {"type": "function", "function": {"name": "look_up", "arguments": '{"id":7}'}}
    assert gist(pair_line("Why?", "Because.", "No idea.")) == Gist("Why?", "Because.", "No idea.")
    assert gist('{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}') == Gist("Hi", "")
    called = f'{{"messages":[{{"role":"assistant","content":null,"tool_calls":[{call!r}]}}]}}'.replace("'", '"')
    called = called.replace('"{"id":7}"', '"{\\"id\\":7}"')
    assert gist(called).answer == 'look_up({"id":7})'
    assert words(chat_line("Hi", "Hello")).split("\n") == ["user", "Hi", "assistant", "Hello"]
