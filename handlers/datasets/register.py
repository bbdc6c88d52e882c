"""Training files: dropped, reported on, looked at, split."""

from typing import Final

from handlers.datasets.blocks import report, sample, split_modal
from handlers.datasets.listeners import DatasetListeners, wrong_split
from handlers.routing import SECONDS_AT_ONCE, Feature, Modal

FEATURE: Final = Feature(
    DatasetListeners,
    buttons={
        report.SPLIT: DatasetListeners.split,
        report.SAMPLE: DatasetListeners.sample,
        sample.ANOTHER: DatasetListeners.another_sample,
        report.FINDINGS: DatasetListeners.all_findings,
    },
    modals={
        split_modal.CALLBACK_ID: Modal(
            DatasetListeners.split_submitted, wrong_split, seconds=SECONDS_AT_ONCE, makes_files=True
        ),
    },
    events={
        "file_deleted": DatasetListeners.file_deleted,
    },
)
