"""Times that repeat, written as in cron: minute, hour, day of the month, month, day of the week.

As in POSIX: a day fits if it is one of the days of the month or one of the days of the week, where both are given. From
Vixie's cron: names of months and weekdays, 7 for Sunday, and steps (crontab(5), read 2026-11-30).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from bot.errors import Invalid
from bot.time_zones import known_zone

WORDS: Final = {"daily": "0 9 * * *", "weekly": "0 9 * * 1", "monthly": "0 9 1 * *"}
"""What may be said for it: at nine, weekly on Mondays, monthly on the first."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ITEM: Final = re.compile(r"(\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:/([0-9]{1,2}))?", re.ASCII)
# The 29th of February comes after eight years at the latest.
_LOOKED_AHEAD: Final = 8 * 366


class Cron(msgspec.Struct, frozen=True):
    """`weekdays`: 0 is Sunday. `either`: a day of the month or one of the week is enough."""

    minutes: Sequence[int]
    hours: Sequence[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def fits(self, day: date) -> bool:
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (of_month or of_week if self.either else of_month and of_week)

    def moments(self, day: date, zone: ZoneInfo) -> list[float]:
        """Of that day, in their order, in seconds since the epoch. What the clocks leave out in spring is later by what
        they left out; what they show twice in autumn is once."""
        if not self.fits(day):
            return []
        found = (time(hour, minute) for hour in self.hours for minute in self.minutes)
        return sorted(datetime.combine(day, one, zone).timestamp() for one in found)


def read_times(words: str) -> str:
    """The five fields that `words` stand for: one of `WORDS`, or the fields themselves; once an hour at most. Raises
    Invalid."""
    fields = " ".join(words.lower().split())
    fields = WORDS.get(fields, fields)
    if next_time(fields, "UTC", 0.0) is None:
        raise Invalid("no_such_times", "every", words=words.strip())
    if len(_read(fields).minutes) > 1:
        raise Invalid("times_too_often", "every", words=words.strip())
    return fields


def next_time(fields: str, zone: str, now: float) -> float | None:
    """The first after `now`, in seconds since the epoch; None where there is none. Raises Invalid."""
    cron, local = _read(fields), known_zone(zone)
    today = datetime.fromtimestamp(now, local).date()
    days = (today + timedelta(days) for days in range(_LOOKED_AHEAD))
    return next((at for day in days for at in cron.moments(day, local) if at > now), None)


def latest_time(fields: str, zone: str, after: float, now: float) -> float | None:
    """The last one up to `now`, if there is one after `after`."""
    cron, local = _read(fields), known_zone(zone)
    day, first = datetime.fromtimestamp(now, local).date(), datetime.fromtimestamp(after, local).date()
    while day >= first:
        for at in reversed(cron.moments(day, local)):
            if at <= now:
                return at if at > after else None
        day -= timedelta(1)
    return None


def _read(fields: str) -> Cron:
    parts = fields.split()
    if len(parts) != 5:
        raise Invalid("no_such_times", "every", words=fields)
    try:
        minutes, hours = _values(parts[0], 0, 59), _values(parts[1], 0, 23)
        days, months = _values(parts[2], 1, 31), _values(parts[3], 1, 12, _MONTHS)
        weekdays = frozenset(one % 7 for one in _values(parts[4], 0, 7, _WEEKDAYS))
    except ValueError as error:
        raise Invalid("no_such_times", "every", words=fields) from error
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    return Cron(sorted(minutes), sorted(hours), days, months, weekdays, either)


def _values(field: str, first: int, last: int, names: Sequence[str] = ()) -> frozenset[int]:
    """Raises ValueError."""
    return frozenset(value for item in field.split(",") for value in _of_item(item, first, last, names))


def _of_item(item: str, first: int, last: int, names: Sequence[str]) -> Iterator[int]:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise ValueError(item)
    span, step = match[1], int(match[2] or 1)
    begin, _, end = span.partition("-")
    if span == "*":
        low, high = first, last
    else:
        low = _number(begin, first, names)
        # `5/10` goes on to the end, as `5-59/10` does.
        high = _number(end, first, names) if end else last if match[2] else low
    if step < 1 or not first <= low <= high <= last:
        raise ValueError(item)
    yield from range(low, high + 1, step)


def _number(word: str, first: int, names: Sequence[str]) -> int:
    return names.index(word) + first if word in names else int(word)
