"""When a channel's digest is due: a value, and the words that people write for it."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from bot.errors import Invalid
from bot.time_zones import known_zone

Every = Literal["daily", "weekly"]

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MORNING: Final = 9 * 60


class DigestTime(msgspec.Struct, frozen=True):
    """`minute` of the day; `weekday` (0: Monday) counts for weekly ones only."""

    every: Every
    minute: int = _MORNING
    weekday: int = 0


class DigestPlan(msgspec.Struct, frozen=True):
    """A channel's digest. `when` is by the clocks of `zone` (its IANA name), which is that of the person who set it.
    `told_until`: what was before, in seconds since the epoch, is told or is no news."""

    channel: str
    private: bool
    set_by: str
    when: DigestTime
    zone: str
    told_until: float


def last_due(plan: DigestPlan, now: float) -> float:
    """The latest moment, up to `now`, at which it was due. Both in seconds since the epoch."""
    zone = known_zone(plan.zone)
    today = datetime.fromtimestamp(now, zone).date()
    moments = (_moment(plan, today - timedelta(days), zone) for days in range(8))
    return next(at for at in moments if at is not None and at <= now)


def next_due(plan: DigestPlan, now: float) -> float:
    """The first moment after `now`."""
    zone = known_zone(plan.zone)
    today = datetime.fromtimestamp(now, zone).date()
    moments = (_moment(plan, today + timedelta(days), zone) for days in range(8))
    return next(at for at in moments if at is not None and at > now)


def _moment(plan: DigestPlan, day: date, zone: ZoneInfo) -> float | None:
    """When on that day, if then at all. A time that the clocks leave out in spring is an hour later."""
    if plan.when.every == "weekly" and day.weekday() != plan.when.weekday:
        return None
    hour, minute = divmod(plan.when.minute, 60)
    return datetime.combine(day, time(hour, minute), zone).timestamp()


def read_time(words: Sequence[str]) -> DigestTime:
    """`daily` or `weekly`, `at=09:00`, `on=monday`. Raises Invalid."""
    match [word.lower() for word in words]:
        case ["daily" | "weekly" as every, *rest]:
            when = DigestTime("daily" if every == "daily" else "weekly")
        case _:
            raise Invalid("digest_usage")
    for word in rest:
        name, _, value = word.partition("=")
        if name == "at":
            when = msgspec.structs.replace(when, minute=_minute(value))
        elif name == "on" and when.every == "weekly":
            when = msgspec.structs.replace(when, weekday=_weekday(value))
        else:
            raise Invalid("digest_usage")
    return when


def _minute(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise Invalid("no_time_of_day", word=text)
    return int(match[1]) * 60 + int(match[2])


def _weekday(text: str) -> int:
    """Three letters are enough."""
    found = [number for number, name in enumerate(WEEKDAYS) if len(text) >= 3 and name.startswith(text)]
    if not found:
        raise Invalid("no_weekday", word=text, weekdays=WEEKDAYS)
    return found[0]
