"""Pairs of question and accepted answer from a channel in which people help each other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from training_files.masking import mask_texts

ACCEPTED: Final = frozenset({"white_check_mark", "heavy_check_mark", "ballot_box_with_check"})
"""Reactions by which people say that a message answered a question."""


class Message(msgspec.Struct, frozen=True):
    """As much of a message in Slack as matters here. `reactions`: who reacted, by the emoji's name."""

    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    reactions: Mapping[str, tuple[str, ...]] = {}
    by_bot: bool = False


class SupportPair(msgspec.Struct, frozen=True):
    """Masked. `people`: whose words these are; `thread_ts`: where they stand."""

    question: str
    answer: str
    thread_ts: str
    people: tuple[str, ...]
    masked: dict[str, int] = {}


def pairs_in(messages: Iterable[Message], names: Mapping[str, Sequence[str]]) -> list[SupportPair]:
    """One of each thread that has an accepted answer: a reply of somebody else that the asker, else most people, marked
    as such. `names`: of people, by their id; they are masked."""
    threads: dict[str, list[Message]] = {}
    for message in sorted(messages, key=_when):
        threads.setdefault(message.thread_ts or message.ts, []).append(message)
    found = []
    for ts, (first, *replies) in threads.items():
        accepted = max(replies, key=_accepted_by(first.user), default=None)
        if accepted is None or not _accepted_by(first.user)(accepted)[1] or first.by_bot or first.ts != ts:
            continue
        masked = mask_texts([first.text, accepted.text], names)
        question, answer = masked.texts
        if question.strip() and answer.strip():
            people = tuple(dict.fromkeys((first.user, accepted.user)))
            found.append(SupportPair(question, answer, ts, people, masked.counts))
    return found


def _accepted_by(asker: str) -> Callable[[Message], tuple[bool, int]]:
    """How well a reply is accepted: by the asker, and by how many. What the asker says is no answer."""

    def accepted(reply: Message) -> tuple[bool, int]:
        if reply.user == asker:
            return False, 0
        who = {user for name, users in reply.reactions.items() if name in ACCEPTED for user in users} - {reply.user}
        return asker in who, len(who)

    return accepted


def _when(message: Message) -> float:
    return float(message.ts)
