"""The provider's files: listed, and deleted where no job uses them."""

from typing import Final

from handlers.provider_files import commands
from handlers.routing import Command, Feature

FEATURE: Final = Feature(
    commands=(
        Command(
            "files",
            "Train",
            "files",
            "List the provider's files, and delete those that no job uses",
            commands.run,
            "Each file has a button that deletes it at the provider. Our own copies stay.",
            ("files",),
        ),
    ),
    buttons={
        "files_newer": commands.turned,
        "files_older": commands.turned,
        "file_delete": commands.delete,
        "files_delete_unused": commands.delete_unused,
    },
)
