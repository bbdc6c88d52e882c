"""Amounts of money, as people type them."""

import re

from bot.errors import Invalid


def read_dollars(text: str) -> float | None:
    """US dollars: "200", "$12.50", "1,000"; None for "off". Raises Invalid."""
    if text.lower() == "off":
        return None
    match = re.fullmatch(r"\$?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(\.[0-9]{1,2})?", text)
    if match is None:
        raise Invalid("no_amount", text=text)
    return float(match[1].replace(",", "") + (match[2] or ""))
