"""Training files: dropped, reported on, looked at, split."""

from typing import Final

from handlers.datasets import findings, intake, sample, split
from handlers.datasets.blocks import split_modal
from handlers.routing import SECONDS_AT_ONCE, Feature, Modal

FEATURE: Final = Feature(
    buttons={
        "dataset_split": split.pressed,
        "dataset_sample": sample.pressed,
        "sample_another": sample.another,
        "dataset_findings": findings.all_findings,
    },
    modals={
        split_modal.CALLBACK_ID: Modal(split.submitted, split.wrong, seconds=SECONDS_AT_ONCE),
    },
    events={
        "file_deleted": intake.file_deleted,
    },
)
