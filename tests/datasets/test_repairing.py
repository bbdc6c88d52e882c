"""Repairing a training file: what is proposed, and the data set that comes of it, made once."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.access import Actor, Caller
from bot.authority import Authority
from bot.datasets.columns import Columns, proposed_columns
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.repairing import DatasetRepairing, ProposedRepairs, RepairedFile
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Conflict, Invalid, NotFound
from bot.store.datasets import SqlDatasetStore
from bot.worker_processes import WorkerPools
from tests.dropping import Drop
from tests.slack_requests import ANA, a_caller
from training_files.report import Column, ColumnMapping, Table

BEN = Actor("U0BEN", "T0ACME")
TABLE = ("question,answer\n" + "".join(f"Why {n}?,Because {n}.\n" for n in range(14))).encode()

Keep = Callable[..., Any]
Content = Callable[..., bytes]


@pytest.fixture
def repairing(
    lookup: DatasetLookup,
    datasets: SqlDatasetStore,
    authority: Authority,
    derived: DerivedDatasets,
    file_store: FileStore,
    pools: WorkerPools,
    tmp_path: Path,
) -> DatasetRepairing:
    trainable = TrainableDatasets(datasets, lookup, authority)
    return DatasetRepairing(lookup, trainable, derived, file_store, pools, tokenizers=tmp_path)


def broken(content: Content) -> bytes:
    """Twelve examples that are fine, one of them twice, and one whose role has another name."""
    lines = content(12).splitlines()
    return b"\n".join([*lines, lines[3], lines[5].replace(b'"user"', b'"human"').replace(b"5 + 1", b"five + 1")])


async def repair(repairing: DatasetRepairing, *chosen: str, **more: Any) -> RepairedFile:
    caller = more.pop("caller", a_caller())
    async with repairing.plan(caller, "ds-1", chosen, **more) as planned:
        return await repairing.repair(caller, planned)


def lines_of(file_store: FileStore, dataset: Dataset) -> list[bytes]:
    return file_store.path(dataset.sha256).read_bytes().splitlines()


async def test_what_is_chosen_is_repaired_in_a_data_set_of_its_own(
    repairing: DatasetRepairing, keep: Keep, content: Content, file_store: FileStore
) -> None:
    source = await keep(broken(content), channel_private=True)
    proposed = await repairing.begin(a_caller(), source)
    assert isinstance(proposed, ProposedRepairs)
    assert proposed.plan.recommended == ("roles", "duplicates")
    made = await repair(repairing, *proposed.plan.recommended)
    assert (made.dataset.name, made.dataset.derived_from, made.dataset.owner) == (
        "train-repaired.jsonl", "ds-1", ANA.user
    )  # fmt: skip
    assert made.dataset.channel_private
    assert made.result.changed == {"roles": 1, "duplicates": 1}
    assert len(lines_of(file_store, made.dataset)) == 13
    assert not [line for line in lines_of(file_store, made.dataset) if b"human" in line]
    only = await repair(repairing, "duplicates", caller=a_caller(key="command/2"))
    assert any(b"human" in line for line in lines_of(file_store, only.dataset))


async def test_the_same_repair_again_is_the_one_that_was_made_before(
    repairing: DatasetRepairing, keep: Keep, content: Content
) -> None:
    await keep(broken(content))
    made = await repair(repairing, "roles", "duplicates")
    other = a_caller(BEN, key="command/2")
    async with repairing.plan(other, "ds-1", ["duplicates", "roles"]) as planned:
        assert planned.new.before == made.dataset
    async with repairing.plan(other, "ds-1", ["duplicates"]) as planned:
        assert planned.new.before is None


async def test_two_who_ask_at_once_get_one_file(
    repairing: DatasetRepairing, keep: Keep, content: Content, datasets: SqlDatasetStore
) -> None:
    await keep(broken(content))
    made: list[RepairedFile] = []

    async def ask(caller: Caller) -> None:
        async with repairing.plan(caller, "ds-1", ["roles"]) as planned:
            if planned.new.before is None:
                made.append(await repairing.repair(caller, planned))

    await asyncio.gather(ask(a_caller()), ask(a_caller(BEN, key="command/2")))
    assert len(made) == 1
    assert len(await datasets.latest(9)) == 2


async def test_what_was_made_while_it_was_called_mending_is_known_and_keeps_its_name(
    repairing: DatasetRepairing, drop: Drop
) -> None:
    await drop()
    # The id as it was made then, of this data set and these repairs.
    old = await drop("ds-040da46056", name="train-mended.jsonl", derived_from="ds-1")
    async with repairing.plan(a_caller(), "ds-1", ["roles", "duplicates"]) as planned:
        assert (planned.new.before, planned.new.name) == (old, "train-mended.jsonl")


async def test_a_file_whose_examples_were_brought_into_one_format_is_called_converted(
    repairing: DatasetRepairing, keep: Keep, content: Content
) -> None:
    pair = {"prompt": "Why is it so late?", "completion": "Because of the snow."}
    await keep(b"\n".join([*content(12).splitlines(), json.dumps(pair).encode()]))
    made = await repair(repairing, "convert")
    assert (made.dataset.name, made.result.changed) == ("train-converted.jsonl", {"convert": 1})


async def test_nothing_ticked_repairs_nothing(repairing: DatasetRepairing, keep: Keep, content: Content) -> None:
    await keep(broken(content))
    with pytest.raises(Invalid, match="nothing_ticked"):
        await repair(repairing)
    assert (await repair(repairing, always=True)).result.changed == {}


async def test_the_rows_of_a_table_become_examples_by_the_columns_that_are_named(
    repairing: DatasetRepairing, keep: Keep, file_store: FileStore
) -> None:
    source = await keep(TABLE, name="faq.csv")
    table = await repairing.begin(a_caller(), source)
    assert isinstance(table, Table)
    columns = Columns("chat", {"user": 0, "assistant": 1})
    proposed = await repairing.propose(a_caller(), source, columns)
    assert proposed.mapping == ColumnMapping("chat", {"user": "question", "assistant": "answer"})
    assert [one.id for one in proposed.plan.repairs if one.always] == ["convert"]
    made = await repair(repairing, columns=columns)
    assert (made.dataset.name, made.result.of_rows) == ("faq-converted.jsonl", True)
    first = json.loads(lines_of(file_store, made.dataset)[0])
    assert [message["content"] for message in first["messages"]] == ["Why 0?", "Because 0."]


async def test_what_stands_in_the_validation_file_too_is_left_out_and_that_validates_the_new_file(
    repairing: DatasetRepairing, keep: Keep, content: Content, file_store: FileStore
) -> None:
    held_out = await keep(content(12), "ds-2", name="held-out.jsonl")
    source = await keep(content(30))
    proposed = await repairing.propose(a_caller(), source, validation=held_out.id)
    (overlap,) = [one for one in proposed.plan.repairs if one.id == "validation_overlap"]
    assert (overlap.examples, [other.id for other in proposed.others]) == (12, [held_out.id])
    made = await repair(repairing, "validation_overlap", validation=held_out.id)
    assert made.dataset.validation == held_out.id
    assert lines_of(file_store, made.dataset) == content(30).splitlines()[12:]


async def test_a_file_is_compared_with_its_own_validation_file_at_first(
    repairing: DatasetRepairing, keep: Keep, content: Content
) -> None:
    await keep(content(12), "ds-2")
    source = await keep(content(30), validation="ds-2")
    proposed = await repairing.begin(a_caller(), source)
    assert isinstance(proposed, ProposedRepairs)
    assert proposed.validation == "ds-2"
    assert "validation_overlap" in proposed.plan.recommended


async def test_nobody_repairs_or_compares_with_what_is_not_for_their_eyes(
    repairing: DatasetRepairing, keep: Keep, content: Content
) -> None:
    source = await keep(content(30))
    await keep(content(12), "ds-2", channel="G0SECRET", channel_private=True)
    with pytest.raises(NotFound):
        await repairing.check(a_caller(BEN), "ds-2")
    with pytest.raises(NotFound):
        await repairing.propose(a_caller(BEN), source, validation="ds-2")
    with pytest.raises(NotFound):
        await repair(repairing, "validation_overlap", validation="ds-2", caller=a_caller(BEN))


async def test_a_file_that_is_still_being_read_waits(repairing: DatasetRepairing, drop: Drop) -> None:
    with pytest.raises(Conflict, match="file_still_read"):
        await repairing.begin(a_caller(), await drop())


async def test_a_file_of_which_nothing_would_be_left_is_not_made(
    repairing: DatasetRepairing, keep: Keep, content: Content, datasets: SqlDatasetStore
) -> None:
    await keep(content(12), "ds-2")
    await keep(content(12), validation="ds-2")
    with pytest.raises(Invalid, match="nothing_left"):
        await repair(repairing, "validation_overlap", validation="ds-2")
    assert {one.id for one in await datasets.latest(9)} == {"ds-1", "ds-2"}


def test_another_layout_takes_over_what_fits_it() -> None:
    names = ("system", "prompt", "completion", "rejected")
    columns = tuple(Column(name, ("x",)) for name in names)
    table = Table("csv", 12, columns, ColumnMapping("completion", {"prompt": "prompt", "completion": "completion"}))
    assert proposed_columns(table) == Columns("completion", {"prompt": 1, "completion": 2})
    assert proposed_columns(table, "chat") == Columns("chat", {"user": 1, "assistant": 2})
    assert proposed_columns(table, "preference").places == {"preferred": 2, "user": 1}
    whole = msgspec.structs.replace(table, mapping=ColumnMapping("chat", {"messages": "system"}))
    assert proposed_columns(whole) == Columns("conversation", {"conversation": 0})
