"""Training again and again on a training set that grows."""

from typing import Final

from handlers.blocks.retraining import SCHEDULE
from handlers.routing import Command, Feature, Modal, Topic
from handlers.scheduled_training import blocks
from handlers.scheduled_training.listeners import ScheduledTrainingListeners
from handlers.scheduled_training.modal import wrong

FEATURE: Final = Feature(
    ScheduledTrainingListeners,
    commands=(Command("retrain", Topic.TRAIN, ScheduledTrainingListeners.command, opens=SCHEDULE),),
    buttons={
        SCHEDULE: ScheduledTrainingListeners.open,
        blocks.STOP: ScheduledTrainingListeners.stop,
    },
    modals={SCHEDULE: Modal(ScheduledTrainingListeners.submitted, wrong)},
)
