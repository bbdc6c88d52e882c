"""What was typed after `/finetune start`: a file, and settings."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.errors import Invalid
from bot.jobs.settings import SETTINGS
from handlers.blocks.markup import parts_of

_OTHER_NAMES: Final = {"name": "suffix", "batch_size": "batch", "learning_rate": "lr", "n_epochs": "epochs"}
_YES: Final = {"yes", "y", "true", "1"}


class Typed(msgspec.Struct, frozen=True):
    """`file` is an id (ds-…, file-…) or a name; `confirmed`: nothing is to be asked."""

    file: str | None
    settings: dict[str, str]
    confirmed: bool = False


def read_command(words: str, also: Sequence[str] = ()) -> Typed:
    """`also`: names beside those of the settings. Raises Invalid."""
    file: str | None = None
    settings: dict[str, str] = {}
    for part in parts_of(words):
        name, equals, value = part.partition("=")
        name = _OTHER_NAMES.get(name.lower(), name.lower())
        if not equals and file is None:
            file = part
        elif name == "file" and equals:
            file = value
        elif equals and (name in SETTINGS or name in also or name == "confirm"):
            settings[name] = value
        else:
            raise Invalid("unknown_setting", word=part, settings=(*SETTINGS, *also))
    confirmed = settings.pop("confirm", "").lower() in _YES
    return Typed(file, settings, confirmed)
