"""For administrators: the audit log, channels that are told how jobs end, and in which language."""

from typing import Final

from handlers.administration import audit, language, subscriptions
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
            "language",
            "Look after",
            "language [en | zh | default]",
            "Say what I speak in this channel, or change it",
            language.run,
            "`zh` is Simplified Chinese. What only you see is in the language of your Slack.",
            ("language", "language zh", "language default"),
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
