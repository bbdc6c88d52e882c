"""Which one? A menu for a command that names none: whatever is chosen is the command's word."""

from collections.abc import Sequence

from slack_sdk.models.blocks import StaticSelectElement

from handlers.blocks.help import CHOOSE
from handlers.blocks.message import Message
from handlers.blocks.parts import OPTION_VALUE, OPTIONS, PLACEHOLDER, actions, line, message, option, plain, section
from handlers.blocks.text import size
from texts import help as texts


def which(question: str, command: str, things: Sequence[tuple[str, str]], none: str) -> Message:
    """`things`: the word that names each, and what people read. `none`: what is said where there are none."""
    values = [(f"{command} {word}", label) for word, label in things]
    options = [option(label, value) for value, label in values if size(value) <= OPTION_VALUE][:OPTIONS]
    if not options:
        return line(none)
    menu = StaticSelectElement(action_id=CHOOSE, placeholder=plain(texts.choose(), PLACEHOLDER), options=options)
    return message(question, [section(question), actions(menu)])
