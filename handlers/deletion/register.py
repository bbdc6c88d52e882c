"""Deleting a training file or a fine-tuned model, after a question."""

from typing import Final

from handlers.blocks import deletion
from handlers.datasets.blocks import report
from handlers.deletion.listeners import DeletionListeners
from handlers.routing import Command, Feature, Modal, Topic

FEATURE: Final = Feature(
    DeletionListeners,
    commands=(Command("delete", Topic.TALK, DeletionListeners.command, final=True, opens=deletion.DELETE_MODEL),),
    buttons={
        deletion.ASK_DATASET: DeletionListeners.ask_dataset,
        deletion.ASK_MODEL: DeletionListeners.ask_model,
        deletion.DELETE_DATASET: DeletionListeners.delete_dataset,
        deletion.DELETE_MODEL: DeletionListeners.delete_model,
    },
    modals={
        deletion.DATASET: Modal(DeletionListeners.delete_dataset),
        deletion.MODEL: Modal(DeletionListeners.delete_model),
    },
    options={
        (report.MORE, report.DELETE): DeletionListeners.ask_dataset,
    },
)
