"""For administrators: the audit log, channels that get the endings of jobs, and channels' languages."""

from typing import Final

from handlers.administration import blocks
from handlers.administration.listeners import AdministrationListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    AdministrationListeners,
    commands=(
        Command("notify", Topic.FOLLOW, AdministrationListeners.notify),
        Command("language", Topic.MANAGE, AdministrationListeners.language),
        Command("audit", Topic.MANAGE, AdministrationListeners.audit),
    ),
    buttons={
        blocks.NEWER: AdministrationListeners.audit_turned,
        blocks.OLDER: AdministrationListeners.audit_turned,
    },
)
