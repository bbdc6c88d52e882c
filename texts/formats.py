"""Numbers, money, durations and lists as the language in force writes them.

English is written here; other languages by CLDR's rules, through Babel, which English need not import.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime

from texts.language import Language, _, current, is_chinese, plural


def number(value: float) -> str:
    """With the language's marks between thousands: "12,345"."""
    if current() is Language.ENGLISH:
        return f"{value:,}"
    from babel.numbers import format_decimal

    return format_decimal(value, locale=current().locale, decimal_quantization=False)


def figure(value: float | None) -> str:
    """A loss, in four figures at most."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.3g}" if abs(value) < 0.01 and value else f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"


def percent(share: float | None, digits: int = 1) -> str:
    """ "12.5%" for 0.125."""
    if share is None or not math.isfinite(share):
        return "–"
    return f"{share:.{digits}%}"


def labelled(label: str, value: str) -> str:
    """ "house-voice.jsonl: Training"."""
    return _("{label}: {value}", label=label, value=value)


def bracketed(remark: str) -> str:
    """ "(3 more)"."""
    return _("({remark})", remark=remark)


def with_remark(value: str, remark: str) -> str:
    """ "14:05 (3 minutes ago)"."""
    return _("{value} ({remark})", value=value, remark=remark)


def money(usd: float | None) -> str:
    """US dollars: "$0.42", "less than $0.01", "free (your own hardware)", "unknown price"."""
    if usd is None or not math.isfinite(usd) or usd < 0:
        return _("unknown price")
    if usd == 0:
        return _("free (your own hardware)")
    return _("less than {amount}", amount=dollars(0.01)) if usd < 0.005 else dollars(usd)


def exact_money(usd: float | None) -> str:
    """Like `money`; of small amounts two digits that count: "$0.00042"."""
    if usd is None or not 0 < usd < 0.1:
        return money(usd)
    digits = 1 - math.floor(math.log10(usd))
    if current() is Language.ENGLISH:
        return f"${usd:.{digits}f}"
    from babel.numbers import format_currency

    pattern = f"¤0.{'0' * digits}"
    return format_currency(usd, "USD", pattern, locale=current().locale, currency_digits=False)


def dollars(usd: float) -> str:
    """An amount that is one, whatever it is: "$1,204.50"."""
    if current() is Language.ENGLISH:
        return f"${usd:,.2f}"
    from babel.numbers import format_currency

    return format_currency(usd, "USD", locale=current().locale)


def duration(seconds: float) -> str:
    """Exact: "45 s", "2 min 05 s", "1 h 02 min", "2 d 3 h"."""
    if not math.isfinite(seconds):
        return unknown_time()
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes_rest = divmod(minutes, 60)
    days, hours_rest = divmod(hours, 24)
    if days:
        return _("{days} d {hours} h", days=days, hours=hours_rest)
    if hours:
        return _("{hours} h {minutes} min", hours=hours, minutes=f"{minutes_rest:02}")
    if minutes:
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=f"{rest:02}")
    return _("{seconds} s", seconds=rest)


def rough_duration(seconds: float) -> str:
    """Coarse on purpose: a card that shows it need not be edited with every second."""
    if not math.isfinite(seconds):
        return unknown_time()
    if seconds < 20:
        return _("a few seconds")
    if seconds < 60:
        return _("less than a minute")
    minutes = round(seconds / 60)
    if minutes < 10:
        return _("{minutes} min", minutes=minutes)
    if minutes < 58:
        return _("{minutes} min", minutes=5 * round(minutes / 5))
    if minutes < 24 * 60:
        hours, rest = divmod(15 * round(minutes / 15), 60)
        return _("{hours} h {minutes} min", hours=hours, minutes=f"{rest:02}") if rest else _("{hours} h", hours=hours)
    return _("{days} d", days=max(1, round(minutes / 1440)) if minutes >= 2880 else 1)


def file_size(size: int) -> str:
    """Of a file, in the units that file managers show: "812 bytes", "1.4 MB"."""
    if size < 1_000:
        return plural("{count} byte", "{count} bytes", size)
    power = min(4, int(math.log(size / 0.9995, 1_000)))
    return f"{size / 1_000**power:.3g} {' kMGT'[power]}B"


def listed(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if current() is Language.ENGLISH:
        return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))
    from babel.lists import format_list

    spaced = list(items)
    # A space between Chinese and what stands beside it, around the word for "and".
    if len(items) > 1:
        before, after = items[-2:]
        spaced[-2:] = [
            before if is_chinese(before[-1:]) else f"{before} ",
            after if is_chinese(after[:1]) else f" {after}",
        ]
    return format_list(spaced, locale=current().locale)


def enumerated(items: Sequence[str]) -> str:
    """ "a, b, c"."""
    return _(", ").join(items)


def grouped(items: Sequence[str]) -> str:
    """ "a, b; c": items with marks of their own."""
    return _("; ").join(items)


def sentences(*parts: str | None) -> str:
    """One after the other; empty ones are left out."""
    return (" " if current() is Language.ENGLISH else "").join(filter(None, parts))


def clauses(*parts: str) -> str:
    """ "a, b": beside each other in one line; empty ones are left out."""
    return (", " if current() is Language.ENGLISH else "，").join(filter(None, parts))


def first_of(items: Sequence[str], most: int = 3) -> str:
    """Like `listed`; of more than `most`, so many and the number of the others: "a, b, c and 2 more"."""
    if len(items) <= most:
        return listed(items)
    shown = enumerated(items[:most])
    return plural("{items} and {count} more", "{items} and {count} more", len(items) - most, items=shown)


def month(year: int, month: int) -> str:
    """ "November 2026"."""
    when = datetime(year, month, 1, tzinfo=UTC)
    if current() is Language.ENGLISH:
        return f"{when:%B %Y}"
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", when, locale=current().locale)


def day(at: float) -> str:
    """Of the year, in UTC: "1 December". `at` in seconds since the epoch."""
    when = datetime.fromtimestamp(at, UTC)
    if current() is Language.ENGLISH:
        return f"{when.day} {when:%B}"
    from babel.dates import format_skeleton

    return format_skeleton("MMMMd", when, locale=current().locale)


def minute(at: float) -> str:
    """Where nothing knows the reader's time zone: "1 December, 14:05 UTC". `at` in seconds since the epoch."""
    return _("{day}, {time} UTC", day=day(at), time=f"{datetime.fromtimestamp(at, UTC):%H:%M}")


def full_day(day: date) -> str:
    """ "14 January 2027"."""
    if current() is Language.ENGLISH:
        return f"{day.day} {day:%B %Y}"
    from babel.dates import format_skeleton

    return format_skeleton("yMMMMd", day, locale=current().locale)


def step(step: int) -> str:
    return _("step {step}", step=step)


def unknown_time() -> str:
    return _("an unknown time")


def no_name() -> str:
    return _("(no name)")


def no_text() -> str:
    return _("(no text)")


def these_direct_messages() -> str:
    """In place of a channel's name."""
    return _("These direct messages")


def shortened() -> str:
    """At the end of a message that holds more than Slack shows."""
    return _("Shortened: Slack shows no more in one message.")
