"""Starting a job: by a command, by the button of a report or of an earlier job, by the modal."""

from typing import Final

from handlers.blocks import card
from handlers.datasets.blocks import report
from handlers.jobs.blocks import checkpoints
from handlers.routing import Command, Feature, Modal, Topic
from handlers.start.blocks import modal, question
from handlers.start.form import wrong
from handlers.start.listeners import StartListeners

FEATURE: Final = Feature(
    StartListeners,
    commands=(
        Command("start", Topic.TRAIN, StartListeners.command, opens=report.START, synonyms=("train", "开始", "训练")),
    ),
    buttons={
        report.START: StartListeners.pressed,
        **dict.fromkeys(modal.CHANGES, StartListeners.changed),
        question.CONFIRMED: StartListeners.confirmed,
        card.START_AGAIN: StartListeners.again,
        checkpoints.CONTINUE: StartListeners.continued,
    },
    modals={modal.CALLBACK_ID: Modal(StartListeners.submitted, wrong)},
)
