"""Several configurations of one training file: started, agreed to, stopped."""

from typing import Final

from handlers.blocks import sweep
from handlers.datasets.blocks import report
from handlers.routing import Command, Feature, Modal, Topic
from handlers.spending.listeners import without_reason
from handlers.sweeps import modal, plan
from handlers.sweeps.listeners import SweepListeners

FEATURE: Final = Feature(
    SweepListeners,
    commands=(Command("sweep", Topic.TRAIN, SweepListeners.command),),
    buttons={
        plan.CONFIRMED: SweepListeners.confirmed,
        sweep.STOP: SweepListeners.stop,
        sweep.APPROVE: SweepListeners.approve,
        sweep.DECLINE: SweepListeners.decline,
    },
    modals={
        modal.CALLBACK_ID: Modal(SweepListeners.submitted, modal.wrong),
        sweep.DECLINE_CALLBACK: Modal(SweepListeners.declined, without_reason),
    },
    options={(report.MORE, report.SWEEP): SweepListeners.opened},
)
