"""Pairs of question and accepted answer from a channel in which people help each other."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

import msgspec

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
    """As it was said, nothing masked. `speakers`: all who speak in the thread, whose names may be in it."""

    question: Message
    answer: Message
    speakers: tuple[str, ...]


def pairs_in(messages: Iterable[Message], accepting: Collection[str] = ()) -> list[SupportPair]:
    """One of each thread that has an accepted answer: a reply of somebody else that the asker, else most people, marked
    as such; where nobody marked one, the last reply of the people in `accepting`."""
    threads: dict[str, list[Message]] = {}
    for message in sorted(messages, key=_when):
        threads.setdefault(message.thread_ts or message.ts, []).append(message)
    found = []
    for ts, (question, *replies) in threads.items():
        if question.by_bot or question.ts != ts or not question.text.strip():
            continue
        said = [reply for reply in replies if reply.user != question.user and reply.text.strip()]
        accepted = _marked(question.user)
        marked = [reply for reply in said if accepted(reply)[1]]
        last = [reply for reply in said if reply.user in accepting]
        answer = max(marked, key=accepted) if marked else last[-1] if last else None
        if answer is not None:
            speakers = tuple(dict.fromkeys(one.user for one in (question, *replies)))
            found.append(SupportPair(question, answer, speakers))
    return found


def _marked(asker: str) -> Callable[[Message], tuple[bool, int]]:
    """How well a reply is accepted: whether by the asker, and by how many. Nobody accepts what they said themselves."""

    def marked(reply: Message) -> tuple[bool, int]:
        who = {user for name, users in reply.reactions.items() if name in ACCEPTED for user in users} - {reply.user}
        return asker in who, len(who)

    return marked


def _when(message: Message) -> float:
    return float(message.ts)
