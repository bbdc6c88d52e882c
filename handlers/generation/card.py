"""The card of a generation: one message that shows how far it is."""

from typing import Final

from bot.evaluations.evaluation import Progress
from bot.generation.generation import Counts, Generation, Why
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import line
from handlers.blocks.runs import Controls, Words, run_card, why_words
from handlers.blocks.text import person
from texts import generation as texts

CONTROLS: Final = Controls("generation_pause", "generation_resume", "generation_cancel")


def card(generation: Generation, progress: Progress, counts: Counts) -> Message:
    told = generation.instructions
    began = texts.began(person(generation.owner), named(told.teacher), told.n, generation.topics)
    done = texts.done(progress.done, progress.of)
    words = Words(texts.title(), began, done, texts.cancel_question(), left_out(counts))
    return run_card(generation, progress, words, CONTROLS)


def left_out(counts: Counts) -> list[str]:
    """What was dropped and taken off, a line each."""
    alike, refused = counts.dropped.get(Why.NEAR_DUPLICATE, 0), counts.dropped.get(Why.REFUSED, 0)
    others = sum(counts.dropped.get(why, 0) for why in (Why.CUT_OFF, Why.EMPTY, Why.INVALID))
    said = []
    if alike or refused or others:
        said.append(texts.left_out(alike, refused, others))
    if counts.fillers:
        said.append(texts.fillers(counts.fillers))
    return said


def failure(generation: Generation) -> Message:
    return line(f"{person(generation.owner)} {texts.failed(why_words(generation.why))}")
