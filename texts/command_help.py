"""Help of a command line (typer) that is said in the language in force when it begins."""

from collections.abc import Callable
from typing import Any

import typer.core


def described(command: Callable[[str], str], option: Callable[[str, str], str]) -> type[typer.core.TyperGroup]:
    """The class of a program whose words stand in texts/. `command` has the text of the command of a name, and of the
    program, whose name is empty; `option` that of a parameter of a command. A command within another has both names:
    "keys create"."""

    class Described(typer.core.TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            describe(self, "")

    def describe(one: Any, name: str) -> None:
        one.help = command(name)
        # A sentence in Chinese has no blank behind its end, by which it would be known.
        one.short_help = f"{one.help.partition('。')[0]}。" if "。" in one.help else None
        for parameter in one.params:
            parameter.help = option(name, parameter.name)
            if parameter.nargs == -1:
                parameter.display_type_rich = lambda **_: None  # beside its name typer writes "<list[str]>"
        for inner, child in getattr(one, "commands", {}).items():
            describe(child, f"{name} {inner}".strip())

    return Described
