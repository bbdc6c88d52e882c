"""The provider's files: listed, and deleted where no job uses them."""

from typing import Final

from handlers.provider_files import blocks
from handlers.provider_files.listeners import ProviderFileListeners
from handlers.routing import Command, Feature

FEATURE: Final = Feature(
    ProviderFileListeners,
    commands=(
        Command(
            "files",
            "Train",
            "files",
            "List the provider's files, and delete those that no job uses",
            ProviderFileListeners.command,
            "Each file has a button that deletes it at the provider. Our own copies stay.",
            ("files",),
        ),
    ),
    buttons={
        blocks.NEWER: ProviderFileListeners.turned,
        blocks.OLDER: ProviderFileListeners.turned,
        blocks.DELETE: ProviderFileListeners.delete,
        blocks.DELETE_UNUSED: ProviderFileListeners.delete_unused,
    },
)
