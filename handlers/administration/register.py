"""For administrators: the audit log, channels that are told how jobs end, and in which language."""

from typing import Final

from handlers.administration import audit, language, subscriptions
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    commands=(
        Command("notify", Topic.FOLLOW, subscriptions.run),
        Command("language", Topic.MANAGE, language.run),
        Command("audit", Topic.MANAGE, audit.run),
    ),
    buttons={
        "audit_newer": audit.turned,
        "audit_older": audit.turned,
    },
)
