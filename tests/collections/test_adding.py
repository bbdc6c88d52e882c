"""What is added to collections, what private stays, and what is taken back: on a real store."""

from pathlib import Path

import msgspec
import pytest

from bot.access import Actor, Place, Policy, Role
from bot.audit import Entry
from bot.authority import Authority
from bot.collections.adding import ThreadCollections
from bot.collections.collection import Collection, usable
from bot.collections.learned import LearnedModels
from bot.collections.withdrawal import Withdrawal
from bot.conversations.conversation import Conversation
from bot.datasets.dataset import Dataset
from bot.errors import Denied, Invalid, NotFound
from bot.feedback.rating import Press
from bot.jobs.job import Job, Origin
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.feedback import SqlRatingStore
from bot.store.generations import SqlGenerationStore
from bot.store.jobs import SqlJobStore
from bot.thread_examples.adding import NewExample
from tests.parts import MODEL
from tests.slack_requests import ANA, a_caller

BEN, CAI = Actor("U0BEN", "T0ACME"), Actor("U0CAI", "T0ACME")
ADMIN = Actor("U0ADMIN", "T0ACME", Role.ADMIN)
PUBLIC, PRIVATE, DIRECT = "C0TRAINING", "C0SECRET", "D0ANA"

TALK = Conversation("cv-1", MODEL, "T0ACME", PUBLIC, "1.0", ANA.user, 1.0)
EXPORTED = Entry("key", 1.0, ANA.user, "export collection", "col-1")


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = SqlCollectionStore(database)
        self.datasets, self.jobs = SqlDatasetStore(database), SqlJobStore(database)
        self.audit = SqlAuditLog(database)
        authority = Authority(Policy(), self.audit)
        self.adding = ThreadCollections(self.store, authority)
        self.learned = learned = LearnedModels(self.store, self.datasets, self.jobs, authority)
        self.withdrawal = Withdrawal(
            self.store, SqlRatingStore(database), SqlGenerationStore(database), learned, authority
        )

    async def add(self, id: str, *people: str, channel: str = PUBLIC, into: str | None = None, by: Actor = ANA) -> str:
        """An example with words of these people, added by Ana; the collection's id."""
        caller = a_caller(by, channel, key=f"key/{id}")
        line = '{"messages": [{"role": "user", "content": "the quick brown fox"}]}'
        example = NewExample(id, line, channel, "1.0", channel != PUBLIC, people)
        return (await self.adding.add(caller, into, "Support", example)).collection.id

    async def collection(self, id: str) -> Collection:
        found = await self.store.get(id)
        assert found is not None
        return found


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_an_example_is_kept_once_with_whose_words_it_holds_and_the_audit_log_knows(world: World) -> None:
    collection = await world.add("ex-1", "U0ANA", "U0BEN")
    assert await world.add("ex-1", "U0ANA", "U0BEN") == collection
    assert await world.add("ex-2", "U0CAI") == collection, "a name is one collection, however it is written"
    first, second = await world.store.examples(collection)
    assert (first.id, first.contributors, first.added_by) == ("ex-1", ("U0ANA", "U0BEN"), "U0ANA")
    assert [entry.action for entry in await world.audit.about(collection)] == [
        "create collection",
        "add example",
        "add example",
    ]
    assert [one.id for one in await world.store.of_contributor("U0CAI")] == [second.id]


async def test_one_request_may_add_to_two_new_sets(world: World) -> None:
    caller = a_caller()
    for _ in range(2):
        for name in ("Corrections", "Preferences"):
            example = NewExample(f"ex-{name}", "{}", PUBLIC, "1.0", False, ())
            assert (await world.adding.add(caller, None, name, example)).collection.name == name
    assert {one.name for one in await world.store.all()} == {"Corrections", "Preferences"}


async def test_an_example_that_is_changed_stays_in_the_set_that_it_is_in(world: World) -> None:
    first = await world.add("ex-1", "U0ANA")
    renamed = msgspec.structs.replace(await world.collection(first), id="col-2", name="Renamed")
    await world.store.create(renamed, Entry("made", 1.0, ANA.user, "create collection", "col-2"))
    [example] = await world.store.examples(first)
    moved = msgspec.structs.replace(example, collection_id="col-2")
    await world.store.add(moved, Entry("moved", 1.0, ANA.user, "add example", "col-2"))
    assert await world.add("ex-1", "U0ANA", "U0BEN") == "col-2"
    assert await world.store.examples(first) == []


