"""Collections of examples that grow in Slack, and training on them."""

from dataclasses import dataclass

from handlers.callers import Callers


@dataclass(frozen=True)
class CollectionListeners:
    callers: Callers
