"""Amounts of money, as people type them."""

import pytest

from bot.errors import Invalid
from bot.spending.amount import read_dollars


@pytest.mark.parametrize(
    ("text", "usd"),
    [("200", 200), ("$12.50", 12.5), ("1,000", 1000), ("0", 0), ("1000.5", 1000.5), ("off", None), ("OFF", None)],
)
def test_money_is_read_as_people_write_it(text: str, usd: float | None) -> None:
    assert read_dollars(text) == usd


@pytest.mark.parametrize("text", ["", "-5", "1e9", "nan", "inf", "12,50", "1.234", "ten", "٣"])
def test_what_is_no_money_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="no_amount"):
        read_dollars(text)
