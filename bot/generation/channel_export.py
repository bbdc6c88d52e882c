"""A channel as Slack exports it: messages as JSON, of which threads become topics, without names.

An export has one file a day, a list of messages; tools that save channels put the list under "messages".
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec

from bot.generation.generation import Topic
from bot.generation.passages import LONGEST, SHORTEST
from bot.generation.support import Message
from training_files.masking import mask_texts

_NAME: Final = 80


class ChannelExport(msgspec.Struct, frozen=True):
    """`names`: all names of a person, by their id."""

    messages: tuple[Message, ...]
    names: Mapping[str, tuple[str, ...]]


class _Reaction(msgspec.Struct):
    name: str = ""
    users: list[str] = []


class _Profile(msgspec.Struct):
    real_name: str | None = None
    display_name: str | None = None


class _Exported(msgspec.Struct):
    ts: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
    type: str = "message"
    user: str | None = None
    text: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    reactions: list[_Reaction] = []
    user_profile: _Profile | None = None


class _Wrapped(msgspec.Struct):
    messages: list[_Exported]


def read_export(content: bytes) -> ChannelExport | None:
    """None where it is no export of a channel."""
    decoded = _decoded(content)
    if not decoded:
        return None
    said = [one for one in decoded if one.type == "message" and one.user and one.text and one.subtype is None]
    names: dict[str, tuple[str, ...]] = {}
    for one in decoded:
        if one.user and one.user_profile is not None:
            profile = one.user_profile
            names[one.user] = tuple(dict.fromkeys(filter(None, (profile.real_name, profile.display_name))))
    return ChannelExport(tuple(map(_message, said)), names)


def threads_of(export: ChannelExport) -> list[Topic]:
    """Each thread in which more than one message stands, masked; of a long one its beginning."""
    threads: dict[str, list[Message]] = {}
    for message in sorted(export.messages, key=lambda one: float(one.ts)):
        threads.setdefault(message.thread_ts or message.ts, []).append(message)
    found = []
    for thread in threads.values():
        texts = mask_texts([one.text for one in thread], export.names).texts
        passage = _beginning(texts)
        if len(thread) > 1 and len(passage.encode()) >= SHORTEST:
            people = tuple(dict.fromkeys(one.user for one in thread))
            found.append(Topic(texts[0].strip().partition("\n")[0][:_NAME], passage, people))
    return found


def _decoded(content: bytes) -> Sequence[_Exported]:
    try:
        return msgspec.json.decode(content, type=list[_Exported])
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        return msgspec.json.decode(content, type=_Wrapped).messages
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return ()


def _message(one: _Exported) -> Message:
    reactions = {reaction.name: tuple(reaction.users) for reaction in one.reactions}
    return Message(one.ts, one.user or "", one.text or "", one.thread_ts, reactions, one.bot_id is not None)


def _beginning(texts: Sequence[str]) -> str:
    """Whole messages, as many as fit."""
    kept: list[str] = []
    room = LONGEST
    for text in texts:
        room -= len(text.encode()) + 2
        if room < 0:
            break
        kept.append(text)
    return "\n\n".join(kept)
