"""Which questions are asked for next: rounds, each of several requests to the teacher, spread over the topics."""

from collections import Counter
from collections.abc import Collection, Sequence
from math import ceil
from typing import Final

import msgspec

from bot.generation.diversity import distinct
from bot.generation.generation import Draft, Instructions, State, Why
from bot.generation.prompts import QUESTIONS_AT_ONCE

SPARE: Final = 1.25
"""So many times the missing questions are asked for: some will be like others."""
_OF_A_TOPIC: Final = 4
"""Requests about one topic in a round: each sees the questions of the rounds before, not those of its own."""


class Batch(msgspec.Struct, frozen=True):
    """One request for `count` questions. `place`: among the requests about the topic in its round."""

    topic: int
    count: int
    answerable: bool
    place: int


def missing(told: Instructions, drafts: Sequence[Draft], *, answerable: bool) -> int:
    """How many more questions are needed. What a person dropped is not made up for."""
    there = sum(
        one.answerable is answerable and (one.state in (State.ASKED, State.KEPT) or one.why is Why.BY_PERSON)
        for one in drafts
    )
    return max(0, told.wanted(answerable=answerable) - there)


def next_round(drafts: Sequence[Draft]) -> int:
    return max((one.round for one in drafts), default=-1) + 1


def batches(told: Instructions, topics: Collection[int], drafts: Sequence[Draft]) -> list[Batch]:
    """The requests of a round about the topics with these numbers; none where nothing is missing. Topics of which there
    is least come first."""
    if not topics:
        return []
    there = Counter(one.topic for one in drafts if one.state in (State.ASKED, State.KEPT))
    order = sorted(topics, key=lambda topic: (there[topic], topic))
    places: Counter[int] = Counter()
    found: list[Batch] = []
    for answerable in (True, False):
        wanted = ceil(SPARE * missing(told, drafts, answerable=answerable))
        if not wanted:
            continue
        requests = min(max(ceil(wanted / QUESTIONS_AT_ONCE), min(len(topics), wanted)), _OF_A_TOPIC * len(topics))
        count = min(QUESTIONS_AT_ONCE, ceil(wanted / requests))
        for number in range(requests):
            topic = order[number % len(topics)]
            found.append(Batch(topic, count, answerable, places[topic]))
            places[topic] += 1
    return found


def sorted_out(
    told: Instructions, drafts: Sequence[Draft], round: int, asked: Sequence[Batch], found: Sequence[Sequence[str]]
) -> list[Draft]:
    """The drafts that a `round` brings: of the questions that each batch got, as many as are missing, and those that
    are like others, which are dropped. They are taken from all batches by turns, so that no topic is left out."""
    by_turns = [
        (batch, questions[turn])
        for turn in range(max(map(len, found), default=0))
        for batch, questions in zip(asked, found, strict=True)
        if turn < len(questions)
    ]
    known = [one.question for one in drafts if not one.is_like_another_question]
    new = distinct(known, [question for _, question in by_turns])
    room = {answerable: missing(told, drafts, answerable=answerable) for answerable in (True, False)}
    brought: list[Draft] = []
    for (batch, question), is_new in zip(by_turns, new, strict=True):
        if not room[batch.answerable]:
            continue
        draft = Draft(len(drafts) + len(brought), batch.topic, round, question, batch.answerable)
        if is_new:
            room[batch.answerable] -= 1
        else:
            draft = msgspec.structs.replace(draft, state=State.DROPPED, why=Why.NEAR_DUPLICATE)
        brought.append(draft)
    return brought
