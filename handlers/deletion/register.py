"""Deleting a training file or a fine-tuned model, after a question."""

from typing import Final

from handlers.blocks import deletion
from handlers.deletion.listeners import DeletionListeners
from handlers.routing import Command, Feature, Modal

FEATURE: Final = Feature(
    DeletionListeners,
    commands=(
        Command(
            "delete",
            "Talk",
            "delete MODEL | FILE",
            "Delete a fine-tuned model, or a training file",
            DeletionListeners.command,
            "You are asked before anything is deleted. Of a file, our copy and the provider's go.",
            ("delete support.jsonl",),
            final=True,
        ),
    ),
    buttons={
        deletion.DELETE_DATASET: DeletionListeners.delete_dataset,
        deletion.DELETE_MODEL: DeletionListeners.delete_model,
    },
    modals={
        deletion.DATASET: Modal(DeletionListeners.delete_dataset),
        deletion.MODEL: Modal(DeletionListeners.delete_model),
    },
)
