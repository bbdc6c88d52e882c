"""`/finetune move [MODEL…|all] [to=PROVIDER] [base=MODEL] [confirm=yes]`, read."""

from dataclasses import dataclass

from bot.errors import Invalid
from handlers.blocks.markup import half_width, parts_of
from handlers.blocks.move import ALL


@dataclass(frozen=True)
class Typed:
    """`models`: the words for them, empty where none or all are meant; `all`: the latter. `to` and `base` are "" where
    nothing was said."""

    models: tuple[str, ...] = ()
    all: bool = False
    to: str = ""
    base: str = ""
    confirmed: bool = False


def read_command(text: str) -> Typed:
    """Raises Invalid."""
    models: list[str] = []
    settings: dict[str, str] = {}
    parts = parts_of(half_width(text))
    while parts:
        part = parts.pop(0)
        name, equals, value = part.partition("=")
        if equals and name.lower() in ("to", "base", "confirm"):
            settings[name.lower()] = value.strip("`")
        elif part.lower() == "to" and parts:
            settings["to"] = parts.pop(0).strip("`")
        elif equals:
            raise Invalid("move_words", word=part)
        else:
            models.append(part.strip("`"))
    every = [word.lower() for word in models] == [ALL]
    return Typed(
        () if every else tuple(models),
        every,
        settings.get("to", ""),
        settings.get("base", ""),
        settings.get("confirm", "").lower() == "yes",
    )
