"""Data sets that the bot makes of others."""

import msgspec
import pytest

from bot.access import Actor
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import FileStore, StoredFile
from bot.errors import Invalid
from bot.store.datasets import SqlDatasetStore
from tests.dropping import Drop
from tests.slack_requests import ANA, a_caller

BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
def stored(file_store: FileStore) -> StoredFile:
    part = file_store.part()
    part.write_bytes(b"{}\n")
    return file_store.put(part, "def")


async def test_what_is_made_stands_where_its_source_does_and_belongs_to_who_asked(
    derived: DerivedDatasets, drop: Drop, stored: StoredFile, datasets: SqlDatasetStore
) -> None:
    source = await drop(owner=BEN.user, channel="G0SECRET", channel_private=True, name="our faq.csv")
    new = await derived.plan(a_caller(), source, "repaired", ["roles"], None)
    assert new.before is None
    (made,) = await derived.add(a_caller(), source, [(new, stored)], validation="ds-7")
    assert (made.name, made.owner, made.channel, made.channel_private) == (
        "our faq-repaired.jsonl", ANA.user, "G0SECRET", True
    )  # fmt: skip
    assert (made.derived_from, made.thread_ts, made.validation) == ("ds-1", "1.0", "ds-7")
    shown = await derived.shown(made, "F7")
    assert await datasets.get(new.id) == shown
    assert shown.file_id == "F7"


async def test_another_way_of_making_it_makes_another(derived: DerivedDatasets, drop: Drop) -> None:
    source = await drop()
    first = await derived.plan(a_caller(), source, "repaired", ["roles"], None)
    assert (await derived.plan(a_caller(BEN, key="command/2"), source, "repaired", ["roles"], None)).id == first.id
    assert (await derived.plan(a_caller(), source, "repaired", ["roles", "tools"], None)).id != first.id


async def test_what_was_made_of_a_table_as_a_repaired_file_is_not_made_again(
    derived: DerivedDatasets, drop: Drop, stored: StoredFile
) -> None:
    source = await drop(name="faq.csv")
    before = await derived.plan(a_caller(), source, "repaired", ["convert"])
    await derived.add(a_caller(), source, [(before, stored)])
    again = await derived.plan(a_caller(BEN, key="command/2"), source, "converted", ["convert"])
    assert (again.id, again.name) == (before.id, "faq-repaired.jsonl")


async def test_what_was_deleted_is_made_anew(
    derived: DerivedDatasets, drop: Drop, stored: StoredFile, datasets: SqlDatasetStore
) -> None:
    source = await drop()
    new = await derived.plan(a_caller(), source, "repaired")
    await derived.add(a_caller(), source, [(new, stored)])
    await datasets.update(new.id, lambda known: msgspec.structs.replace(known, deleted_at=2.0))
    again = await derived.plan(a_caller(key="command/2"), source, "repaired")
    assert again.id != new.id
    assert again.before is None


async def test_an_empty_file_is_not_kept(derived: DerivedDatasets, drop: Drop, datasets: SqlDatasetStore) -> None:
    source = await drop()
    new = await derived.plan(a_caller(), source, "repaired")
    with pytest.raises(Invalid, match="nothing_left"):
        await derived.add(a_caller(), source, [(new, StoredFile("e3b0", 0))])
    assert await datasets.get(new.id) is None
