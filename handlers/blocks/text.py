"""Text on its way into Slack: escaped, cut to size, and figures as people read them.

Rules from "Formatting message text", docs.slack.dev, read 2026-11-21. Escaping & < > stops mentions such as
`<!channel>`; it does not stop plain `#general` or addresses from becoming links, which needs `verbatim` on the
text object: `parts.mrkdwn` sets it.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot.redact import redact as redact

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
    return f"`{name or '(no name)'}`"


def code_block(text: str, limit: int = 1500) -> str:
    """A provider's own words, redacted, as a block of code."""
    inside = escape(redact(text)).replace("`", "'").strip("\n") or "(no text)"
    return f"```\n{clip(inside, limit)}\n```"


def trusted(text: str) -> str:
    """Our own mrkdwn, with links and mentions of people kept; still, nothing of ours calls a whole channel."""
    return _BROADCAST.sub("&lt;!", clean(text))


def person(user: str) -> str:
    """A mention of a person, or of a user group, by Slack's id; anything else is shown as text."""
    if _GROUP.fullmatch(user):
        return f"<!subteam^{user}>"
    return f"<@{user}>" if _PERSON.fullmatch(user) else code(user, 40)


def channel(channel_id: str) -> str:
    """A link to a channel by Slack's id; direct messages and anything else have no name to show."""
    if _CHANNEL.fullmatch(channel_id):
        return f"<#{channel_id}>"
    return "These direct messages" if channel_id.startswith("D") else code(channel_id, 40)


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
        return "an unknown time"
    time = "time_secs" if seconds else "time"
    return f"<!date^{int(ts)}^{{date_short_pretty}} {{{time}}}|{fallback}>"


def since(ts: float) -> str:
    """A moment, and how long ago that is at the time of reading: "14:05 (3 minutes ago)"."""
    try:
        fallback = datetime.fromtimestamp(ts, UTC).strftime("%H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "an unknown time"
    return f"<!date^{int(ts)}^{{time}} ({{ago}})|{fallback}>"


def duration(seconds: float) -> str:
    """Exact: "45 s", "2 min 05 s", "1 h 02 min", "2 d 3 h"."""
    if not math.isfinite(seconds):
        return "an unknown time"
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes_rest = divmod(minutes, 60)
    days, hours_rest = divmod(hours, 24)
    if days:
        return f"{days} d {hours_rest} h"
    if hours:
        return f"{hours} h {minutes_rest:02} min"
    if minutes:
        return f"{minutes} min {rest:02} s"
    return f"{rest} s"


def rough_duration(seconds: float) -> str:
    """Coarse on purpose: a card that shows it need not be edited with every second."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 20:
        return "a few seconds"
    if seconds < 60:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes < 10:
        return f"{minutes} min"
    if minutes < 58:
        return f"{5 * round(minutes / 5)} min"
    if minutes < 24 * 60:
        hours, rest = divmod(15 * round(minutes / 15), 60)
        return f"{hours} h {rest:02} min" if rest else f"{hours} h"
    return f"{round(minutes / 1440)} d" if minutes >= 2880 else "1 d"


def money(usd: float | None) -> str:
    """US dollars: "$0.42", "less than $0.01", "free (your own hardware)", "unknown price"."""
    if usd is None or not math.isfinite(usd) or usd < 0:
        return "unknown price"
    if usd == 0:
        return "free (your own hardware)"
    return "less than $0.01" if usd < 0.005 else f"${usd:,.2f}"


def number(count: int) -> str:
    return f"{count:,}"


def figure(value: float | None) -> str:
    """A loss, in four figures at most."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.3g}" if abs(value) < 0.01 and value else f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"


def percent(share: float | None) -> str:
    return "–" if share is None or not math.isfinite(share) else f"{share * 100:.1f} %"


def counted(count: int, one: str, many: str | None = None) -> str:
    """ "1 error", "2 errors"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def joined(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def progress_bar(step: int, total: int | None, width: int = 20) -> str:
    """A bar and a percentage; "step 12" where nobody knows how many there are."""
    if not total or total < 1:
        return f"step {number(max(0, step))}"
    done = min(max(step, 0), total)
    # The bar is full, and the figure 100, only at the very end.
    filled, share = done * width // total, done * 100 // total
    return f"{'▰' * filled}{'▱' * (width - filled)} {share} %"
