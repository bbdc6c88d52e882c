"""When times that repeat come."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Invalid
from bot.retraining.cron import latest_time, next_time, read_times


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def following(fields: str, now: str, zone: str = "UTC") -> str:
    found = next_time(read_times(fields), zone, at(now, zone))
    assert found is not None
    return datetime.fromtimestamp(found, ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ("daily", "Tue 2026-12-01 09:00"),
        ("weekly", "Mon 2026-12-07 09:00"),
        ("monthly", "Tue 2026-12-01 09:00"),
        ("0 6 * * 1", "Mon 2026-12-07 06:00"),
        ("30 18 * * mon-fri", "Mon 2026-11-30 18:30"),
        ("0 6 * * 7", "Sun 2026-12-06 06:00"),
        ("0 6 * * sun,wed", "Wed 2026-12-02 06:00"),
        ("0 */7 * * *", "Mon 2026-11-30 14:00"),
        ("20 5/6 * * *", "Mon 2026-11-30 11:20"),
        ("0 0 1 jan *", "Fri 2027-01-01 00:00"),
        ("0 0 29 2 *", "Tue 2028-02-29 00:00"),
        # The day of the month or that of the week, where both are given; both, where one is a star.
        ("0 0 13 * fri", "Fri 2026-12-04 00:00"),
        ("0 0 */2 * 1", "Mon 2026-12-07 00:00"),
    ],
)
def test_the_next_time_is_as_cron_has_it(fields: str, then: str) -> None:
    assert following(fields, "2026-11-30 09:00") == then


@pytest.mark.parametrize(
    "words", ["", "hourly", "0 6 * *", "60 6 * * *", "0 24 * * *", "0 6 0 * *", "0 6 * 13 *", "0 6 * * 8", "0 6 31 2 *"]
)
def test_times_that_never_come_are_refused(words: str) -> None:
    with pytest.raises(Invalid, match="no_such_times"):
        read_times(words)


@pytest.mark.parametrize("words", ["* * * * *", "*/20 9 * * *", "0,30 6 * * 1"])
def test_times_that_come_more_than_once_an_hour_are_refused(words: str) -> None:
    with pytest.raises(Invalid, match="times_too_often"):
        read_times(words)


def test_times_are_by_the_clocks_of_their_zone_when_these_change_too() -> None:
    assert following("30 2 * * *", "2026-03-28 12:00", "Europe/Berlin") == "Sun 2026-03-29 03:30"
    autumn = at("2026-10-25 02:30", "Europe/Berlin")
    assert next_time("30 2 * * *", "Europe/Berlin", autumn) == at("2026-10-26 02:30", "Europe/Berlin"), "once"
    noon = at("2026-11-30 12:00")
    assert next_time("0 9 * * *", "Nowhere/Land", noon) == at("2026-12-01 09:00"), "UTC where the zone is unknown"


def test_of_what_was_missed_only_the_latest_counts() -> None:
    missed = latest_time("0 9 * * *", "UTC", at("2026-11-01 09:00"), at("2026-11-30 08:59"))
    assert missed == at("2026-11-29 09:00")
    assert datetime.fromtimestamp(missed, UTC).hour == 9
    assert latest_time("0 9 * * *", "UTC", missed, at("2026-11-30 08:59")) is None
    assert latest_time("0 9 * * *", "UTC", missed, at("2026-11-30 09:00")) == at("2026-11-30 09:00")
