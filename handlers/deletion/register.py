"""Deleting a training file or a fine-tuned model, after a question."""

from typing import Final

from handlers.blocks import deletion
from handlers.deletion import buttons, commands, modals
from handlers.routing import Command, Feature, Modal

FEATURE: Final = Feature(
    commands=(
        Command(
            "delete",
            "Talk",
            "delete MODEL | FILE",
            "Delete a fine-tuned model, or a training file",
            commands.run,
            "You are asked before anything is deleted. Of a file, our copy and the provider's go.",
            ("delete support.jsonl",),
            final=True,
        ),
    ),
    buttons={
        "dataset_delete": buttons.dataset,
        "model_delete": buttons.model,
    },
    modals={
        deletion.DATASET: Modal(modals.asked(buttons.dataset)),
        deletion.MODEL: Modal(modals.asked(buttons.model)),
    },
)
