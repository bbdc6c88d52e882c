"""Collections of examples that grow in Slack, and training on them."""

from typing import Final

from handlers.collections import blocks
from handlers.collections.listeners import CollectionListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    CollectionListeners,
    commands=(Command("datasets", Topic.TRAIN, CollectionListeners.command),),
    buttons={
        blocks.OPEN: CollectionListeners.open,
        blocks.LIST_OLDER: CollectionListeners.turned,
        blocks.LIST_NEWER: CollectionListeners.turned,
        blocks.EXAMPLES: CollectionListeners.examples,
        blocks.EXAMPLES_OLDER: CollectionListeners.examples,
        blocks.EXAMPLES_NEWER: CollectionListeners.examples,
        blocks.QUEUE: CollectionListeners.examples,
        blocks.REMOVE: CollectionListeners.remove,
        blocks.ACCEPT: CollectionListeners.accept,
        blocks.REJECT: CollectionListeners.reject,
        blocks.REVIEW: CollectionListeners.require_review,
        blocks.EXPORT: CollectionListeners.export,
    },
)
