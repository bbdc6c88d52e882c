"""Starting a job: by a command, by the button of a report, by its modal."""

from typing import Final

from handlers.routing import Command, Feature, Modal
from handlers.start import again, buttons, commands, modals
from handlers.start.blocks.modal import CALLBACK_ID, CHANGES
from handlers.start.start_form import FIELDS

FEATURE: Final = Feature(
    commands=(
        Command(
            "start",
            "Train",
            "start [FILE] [model=… epochs=… batch=… lr=… …]",
            "Train a model on a file you dropped here; with settings, after a question",
            commands.run,
            "Without a file it takes the one of the thread, or the one dropped last in this channel. Without settings "
            f"a window opens. Settings: {', '.join(FIELDS)}. A validation file that was dropped with it, or split off "
            "it, is taken too; `validation=none` leaves it out. `confirm=yes` leaves the question out.",
            ("start", "start support.jsonl", "start support.jsonl epochs=3 lr=0.5 name=support"),
        ),
    ),
    buttons={
        "start_job": buttons.pressed,
        **dict.fromkeys(CHANGES, buttons.changed),
        "start_confirmed": commands.confirmed,
        "job_retry": again.start_again,
        "checkpoint_continue": again.continue_training,
    },
    modals={
        CALLBACK_ID: Modal(modals.submitted, modals.wrong),
    },
)
