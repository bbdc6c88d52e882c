"""Collections of examples that grow in Slack, and training on them."""

from typing import Final

from handlers.collections import blocks, forms
from handlers.collections.listeners import CollectionListeners
from handlers.routing import Command, Feature, Modal, Topic

FEATURE: Final = Feature(
    CollectionListeners,
    commands=(Command("datasets", Topic.TRAIN, CollectionListeners.command, opens=blocks.LIST_OLDER),),
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
        forms.DESCRIBE: CollectionListeners.open_description,
        forms.MERGE: CollectionListeners.open_merge,
        forms.FILTER: CollectionListeners.open_filter,
        blocks.REMOVE_SELECTED: CollectionListeners.remove_selected,
        blocks.SPLIT_OFF: CollectionListeners.split_off,
        blocks.EXPORT: CollectionListeners.export,
    },
    modals={
        forms.DESCRIBE: Modal(CollectionListeners.describe),
        forms.MERGE: Modal(CollectionListeners.merge),
        forms.FILTER: Modal(CollectionListeners.filter),
    },
)
