"""Times and pages, as answers show them."""

from datetime import UTC, date, datetime

from bot.audit import TERMINAL
from texts import terminal_commands as texts
from texts.audit import the_terminal


def page_value(number: int, pages: int) -> dict[str, int]:
    return {"page": number, "pages": pages}


def turn(number: int, pages: int) -> tuple[str, ...]:
    return (texts.page(number, pages),) if pages > 1 else ()


def moment(at: float | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def person(user: str) -> str:
    """By Slack's id."""
    return the_terminal() if user == TERMINAL else user


def iso(day: date | None) -> str | None:
    return None if day is None else str(day)
