"""Collections of examples that grow in Slack, and training on them."""

from typing import Final

from handlers.collections import blocks
from handlers.collections.listeners import CollectionListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    CollectionListeners,
    commands=(Command("datasets", Topic.TRAIN, CollectionListeners.overview),),
    buttons={blocks.EXPORT: CollectionListeners.export},
)
