"""Collections of examples that grow in Slack, and training on them."""

from typing import Final

from handlers.collections.listeners import CollectionListeners
from handlers.routing import Feature

FEATURE: Final = Feature(CollectionListeners)
