"""Which of the files that were dropped together validates which: by their names, else by their sizes."""

from collections.abc import Sequence
from typing import Final

from bot.datasets.dataset import Dataset
from training_files.split_names import split_of, without_split

# A file of which nobody says what it is for validates another that has so many times its examples.
_TIMES: Final = 2


def can_validate(dataset: Dataset) -> bool:
    """Whether a job can be validated with it. A few examples are enough for that."""
    found = dataset.report
    return (
        dataset.deleted_at is None
        and found is not None
        and found.method is not None
        and found.examples > 0
        and all(error.code == "too_few_examples" for error in found.errors)
    )


def validates(validation: Dataset, training: Dataset) -> bool:
    """Whether `validation` can validate a job on `training`: another file, of the same format."""
    mine, its = training.report, validation.report
    return (
        validation.id != training.id
        and validation.sha256 != training.sha256
        and can_validate(validation)
        and mine is not None
        and its is not None
        and its.format == mine.format
    )


def validation_of(training: Dataset, dropped: Sequence[Dataset]) -> Dataset | None:
    """The file among `dropped` that validates `training`; None if there is none, or it is not clear which."""
    if training.report is None or not training.report.ok or split_of(training.name) in ("validation", "test"):
        return None
    others = [other for other in dropped if validates(other, training)]
    for split in ("validation", "test"):
        named = [other for other in others if split_of(other.name) == split]
        same = [other for other in named if without_split(other.name) == without_split(training.name)]
        for found in (same, named):
            if len(found) == 1:
                return found[0]
        if named:
            return None
    if split_of(training.name) is None and len(others) == 1 and split_of(others[0].name) is None:
        other = others[0]
        if other.report is not None and other.report.examples * _TIMES <= training.report.examples:
            return other
    return None
