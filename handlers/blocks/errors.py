"""What people read when something was refused or went wrong. Sentences are plain text: they are escaped here."""

from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import quoted
from texts.formats import sentences


def refusal(sentence: str) -> Message:
    """The bot will not do it, and the sentence says why and what would help."""
    words = quoted(sentence, 1500)
    return message(words, [section(words)])


def failure(sentence: str, what_next: str = "") -> Message:
    """It was tried and did not work: what happened, then what to do next."""
    words, next_step = quoted(sentence, 1500), quoted(what_next, 1000)
    return message(sentences(words, next_step), [section(f"{words}\n{next_step}".rstrip())])
