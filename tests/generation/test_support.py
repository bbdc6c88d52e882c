"""A support channel's accepted answers are examples, without names."""

from collections.abc import Sequence

import msgspec
import pytest

from bot.access import Actor, Role
from bot.authority import Authority
from bot.errors import Conflict, Denied
from bot.generation.channel_export import ChannelExport
from bot.generation.support import Message, pairs_in
from bot.generation.support_sets import SupportRequest, SupportSets
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from tests.generation.conftest import HERE
from tests.slack_requests import a_caller

ASKED = Message("1.0", "U0BEN", "How do I reach jane.doe@acme-mail.org?")
NAMES = {"U0ANA": ("Ana Torres",), "U0BEN": ("Ben Okafor",)}


class Threads:
    """`read_since`: from when on the channel was read, each time."""

    def __init__(self) -> None:
        self.said: Sequence[Message] = ()
        self.read_since: list[float] = []

    async def read(self, channel: str, since: float) -> Sequence[Message]:
        assert channel == HERE.channel
        self.read_since.append(since)
        return self.said


async def names(user: str) -> tuple[str, ...]:
    return NAMES.get(user, ())


def reply(ts: str, user: str, text: str, *accepted_by: str) -> Message:
    return Message(ts, user, text, "1.0", {"white_check_mark": accepted_by} if accepted_by else {})


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.fixture
def collections(database: Database) -> SqlCollectionStore:
    return SqlCollectionStore(database)


@pytest.fixture
def sets(collections: SqlCollectionStore, threads: Threads, authority: Authority) -> SupportSets:
    return SupportSets(collections, threads, names, authority)


def test_the_reply_that_the_asker_accepted_is_the_answer() -> None:
    said = [reply("3.0", "U0ANA", "Ask her.", "U0BEN"), reply("2.0", "U0EVE", "No idea.", "U1", "U2"), ASKED]
    [found] = pairs_in(said)
    assert (found.question, found.answer) == (ASKED, said[0])


def test_a_thread_without_an_accepted_answer_gives_nothing() -> None:
    assert pairs_in([ASKED, reply("2.0", "U0ANA", "Perhaps so."), Message("5.0", "U0EVE", "Hello all")]) == []


def test_nobody_accepts_their_own_answer() -> None:
    said = [ASKED, reply("2.0", "U0BEN", "Found it.", "U0BEN"), reply("3.0", "U0ANA", "Like this.", "U0ANA")]
    assert pairs_in(said) == []


def test_the_last_answer_of_those_who_answer_there_counts_where_nobody_marked_one() -> None:
    said = [ASKED, reply("2.0", "U0ANA", "Wait."), reply("3.0", "U0ANA", "Ask her."), reply("4.0", "U0EVE", "Thanks!")]
    assert [found.answer for found in pairs_in(said, ["U0ANA"])] == [said[2]]
    marked = [*said, reply("5.0", "U0EVE", "By post.", "U0BEN")]
    assert [found.answer for found in pairs_in(marked, ["U0ANA"])] == [marked[-1]]


async def test_the_pairs_are_a_training_set_without_names_of_which_each_has_to_be_accepted(
    sets: SupportSets, collections: SqlCollectionStore, threads: Threads
) -> None:
    threads.said = [ASKED, reply("2.0", "U0EVE", "Write to Ana Torres.", "U0BEN"), reply("3.0", "U0ANA", "Me!")]
    made = await sets.make(a_caller(), HERE, SupportRequest("Answers", since=7.0))
    threads.said = []
    assert await sets.make(a_caller(), HERE, SupportRequest("Answers")) == made  # the same request, worked on again
    assert (made.waits_for, threads.read_since) == ((), [7.0])
    [example] = await collections.examples(made.id)
    assert example.unreviewed
    said = [one["content"] for one in msgspec.json.decode(example.line)["messages"]]
    assert said == ["How do I reach [EMAIL_1]?", "Write to [NAME_1]."]
    assert (example.contributors, example.thread_ts) == (("U0BEN", "U0EVE"), "1.0")
    assert example.masked == {"mail address": 1, "name": 1}


async def test_in_a_private_channel_those_whose_words_it_holds_have_to_agree(
    sets: SupportSets, threads: Threads
) -> None:
    threads.said = [ASKED, reply("2.0", "U0ANA", "Write to her.", "U0BEN")]
    private = msgspec.structs.replace(HERE, private=True)
    made = await sets.make(a_caller(), private, SupportRequest("Answers"))
    assert made.waits_for == ("U0BEN",)  # Ana asked for it


async def test_an_export_is_read_instead_of_the_channel(
    sets: SupportSets, collections: SqlCollectionStore, threads: Threads
) -> None:
    export = ChannelExport((ASKED, reply("2.0", "U0KIM", "Ask Kim Lee.", "U0BEN")), {"U0KIM": ("Kim Lee",)})
    made = await sets.make(a_caller(), HERE, SupportRequest("Answers", export=export))
    [example] = await collections.examples(made.id)
    assert "Ask [NAME_1]." in example.line
    assert threads.read_since == []


async def test_a_channel_without_accepted_answers_makes_no_set(sets: SupportSets, threads: Threads) -> None:
    threads.said = [ASKED]
    with pytest.raises(Conflict, match="no_accepted_answers"):
        await sets.make(a_caller(), HERE, SupportRequest("Answers"))


async def test_who_may_only_look_has_no_channel_read(sets: SupportSets, threads: Threads) -> None:
    with pytest.raises(Denied):
        await sets.make(a_caller(Actor("U0LOOK", "T0ACME", Role.VIEWER)), HERE, SupportRequest("Answers"))
    assert threads.read_since == []
