"""Collections as training files."""

from pathlib import Path

import pytest

from bot.access import Actor, Place, Policy
from bot.audit import Entry
from bot.authority import Authority
from bot.collections.collection import Collection, Example
from bot.collections.export import FEWEST, CollectionFiles
from bot.collections.learned import LearnedModels
from bot.collections.views import CollectionViews
from bot.datasets.file_store import FileStore
from bot.errors import Conflict, Denied, NotFound
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from tests.slack_requests import ANA, a_caller
from texts.errors import sentence

BEN = Actor("U0BEN", "T0ACME")
LINE = '{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]}'


class World:
    def __init__(self, database: Database, folder: Path) -> None:
        self.store, self.datasets = SqlCollectionStore(database), SqlDatasetStore(database)
        self.file_store = FileStore(folder, 1_000_000)
        authority = Authority(Policy(), SqlAuditLog(database))
        learned = LearnedModels(self.store, self.datasets, SqlJobStore(database), authority)
        self.views = CollectionViews(self.store, learned, SqlAuditLog(database), authority)
        self.files = CollectionFiles(self.store, self.datasets, self.file_store, authority)

    async def collection(self, id: str, examples: int, *, private: bool = False) -> Collection:
        channel = "C0SECRET" if private else "C0TRAINING"
        made = Collection(id, f"Support {id}!", ANA.user, "T0ACME", channel, private, 1.0)
        await self.store.create(made, Entry(f"make/{id}", 1.0, ANA.user, "create collection", id))
        for n in range(examples):
            who = ("U0ANA", "U0BEN") if n % 2 else ("U0ANA",)
            example = Example(f"{id}-{n}", id, LINE, "thread", channel, "1.0", private, who, "U0ANA", 1.0)
            await self.store.add(example, Entry(f"{id}/{n}", 1.0, ANA.user, "add example", id))
        return made


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path / "files")


async def test_its_examples_become_a_data_set_and_it_is_known_which(world: World) -> None:
    made = await world.collection("col-1", 12)
    collection, count = await world.files.begin(a_caller(), "col-1")
    assert (collection, count) == (made, 12)
    dataset = await world.files.export(a_caller(), collection, "5.0", private=False)
    assert await world.files.export(a_caller(), collection, "5.0", private=False) == dataset
    assert world.file_store.path(dataset.sha256).read_text() == f"{LINE}\n" * 12
    assert (dataset.name, dataset.thread_ts, dataset.channel_private) == ("Support-col-1.jsonl", "5.0", False)
    assert await world.store.datasets_with(["col-1-3"]) == [dataset.id]
    [summary] = (await world.views.overview(a_caller())).found
    assert summary.learned.files == ("Support-col-1.jsonl",)


async def test_too_few_examples_make_no_training_file(world: World) -> None:
    await world.collection("col-1", FEWEST - 1)
    with pytest.raises(Conflict, match="too_few_examples"):
        await world.files.begin(a_caller(), "col-1")


async def test_of_a_private_one_only_what_was_agreed_to_is_used_and_nothing_is_shown_elsewhere(world: World) -> None:
    await world.collection("col-1", 24, private=True)
    here = a_caller(BEN, "C0SECRET")
    assert (await world.files.begin(here, "col-1"))[1] == 12
    [summary] = (await world.views.overview(here)).found
    assert (summary.usable, summary.waiting) == (12, 12)
    await world.store.agree("C0SECRET", "U0BEN", True, 1.0, Entry("yes", 1.0, "U0BEN", "agree", "C0SECRET"))
    collection, count = await world.files.begin(here, "col-1")
    assert count == 24
    assert (await world.files.export(here, collection, "5.0", private=True)).channel_private
    assert (await world.views.overview(a_caller(BEN, "C0TRAINING"))).found == ()
    assert (await world.views.overview(a_caller(ANA, answers_in=Place("C0TRAINING")))).found == ()
    with pytest.raises(NotFound):
        await world.files.begin(a_caller(BEN, "C0TRAINING"), "col-1")
    with pytest.raises(Denied, match="seen_by_too_many") as error:
        await world.files.begin(a_caller(ANA, "C0TRAINING"), "col-1")
    assert sentence(error.value).startswith("That training set was made in a private channel")
