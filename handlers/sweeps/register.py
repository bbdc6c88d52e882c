"""Several configurations of one training file: started and stopped."""

from typing import Final

from handlers.blocks import sweep
from handlers.datasets.blocks import report
from handlers.routing import Command, Feature, Modal, Topic
from handlers.sweeps import modal, plan
from handlers.sweeps.listeners import SweepListeners

FEATURE: Final = Feature(
    SweepListeners,
    commands=(Command("sweep", Topic.TRAIN, SweepListeners.command, opens=modal.CALLBACK_ID),),
    buttons={
        plan.CONFIRMED: SweepListeners.confirmed,
        sweep.STOP: SweepListeners.stop,
    },
    modals={
        modal.CALLBACK_ID: Modal(SweepListeners.submitted, modal.wrong),
    },
    options={(report.MORE, report.SWEEP): SweepListeners.opened},
)
