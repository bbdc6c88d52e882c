"""What people type, out of Slack's markup: links and entities as they were typed, mentions kept as Slack's ids."""

import html
import re
import shlex
import unicodedata
from typing import Final

from bot.errors import Invalid

_MENTION: Final = re.compile(r"<(@[UW][A-Z0-9]+|#[CGD][A-Z0-9]+|!subteam\^S[A-Z0-9]+)(?:\|[^<>]*)?>")
_ADDRESSED: Final = re.compile(r"<(?:@([UW][A-Z0-9]+)|!subteam\^|!here|!channel|!everyone)")
_LABELLED: Final = re.compile(r"<[^<>|]*\|([^<>]*)>")
_LINK: Final = re.compile(r"<((?:https?|mailto):[^<>]*)>")
_KEPT: Final = re.compile("\ue000([^\ue001]*)\ue001")


def typed(text: str) -> str:
    """`text` of a command: `<@U…>` and `<#C…>` stay (without their names), all else is as the person typed it."""
    kept = _MENTION.sub("\ue000\\1\ue001", text.replace("\ue000", "").replace("\ue001", ""))
    return _KEPT.sub(r"<\1>", plain(kept))


def plain(text: str) -> str:
    """`text` for a model: mentions of channels by their names, links as they were typed."""
    text = _LABELLED.sub(r"\1", text)
    text = _LINK.sub(lambda match: match[1].removeprefix("mailto:"), text)
    return html.unescape(text).strip()


def parts_of(words: str) -> list[str]:
    """What was typed after a command, as a shell takes it apart: `a="b c"` is one part. Raises Invalid."""
    # Phones turn quotation marks into typographical ones, and Slack escapes three characters in what is typed.
    for typed, meant in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        words = words.replace(typed, meant)
    try:
        return shlex.split(words)
    except ValueError as error:
        raise Invalid("quotation_mark_missing") from error


def half_width(words: str) -> str:
    """What was typed after a command with the punctuation of a Chinese keyboard, as commands have it: `ａ＝１，ｂ` is
    `a=1,b`."""
    return unicodedata.normalize("NFKC", words).replace("、", ",")


def addresses_others(text: str, bot_user: str) -> bool:
    """Whether a message is meant for people: it mentions some, and not the bot."""
    mentioned = [match[1] for match in _ADDRESSED.finditer(text)]
    return bool(mentioned) and bot_user not in mentioned


def person_in(word: str) -> str | None:
    """The id of the person whom a word mentions; None where it mentions none."""
    match = re.fullmatch(r"<@([UW][A-Z0-9]+)>", word)
    return match[1] if match else None


def channel_in(word: str) -> str | None:
    """The id of the channel that a word mentions; None where it mentions none."""
    match = re.fullmatch(r"<#([CG][A-Z0-9]+)>", word)
    return match[1] if match else None
