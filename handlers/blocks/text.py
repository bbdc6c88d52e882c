"""Text on its way into Slack: escaped, marked up, cut to size.

Rules from "Formatting message text", docs.slack.dev, read 2026-11-21. Escaping & < > stops mentions such as
`<!channel>`; it does not stop plain `#general` or addresses from becoming links, which needs `verbatim` on the
text object: `parts.mrkdwn` sets it.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot.audit import SETTINGS, TERMINAL
from texts import audit, formats
from training_files.redact import redact as redact

ELLIPSIS: Final = "…"

# Control characters (tab and line feed aside), halves of surrogate pairs, which are no Unicode text, and the marks
# that turn the direction of writing, with which a name can be made to read as another one.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]"
)
_BROADCAST: Final = re.compile(r"<!(?=channel|here|everyone|group|subteam)", re.IGNORECASE)
_GROUP: Final = re.compile(r"S[A-Za-z0-9]{1,30}")
_CHANNEL: Final = re.compile(r"[CG][A-Za-z0-9]{1,30}")
_PERSON: Final = re.compile(r"[UW][A-Za-z0-9]{1,30}")
_LINK: Final = re.compile(r"https?://[^\s<>|]{1,2900}", re.IGNORECASE)


def escape(text: str) -> str:
    """`text` as mrkdwn that mentions nobody and holds no link of its own. Line breaks stay."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clean(text: str) -> str:
    """`text` without the characters that no reader sees."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def size(text: str) -> int:
    """Length as UTF-16 counts it. Slack does not say how it counts; this is the larger of the usual ways."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str, room: int) -> list[str]:
    """A text in as many pieces as fields are needed for it, of `room` characters each, cut between words."""
    cut = []
    while size(text) > room:
        begun = text[: room // 2] if size(text[:room]) > room else text[:room]
        end = max(begun.rfind("\n"), begun.rfind(" ")) + 1 or len(begun)
        cut.append(text[:end])
        text = text[end:]
    return [*cut, text]


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, with an ellipsis where something is missing.

    Fit for escaped text: never ends inside `&amp;` or inside `<…>`.
    """
    if size(text) <= limit:
        return text
    if limit < 1:
        return ""
    room, end = limit - 1, 0
    for character in text:
        room -= 2 if character > "\uffff" else 1
        if room < 0:
            break
        end += 1
    kept = text[:end]
    for opening, closing, longest in (("&", ";", 6), ("<", ">", 4_000)):
        start = kept.rfind(opening)
        if start >= 0 and closing not in kept[start:] and closing in text[end : start + longest]:
            kept = kept[:start]
    return kept.rstrip() + ELLIPSIS


def quoted(text: str, limit: int = 300) -> str:
    """Other people's words in a line of ours: one line, redacted, escaped."""
    return clip(escape(one_line(redact(text))), limit)


def code(text: str, limit: int = 120) -> str:
    """A name (file, model, job) as inline code, where neither emoji nor bold can come out of it."""
    name = clip(escape(one_line(redact(text)).replace("`", "'")), limit)
    return f"`{name or formats.no_name()}`"


def file_names(names: Sequence[str]) -> str:
    """The first three, and how many more."""
    return formats.first_of([code(name, 100) for name in names])


def bold(text: str) -> str:
    """`text` (escaped already) in bold. Slack takes the marks for what they are at the edge of a word only: within a
    Chinese sentence a space belongs before and after."""
    return f"*{text}*"


def code_block(text: str, limit: int = 1500) -> str:
    """A provider's own words, redacted, as a block of code."""
    inside = escape(redact(text)).replace("`", "'").strip("\n") or formats.no_text()
    return f"```\n{clip(inside, limit)}\n```"


def trusted(text: str) -> str:
    """Our own mrkdwn, with links and mentions of people kept; still, nothing of ours calls a whole channel."""
    return _BROADCAST.sub("&lt;!", clean(text))


def person(user: str) -> str:
    """A mention of a person, or of a user group, by Slack's id; what did it instead of a person by its name; anything
    else is shown as text."""
    if user in (SETTINGS, TERMINAL):
        return audit.the_settings() if user == SETTINGS else audit.the_terminal()
    if _GROUP.fullmatch(user):
        return f"<!subteam^{user}>"
    return f"<@{user}>" if _PERSON.fullmatch(user) else code(user, 40)


def channel(channel_id: str) -> str:
    """A link to a channel by Slack's id; direct messages and anything else have no name to show."""
    if _CHANNEL.fullmatch(channel_id):
        return f"<#{channel_id}>"
    return formats.these_direct_messages() if channel_id.startswith("D") else code(channel_id, 40)


def link(address: str | None, label: str) -> str:
    """`label` (escaped already) as a link, or just the label where the address is none that we would link to."""
    if address is None or not _LINK.fullmatch(address):
        return label
    return f"<{address.replace('&', '&amp;')}|{label.replace('|', '/')}>"


def date(ts: float, *, seconds: bool = False) -> str:
    """A moment, shown in each reader's own time zone; `ts` in seconds since the epoch."""
    try:
        fallback = datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return formats.unknown_time()
    time = "time_secs" if seconds else "time"
    return f"<!date^{int(ts)}^{{date_short_pretty}} {{{time}}}|{fallback}>"


def since(ts: float) -> str:
    """A moment, and how long ago that is at the time of reading: "14:05 (3 minutes ago)"."""
    try:
        fallback = datetime.fromtimestamp(ts, UTC).strftime("%H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return formats.unknown_time()
    return f"<!date^{int(ts)}^{formats.with_remark('{time}', '{ago}')}|{fallback}>"


def progress_bar(step: int, total: int | None, width: int = 20) -> str:
    """A bar and a percentage; "step 12" where nobody knows how many there are."""
    if not total or total < 1:
        return formats.step(max(0, step))
    done = min(max(step, 0), total)
    # The bar is full, and the figure 100, only at the very end.
    filled, share = done * width // total, done * 100 // total
    return f"{'▰' * filled}{'▱' * (width - filled)} {formats.percent(share / 100, 0)}"
