"""Models that stop answering, and what nobody uses."""

from typing import Final

from handlers.retirement import blocks
from handlers.retirement.listeners import RetirementListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    RetirementListeners,
    commands=(
        Command("retiring", Topic.MANAGE, RetirementListeners.retiring),
        Command("unused", Topic.MANAGE, RetirementListeners.unused),
    ),
    buttons={blocks.EARLIER: RetirementListeners.turned, blocks.LATER: RetirementListeners.turned},
)
