"""Starting a job: by a command, by the button of a report, by its modal."""

from typing import Final

from handlers.datasets.blocks import report
from handlers.routing import Command, Feature, Modal, Topic
from handlers.start import again, buttons, commands, modals
from handlers.start.blocks.modal import CALLBACK_ID, CHANGES

FEATURE: Final = Feature(
    commands=(Command("start", Topic.TRAIN, commands.run),),
    buttons={
        report.START: buttons.pressed,
        **dict.fromkeys(CHANGES, buttons.changed),
        "start_confirmed": commands.confirmed,
        "job_retry": again.start_again,
        "checkpoint_continue": again.continue_training,
    },
    modals={
        CALLBACK_ID: Modal(modals.submitted, modals.wrong),
    },
)
