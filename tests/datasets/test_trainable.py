"""Which training file is meant, and which validates it."""

import pytest

from bot.access import Actor
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Ambiguous, Invalid, NotFound
from bot.store.datasets import SqlDatasetStore
from tests.parts import a_dataset, a_report
from tests.slack_requests import a_caller
from training_files.report import Finding

BEN = Actor("U0BEN", "T0ACME")
BROKEN = a_report(ok=False)


@pytest.fixture
def trainable(datasets: SqlDatasetStore, lookup: DatasetLookup, authority: Authority) -> TrainableDatasets:
    return TrainableDatasets(datasets, lookup, authority)


async def _store(datasets: SqlDatasetStore, *dropped: Dataset) -> None:
    for dataset in dropped:
        await datasets.save(dataset)


async def test_only_files_of_the_channel_without_errors_are_offered_the_latest_first(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    await _store(
        datasets,
        a_dataset(id="ds-1", created_at=1.0),
        a_dataset(id="ds-2", created_at=2.0),
        a_dataset(id="ds-3", created_at=3.0, report=BROKEN),
        a_dataset(id="ds-4", created_at=4.0, report=None),
        a_dataset(id="ds-5", created_at=5.0, channel="C0OTHER"),
    )
    assert [one.id for one in await trainable.latest(a_caller())] == ["ds-2", "ds-1"]
    assert [one.id for one in await trainable.latest(a_caller(channel="C0OTHER"))] == ["ds-5"]


async def test_a_file_is_named_by_its_id_or_its_name_and_of_several_the_latest_is_meant(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    await _store(
        datasets,
        a_dataset(id="ds-1", created_at=1.0),
        a_dataset(id="ds-2", created_at=2.0),
        a_dataset(id="ds-3", created_at=3.0, name="tickets.jsonl"),
        a_dataset(id="ds-4", created_at=4.0, name="tickets-old.jsonl"),
    )
    for word, found in (("ds-1", "ds-1"), ("train.jsonl", "ds-2"), ("TRAIN", "ds-2"), ("tickets", "ds-3")):
        assert (await trainable.find(a_caller(), word)).id == found
    with pytest.raises(Ambiguous):
        await trainable.find(a_caller(), "tick")
    with pytest.raises(NotFound, match="unknown_training_file"):
        await trainable.find(a_caller(), "nowhere.jsonl")


async def test_without_a_name_it_is_the_file_of_the_thread_else_the_latest(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    with pytest.raises(NotFound, match="no_training_file"):
        await trainable.find(a_caller(), None)
    await _store(
        datasets,
        a_dataset(id="ds-1", created_at=1.0, thread_ts="1.0"),
        a_dataset(id="ds-2", created_at=2.0, thread_ts="2.0"),
    )
    assert (await trainable.find(a_caller(), None, "1.0")).id == "ds-1"
    assert (await trainable.find(a_caller(), None, "9.0")).id == "ds-2"


async def test_of_two_files_that_belong_together_the_one_to_train_on_is_meant(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    training = a_dataset(id="ds-1", created_at=1.0, validation="ds-2")
    held_out = a_dataset(id="ds-2", created_at=2.0, sha256="def", name="val.jsonl")
    await _store(datasets, training, held_out)
    assert await trainable.find(a_caller(), None) == training
    assert await trainable.find(a_caller(), "val.jsonl") == held_out
    assert await trainable.validation_of(a_caller(), training) == held_out
    assert await trainable.validated_by(a_caller(), held_out) == training


async def test_a_file_with_errors_is_found_and_refused_by_its_name(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    await _store(datasets, a_dataset(report=BROKEN))
    with pytest.raises(Invalid) as refusal:
        await trainable.find(a_caller(), "train.jsonl")
    assert (refusal.value.kind, refusal.value.values) == ("file_has_errors", {"name": "train.jsonl"})


async def test_a_validation_file_is_offered_if_it_is_another_one_of_the_same_format(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    training = a_dataset(id="ds-1", created_at=1.0, validation="ds-3")
    await _store(
        datasets,
        training,
        a_dataset(id="ds-2", created_at=2.0, sha256="2"),
        a_dataset(id="ds-3", created_at=3.0, sha256="3"),
        a_dataset(id="ds-4", created_at=4.0, sha256="4", report=a_report(format="preference")),
        a_dataset(id="ds-5", created_at=5.0),
    )
    assert [one.id for one in await trainable.validation_files(a_caller(), training)] == ["ds-3", "ds-2"]
    # Of a file that only the provider has, nobody knows the format.
    every = [one.id for one in await trainable.validation_files(a_caller(), None)]
    assert every == ["ds-5", "ds-4", "ds-3", "ds-2", "ds-1"]


async def test_what_has_too_few_examples_to_be_trained_on_validates_and_is_asked(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    few = a_report(ok=False, examples=3, errors=[Finding("too_few_examples", None, message="Few.")])
    training = a_dataset(id="ds-1", created_at=1.0)
    await _store(datasets, training, a_dataset(id="ds-2", sha256="2", name="few.jsonl", report=few, created_at=2.0))
    assert [one.id for one in await trainable.with_examples(a_caller())] == ["ds-2", "ds-1"]
    assert [one.id for one in await trainable.validation_files(a_caller(), training)] == ["ds-2"]
    assert await trainable.find_validation(a_caller(), "few.jsonl", training) == "ds-2"
    assert [one.id for one in await trainable.latest(a_caller())] == ["ds-1"]


async def test_a_validation_file_of_a_private_channel_is_for_that_channel(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    training = a_dataset(id="ds-1", validation="ds-2")
    await _store(datasets, training, a_dataset(id="ds-2", sha256="2", channel="G0SECRET", channel_private=True))
    assert await trainable.validation_of(a_caller(BEN), training) is None
    assert await trainable.validation_of(a_caller(BEN, channel="G0SECRET"), training) is not None


@pytest.mark.parametrize(
    ("word", "found"),
    [("split", "ds-2"), ("none", "none"), ("file-7", "file-7"), ("ds-9", "ds-9"), ("held-out.jsonl", "ds-2")],
)
async def test_a_validation_file_is_named_in_several_ways(
    trainable: TrainableDatasets, datasets: SqlDatasetStore, word: str, found: str
) -> None:
    training = a_dataset(id="ds-1", validation="ds-2")
    await _store(datasets, training, a_dataset(id="ds-2", sha256="2", name="held-out.jsonl"))
    assert await trainable.find_validation(a_caller(), word, training) == found


async def test_what_names_no_validation_file_is_refused(
    trainable: TrainableDatasets, datasets: SqlDatasetStore
) -> None:
    with pytest.raises(Invalid, match="nothing_split_off"):
        await trainable.find_validation(a_caller(), "split", a_dataset())
    with pytest.raises(NotFound, match="unknown_validation_file"):
        await trainable.find_validation(a_caller(), "nowhere.jsonl", a_dataset())
