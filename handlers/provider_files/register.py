"""The provider's files: listed, and deleted where no job uses them."""

from typing import Final

from handlers.provider_files import blocks
from handlers.provider_files.listeners import ProviderFileListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ProviderFileListeners,
    commands=(Command("files", Topic.TRAIN, ProviderFileListeners.command),),
    buttons={
        blocks.NEWER: ProviderFileListeners.turned,
        blocks.OLDER: ProviderFileListeners.turned,
        blocks.DELETE: ProviderFileListeners.delete,
        blocks.DELETE_UNUSED: ProviderFileListeners.delete_unused,
    },
)