async def test_what_waits_for_review_is_said_to_when_it_is_added(world: World) -> None:
    collection = await world.add("ex-1", "U0ANA")
    switched = Entry("on", 1.0, ANA.user, "require review", collection)
    await world.store.change(collection, lambda one: msgspec.structs.replace(one, review=True), switched)
    example = NewExample("ex-2", "{}", PUBLIC, "1.0", False, ("U0ANA",))
    assert (await world.adding.add(a_caller(key="2"), collection, "", example)).review


async def test_what_was_said_in_private_never_shows_anywhere_else(world: World) -> None:
    shown = await world.add("ex-1", "U0ANA")
    hidden = await world.add("ex-2", "U0BEN", channel=PRIVATE)
    assert shown != hidden
    for actor, channel in ((ANA, PUBLIC), (BEN, PUBLIC), (ADMIN, PUBLIC), (BEN, "D0BEN")):
        caller = a_caller(actor, channel, answers_in=Place(channel))
        assert [one.id for one in await world.adding.choices(caller, private=False)] == [shown]
        with pytest.raises(NotFound):
            await world.adding.add(caller, hidden, "", NewExample("ex-3", "{}", channel, "1.0", False, ()))
    with pytest.raises(Invalid, match="private_words_stay"):
        await world.add("ex-4", "U0BEN", channel=PRIVATE, into=shown)
    assert [one.id for one in await world.adding.choices(a_caller(BEN, PRIVATE), private=True)] == [hidden]
    examples = [*await world.store.examples(shown), *await world.store.examples(hidden)]
    everybody = {"U0ANA", "U0BEN"}
    assert [one.id for one in usable(examples, Place(PUBLIC), everybody)] == ["ex-1"]
    assert [one.id for one in usable(examples, Place(PRIVATE), everybody)] == ["ex-1", "ex-2"]
    found = await world.withdrawal.look(a_caller(BEN, PUBLIC, answers_in=Place(PUBLIC)), "U0BEN")
    assert found.collections == (("", 1),), "nor its name"


async def test_private_words_are_used_only_once_all_whose_words_they_are_agreed(world: World) -> None:
    collection = await world.add("ex-1", "U0ANA", "U0BEN", "U0CAI", channel=PRIVATE)
    [example] = await world.store.examples(collection)

    async def used() -> bool:
        return bool(usable([example], Place(PRIVATE), await world.store.agreed(PRIVATE)))

    assert example.waits_for(()) == ("U0BEN", "U0CAI"), "Ana agreed by adding it"
    await world.withdrawal.answer(a_caller(BEN, PRIVATE), PRIVATE, yes=True)
    assert not await used()
    await world.withdrawal.answer(a_caller(CAI, PRIVATE), PRIVATE, yes=True)
    assert await used()


async def test_who_does_not_agree_has_their_words_erased_from_that_channel_alone(world: World) -> None:
    collection = await world.add("ex-1", "U0ANA", "U0BEN", channel=PRIVATE)
    kept = await world.add("ex-2", "U0BEN")
    await world.add("ex-3", "U0ANA", channel=PRIVATE)
    await world.withdrawal.answer(a_caller(BEN, PRIVATE), PRIVATE, yes=False)
    assert [one.id for one in await world.store.examples(collection)] == ["ex-3"]
    assert [one.id for one in await world.store.examples(kept)] == ["ex-2"]


async def test_what_was_said_to_the_bot_alone_needs_nobody_elses_agreement(world: World) -> None:
    collection = await world.add("ex-1", "U0ANA", channel=DIRECT)
    [example] = await world.store.examples(collection)
    assert example.waits_for(()) == ()


async def test_a_person_takes_back_all_they_contributed_and_hears_which_models_learned_from_it(world: World) -> None:
    collection = await world.add("ex-1", "U0BEN", "U0CAI")
    await world.add("ex-2", "U0CAI")
    await trained(world, "ds-1", "job-1", "ft:first", MODEL)
    await trained(world, "ds-2", "job-2", "ft:repaired", MODEL, derived_from="ds-1")
    await trained(world, "ds-3", "job-3", "ft:second", "ft:first")
    await trained(world, "ds-4", "job-4", "ft:other", MODEL)
    await trained(world, "ds-5", "job-5", "ft:hidden", MODEL, derived_from="ds-1", channel=PRIVATE)
    await world.store.exported("ds-1", ["ex-1", "ex-2"], EXPORTED)
    gone = await world.withdrawal.withdraw(a_caller(BEN), "U0BEN")
    assert (gone.examples, gone.collections, gone.learned.files) == (1, (("Support", 1),), ("ds-1.jsonl",))
    assert set(gone.learned.models) == {"ft:first", "ft:repaired", "ft:second"}
    assert gone.learned.more_models == 1
    assert [one.id for one in await world.store.examples(collection)] == ["ex-2"]
    assert (await world.audit.about("U0BEN"))[-1].action == "withdraw"
    assert (await world.withdrawal.withdraw(a_caller(BEN), "U0BEN")).examples == 0


