"""The digest of a channel."""

from typing import Final

from handlers.digest.listeners import DigestListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(DigestListeners, commands=(Command("digest", Topic.FOLLOW, DigestListeners.command),))
