"""For administrators: the audit log, and channels that are told how jobs end."""

from typing import Final

from handlers.administration import audit, subscriptions
from handlers.routing import Command, Feature

FEATURE: Final = Feature(
    commands=(
        Command(
            "notify",
            "Follow",
            "notify here | off | #channel",
            "Tell a channel how all public jobs end",
            subscriptions.run,
            "It holds until it is switched off again.",
            ("notify here", "notify #ml-news", "notify off"),
        ),
        Command(
            "audit",
            "Look after",
            "audit [page=2 | csv]",
            "Show who did what, to administrators",
            audit.run,
            "`csv` gives all of it as a file.",
            ("audit", "audit page=2", "audit csv"),
        ),
    ),
    buttons={
        "audit_newer": audit.turned,
        "audit_older": audit.turned,
    },
)