async def test_a_model_names_the_training_sets_that_it_and_those_before_it_learned_from(world: World) -> None:
    await world.add("ex-1", "U0BEN")
    await world.add("ex-2", "U0BEN", channel=PRIVATE)
    await trained(world, "ds-1", "job-1", "ft:first", MODEL)
    await trained(world, "ds-2", "job-2", "ft:repaired", MODEL, derived_from="ds-1")
    await trained(world, "ds-3", "job-3", "ft:second", "ft:first")
    await trained(world, "ds-4", "job-4", "ft:other", MODEL)
    await trained(world, "ds-5", "job-5", "ft:hidden", MODEL, channel=PRIVATE)
    await world.store.exported("ds-1", ["ex-1"], EXPORTED)
    await world.store.exported("ds-5", ["ex-2"], EXPORTED)
    models = ["ft:first", "ft:repaired", "ft:second", "ft:other", "ft:hidden", MODEL]
    names = await world.learned.collections_of(a_caller(BEN), models)
    assert [names[model] for model in models] == [["Support"], ["Support"], ["Support"], [], [], []]
    assert await world.learned.collections_of(a_caller(BEN, PRIVATE), ["ft:hidden"]) == {"ft:hidden": ["Support"]}


async def test_only_an_administrator_erases_for_somebody_else(world: World) -> None:
    await world.add("ex-1", "U0BEN")
    with pytest.raises(Denied):
        await world.withdrawal.withdraw(a_caller(CAI), "U0BEN")
    await SqlConversationStore(world.database).open(TALK)
    ratings = SqlRatingStore(world.database)
    await ratings.press(Press(TALK.id, "2.0", "U0BEN", True, 1.0, "key"), EXPORTED)
    gone = await world.withdrawal.withdraw(a_caller(ADMIN), "U0BEN")
    assert (gone.examples, gone.ratings, gone.votes) == (1, 1, 0)
    assert await ratings.of_answer(TALK.id, "2.0") == []
    assert [one.action for one in await world.audit.about("U0BEN")][-2:] == ["forget opinions", "erase"]


async def test_guests_may_take_back_their_words_though_they_may_do_nothing_else(world: World) -> None:
    await world.add("ex-1", "U0GUEST")
    guest = msgspec.structs.replace(BEN, user="U0GUEST", guest=True)
    with pytest.raises(Denied):
        await world.add("ex-2", "U0GUEST", by=guest)
    assert (await world.withdrawal.withdraw(a_caller(guest), "U0GUEST")).examples == 1


async def test_what_was_erased_stands_in_the_database_file_no_more(world: World, tmp_path: Path) -> None:
    async def stands() -> bool:
        await world.database.read(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
        return any(b"quick brown fox" in file.read_bytes() for file in tmp_path.rglob("bot.db*"))

    await world.add("ex-1", "U0BEN")
    assert await stands()
    await world.withdrawal.withdraw(a_caller(BEN), "U0BEN")
    assert not await stands()


async def trained(
    world: World,
    dataset: str,
    job: str,
    model: str,
    base: str,
    derived_from: str | None = None,
    channel: str = PUBLIC,
) -> None:
    await world.datasets.save(
        Dataset(
            dataset,
            "abc",
            f"{dataset}.jsonl",
            3,
            ANA.user,
            "T0ACME",
            channel,
            channel != PUBLIC,
            "1.0",
            1.0,
            derived_from=derived_from,
        )
    )
    await world.jobs.insert(
        Job(
            job,
            "succeeded",
            "stand-in",
            base,
            ANA.user,
            Origin("T0ACME", channel, channel != PUBLIC),
            1.0,
            dataset_id=dataset,
            fine_tuned_model=model,
        )
    )
