"""Going on with the successor of a model that was moved."""

from typing import Final

from handlers.blocks import move
from handlers.routing import Feature
from handlers.succession import blocks
from handlers.succession.listeners import SuccessionListeners

FEATURE: Final = Feature(
    SuccessionListeners,
    buttons={
        move.ADOPT: SuccessionListeners.adopt,
        blocks.SWITCH: SuccessionListeners.switch,
        blocks.OFFER: SuccessionListeners.offer,
    },
)
