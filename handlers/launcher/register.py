"""What stands on `/finetune` alone: what is running, what needs a person, what they can do; and their settings."""

from typing import Final

from handlers.blocks import help
from handlers.launcher import blocks
from handlers.launcher.listeners import LauncherListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    LauncherListeners,
    commands=(
        Command("overview", Topic.FOLLOW, LauncherListeners.overview, opens=help.OVERVIEW),
        Command("settings", Topic.MANAGE, LauncherListeners.settings, opens=help.SETTINGS),
    ),
    buttons={blocks.DIRECTLY: LauncherListeners.approvals_directly},
)
