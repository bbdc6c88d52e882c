"""Dates in the reader's time zone and language, as Slack's client shows `<!date^…>` tokens.

docs.slack.dev/messaging/formatting-message-text, "Date formatting" (read 2026-11-21). Dates come in English and in
Simplified Chinese; readers of other languages see English.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = "一二三四五六日"


def zone(name: str) -> ZoneInfo:
    """The time zone of this name; UTC if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def date_text(unix: int, form: str, tz: str, locale: str = "en-US") -> str:
    """A time (seconds since 1970) in a form such as `{date_short_pretty} {time}`. Unknown tokens are kept."""
    when = datetime.fromtimestamp(unix, UTC).astimezone(zone(tz))
    now = datetime.now(when.tzinfo)
    forms = {
        "date_num": f"{when:%Y-%m-%d}",
        "time": f"{when:%H:%M}",
        "time_secs": f"{when:%H:%M:%S}",
        **(_chinese(when, now) if locale.startswith("zh") else _english(when, now)),
    }
    return re.sub(r"\{(\w+)\}", lambda m: forms.get(m[1], m[0]), form)


def _english(when: datetime, now: datetime) -> dict[str, str]:
    day = f"{when.day}{'th' if 10 < when.day % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(when.day % 10, 'th')}"
    date, long = f"{when:%B} {day}, {when:%Y}", f"{when:%A}, {when:%B} {day}, {when:%Y}"
    short = f"{when:%b} {when.day}, {when:%Y}"
    near = _near(when, now, ("yesterday", "today", "tomorrow"))
    count, unit = _distance(when, now)
    words = f"{abs(count)} {('minute', 'hour', 'day')[unit]}{'s' if abs(count) != 1 else ''}"
    return {
        "date_slash": f"{when:%m/%d/%Y}",
        "date": date,
        "date_short": short,
        "date_long": long,
        "date_pretty": near or date,
        "date_short_pretty": near or short,
        "date_long_pretty": near or long,
        "day_divider_pretty": near.capitalize() or long,
        "ago": "just now" if not count else f"{words} ago" if count > 0 else f"in {words}",
    }


def _chinese(when: datetime, now: datetime) -> dict[str, str]:
    date = f"{when.year}年{when.month}月{when.day}日"
    long = f"{date}星期{WEEKDAYS[when.weekday()]}"
    near = _near(when, now, ("昨天", "今天", "明天"))
    count, unit = _distance(when, now)
    words = f"{abs(count)} {('分钟', '小时', '天')[unit]}"
    return {
        "date_slash": f"{when:%Y/%m/%d}",
        "date": date,
        "date_short": date,
        "date_long": long,
        "date_pretty": near or date,
        "date_short_pretty": near or date,
        "date_long_pretty": near or long,
        "day_divider_pretty": near or long,
        "ago": "刚刚" if not count else f"{words}前" if count > 0 else f"{words}后",
    }


def _near(when: datetime, now: datetime, names: tuple[str, str, str]) -> str:
    """The name of yesterday, today or tomorrow; "" for other days."""
    offset = (when.date() - now.date()) // timedelta(days=1)
    return names[offset + 1] if -1 <= offset <= 1 else ""


def _distance(when: datetime, now: datetime) -> tuple[int, int]:
    """How long ago, in the largest fitting unit (0 minutes, 1 hours, 2 days); negative in the future."""
    seconds = int((now - when).total_seconds())
    for unit, size in ((2, 86400), (1, 3600), (0, 60)):
        if abs(seconds) >= size:
            return (abs(seconds) // size * (1 if seconds > 0 else -1), unit)
    return 0, 0
