"""The notice that a training that repeats could not be started, or has ended."""

from bot.jobs.notice import RetrainingRefused
from handlers.blocks.message import Message
from handlers.blocks.parts import line
from handlers.blocks.text import bold, code, person, quoted
from texts import scheduled_training as texts
from texts.errors import recorded_sentence


def render(body: RetrainingRefused, owner: str) -> Message:
    """`owner`: who set it up."""
    if not body.collection:
        return line(texts.collection_gone(person(owner)))
    name, why = bold(quoted(body.collection, 80)), quoted(recorded_sentence(body.why), 1000)
    if body.ended:
        return line(texts.ended(name, person(owner), why, code(f"/finetune retrain {body.collection}", 150)))
    return line(texts.refused(name, why))
