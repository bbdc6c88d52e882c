"""Plain examples: chats and completions that are nothing but text, and sound. Most lines of most files are such.

They decode at the speed of C, and only a few repairs can concern one. Which they are, the bytes of its line tell.
"""

import re
from collections.abc import Set

import msgspec

from training_files.chat import PlainExample, decode_plain, is_sound
from training_files.repair.length import TOKENS_A_BYTE
from training_files.repair.repair import RepairContext


class PlainCompletion(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    completion: str  # in alphabetical order: its fingerprint is then that of the JSON object
    prompt: str


Plain = PlainExample | PlainCompletion

_decode_completion = msgspec.json.Decoder(PlainCompletion).decode

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

FAR_REACHING = frozenset(("control_characters", "convert"))
"""After these any other repair may have something to do: they can leave a text empty."""


def read_plain(line: bytes) -> Plain | None:
    """The example on a line; None if it is not plain, or not sound."""
    if b"null" in line:  # a weight of null is none to the check, and a key too many on a question
        return None
    try:
        chat = decode_plain(line)
    except _UNREADABLE:
        pass
    else:
        return chat if is_sound(chat.messages) else None
    if b'"completion"' not in line:
        return None
    try:
        pair = _decode_completion(line)
    except _UNREADABLE:
        return None
    return pair if pair.completion.strip() else None


def format_of(plain: Plain) -> str:
    return "completion" if isinstance(plain, PlainCompletion) else "chat"


def may_hold_control_characters(line: bytes) -> bool:
    """Whether `texts.CONTROL` may find something in the texts of a line of JSON."""
    return _CONTROL.search(line) is not None


def repairs_that_concern(plain: Plain, line: bytes, context: RepairContext) -> Set[str]:
    """The ids of the repairs that may change the example, which stands on `line`. No other one does, unless one of the
    `FAR_REACHING` was applied.
    """
    from training_files.pii_and_secrets import may_hold, may_hold_secret

    ids = context.needed & (_OF_COMPLETIONS if isinstance(plain, PlainCompletion) else _OF_CHATS)
    if may_hold_control_characters(line):
        ids.add("control_characters")
    if format_of(plain) != context.format:
        ids.add("convert")
    if may_hold(line):
        ids.add("mask")
        if may_hold_secret(line):
            ids.add("mask_secrets")
    if context.limit is not None and len(line) * TOKENS_A_BYTE > context.limit:
        ids.add("too_long")
    return ids


_OF_COMPLETIONS = frozenset(("filler_openings", "separator", "leading_space", "stop_sequence"))
_OF_CHATS = frozenset(("filler_openings",))

# The characters as bytes of UTF-8, or as an escape of JSON.
_CONTROL = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]|\\[bfu]")
