"""Fine-tuned models moved to another provider."""

from typing import Final

from handlers.blocks import move
from handlers.moves import modal, plan
from handlers.moves.listeners import MoveListeners
from handlers.routing import Command, Feature, Modal, Topic

FEATURE: Final = Feature(
    MoveListeners,
    commands=(Command("move", Topic.TRAIN, MoveListeners.command, opens=move.OPEN),),
    buttons={
        plan.CONFIRMED: MoveListeners.confirmed,
        move.STOP: MoveListeners.stop,
        move.OFFERS: MoveListeners.offers,
        move.OPEN: MoveListeners.opened,
    },
    modals={modal.CALLBACK_ID: Modal(MoveListeners.submitted)},
)
