"""When a digest is due, by the clocks of the person who set it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.digest.plan import DigestPlan, DigestTime, last_due, next_due, read_time
from bot.errors import Invalid


def a_plan(when: DigestTime, zone: str = "Europe/Berlin") -> DigestPlan:
    return DigestPlan("C0SUPPORT", False, "U0ANA", when, zone, told_until=0.0)


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("daily", DigestTime("daily", 540, 0)),
        ("Daily at=17:30", DigestTime("daily", 1050, 0)),
        ("weekly on=fri at=8:05", DigestTime("weekly", 485, 4)),
        ("weekly", DigestTime("weekly", 540, 0)),
    ],
)
def test_words_are_read(words: str, when: DigestTime) -> None:
    assert read_time(words.split()) == when


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("monthly", "digest_usage"),
        ("daily on=monday", "digest_usage"),
        ("daily at=24:00", "no_time_of_day"),
        ("daily at=9", "no_time_of_day"),
        ("weekly on=m", "no_weekday"),
        ("weekly on=holiday", "no_weekday"),
    ],
)
def test_what_cannot_be_read_is_refused(words: str, kind: str) -> None:
    with pytest.raises(Invalid, match=kind):
        read_time(words.split())


def test_it_stays_at_its_hour_when_the_clocks_change() -> None:
    plan = a_plan(DigestTime("daily"))
    # In the night to 25 October 2026 they go back in Berlin.
    assert last_due(plan, at("2026-10-24T12:00")) == at("2026-10-24T09:00")
    assert last_due(plan, at("2026-10-25T09:00")) == at("2026-10-25T09:00")
    assert at("2026-10-25T09:00") - at("2026-10-24T09:00") == 25 * 3600


def test_a_time_that_the_clocks_leave_out_comes_an_hour_later() -> None:
    plan = a_plan(DigestTime("daily", 2 * 60 + 30))
    assert last_due(plan, at("2026-03-29T12:00")) == at("2026-03-29T03:30")


def test_a_weekly_one_comes_once_a_week() -> None:
    plan = a_plan(DigestTime("weekly", 540, 0))  # 30 November 2026 is a Monday
    assert last_due(plan, at("2026-11-30T08:59")) == at("2026-11-23T09:00")
    assert last_due(plan, at("2026-11-30T09:00")) == at("2026-11-30T09:00")
    assert next_due(plan, at("2026-11-30T09:00")) == at("2026-12-07T09:00")


def test_a_time_zone_that_nobody_here_knows_is_utc() -> None:
    plan = a_plan(DigestTime("daily"), zone="Mars/Olympus")
    assert last_due(plan, at("2026-11-30T12:00", "UTC")) == at("2026-11-30T09:00", "UTC")
