"""Training files: dropped, reported on, looked at, split."""

from typing import Final

from handlers.datasets.blocks import report, sample, split_modal
from handlers.datasets.listeners import DatasetListeners, wrong_split
from handlers.routing import SECONDS_AT_ONCE, Feature, Modal

FEATURE: Final = Feature(
    DatasetListeners,
    buttons={
        report.SPLIT: DatasetListeners.split,
        sample.ANOTHER: DatasetListeners.another_sample,
        report.FINDINGS: DatasetListeners.all_findings,
        report.SAMPLE: DatasetListeners.sample,  # on reports that were posted when it was a button
    },
    options={(report.MORE, report.SAMPLE): DatasetListeners.sample},
    modals={
        split_modal.CALLBACK_ID: Modal(
            DatasetListeners.split_submitted, wrong_split, seconds=SECONDS_AT_ONCE, makes_files=True
        ),
    },
    events={
        "file_deleted": DatasetListeners.file_deleted,
    },
)
