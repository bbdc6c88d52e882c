"""Plain chats on which no repair has anything to do: nearly all lines of most files. To tell takes a tenth of the time
that it takes to ask each repair.
"""

import msgspec

from training_files.chat import PlainExample, decode_plain, is_sound
from training_files.mend.file import File
from training_files.mend.length import is_surely_short
from training_files.mend.texts import CONTROL


def sound(line: bytes) -> PlainExample | None:
    """The plain chat on a line, where only what the whole file shows could be wrong with it; None for all others."""
    try:
        example = decode_plain(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not is_sound(example.messages):
        return None
    for message in example.messages:  # runs on every line, and a generator costs twice as much
        if CONTROL.search(message.content):
            return None
    return example


def untouched(line: bytes, file: File) -> PlainExample | None:
    """The chat on a line, once the whole file is known, where every repair would leave it as it is."""
    from training_files import pii_and_secrets

    if file.format != "chat" or "filler_openings" in file.needed or not is_surely_short(line, file):
        return None
    return None if pii_and_secrets.may_hold(line) else sound(line)
