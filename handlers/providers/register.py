"""The providers of a channel: shown, and one of them put first."""

from typing import Final

from handlers.providers import blocks
from handlers.providers.listeners import ProviderListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ProviderListeners,
    commands=(Command("provider", Topic.MANAGE, ProviderListeners.command),),
    buttons={blocks.CHOOSE: ProviderListeners.chosen},
)
