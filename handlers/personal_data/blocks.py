"""What is asked before a person is erased, and what came of it."""

from typing import Final

from bot.personal_data.erasure import Erased
from handlers.blocks import parts
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, people_menu, section
from handlers.blocks.text import code, escape, person
from texts import personal_data as texts

ERASE: Final = "person_erase"
CHOOSE: Final = "person_erase_asked"


def whose() -> Message:
    text = texts.whose_erasure()
    return parts.message(text, [section(text), actions(people_menu(CHOOSE, texts.choose_person()))])


def question(user: str) -> Message:
    text = texts.erase_question(person(user))
    sure = confirm(texts.erase_title(), texts.for_good(), texts.erase_button(), texts.keep_button())
    erase = button(texts.erase_button(), ERASE, user, style="danger", confirm=sure)
    return parts.message(text, [section(text), actions(erase)])


def erased(user: str, gone: Erased) -> Message:
    lines = [texts.erased(person(user), code(gone.pseudonym), gone.mentions)]
    lines += [f"• {line}" for line in texts.counts(gone.counts)] or [texts.nothing_written()]
    if gone.models:
        lines.append(texts.models_learned([code(model) for model in gone.models]))
    if gone.more_models:
        lines.append(texts.hidden_models_learned(gone.more_models))
    if gone.left:
        lines.append(texts.left_at([escape(provider) for provider in gone.left]))
    if not gone.swept:
        lines.append(texts.log_held())
    return parts.line("\n".join([*lines, texts.what_stays()]))
