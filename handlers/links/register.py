"""Links to jobs. Slack tells of them only where the app's manifest has their domain."""

from typing import Final

from handlers.links.listeners import LinkListeners
from handlers.routing import Feature

FEATURE: Final = Feature(LinkListeners, events={"link_shared": LinkListeners.shared})
