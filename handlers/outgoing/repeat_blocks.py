"""The notice that an evaluation is repeated no more."""

from bot.jobs.notice import RepeatEnded
from handlers.blocks.message import Message
from handlers.blocks.parts import line
from handlers.blocks.text import person, quoted
from texts.errors import recorded_sentence
from texts.evaluations import repeats as texts


def render(body: RepeatEnded, owner: str) -> Message:
    """`owner`: of the evaluation."""
    return line(texts.ended(person(owner), quoted(recorded_sentence(body.why), 1000)))
