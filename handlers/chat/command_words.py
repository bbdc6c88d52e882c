"""What was typed after `/finetune chat`: a model, and settings of the conversation."""

from typing import Final

import msgspec

from bot.conversations.settings import SETTINGS, SettingsChange, read_settings
from bot.errors import Invalid
from handlers.blocks.markup import parts_of

_OTHER_NAMES: Final = {"max_completion_tokens": "max_tokens", "max": "max_tokens"}


class Typed(msgspec.Struct, frozen=True):
    """`model`: "" where none was named."""

    model: str
    settings: SettingsChange = SettingsChange()


def read_command(words: str) -> Typed:
    """Raises Invalid."""
    if "=" not in words:
        return Typed(words.strip().strip("`"))
    model = ""
    settings: dict[str, str] = {}
    for part in parts_of(words):
        name, equals, value = part.partition("=")
        name = _OTHER_NAMES.get(name.lower(), name.lower())
        if not equals and not model:
            model = part.strip("`")
        elif not equals or name not in SETTINGS:
            raise Invalid("unknown_setting", word=part, settings=SETTINGS)
        elif name == "stop" and name in settings:  # there may be several
            settings[name] += f"\n{value}"
        else:
            settings[name] = value
    read = read_settings(settings)
    if isinstance(read, dict):
        raise Invalid("settings_refused", problems=read)
    if not model:
        raise Invalid("no_model_named")
    return Typed(model, read)
