"""The number that an answer gives: its last one. Exact, as decimal fractions."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation, localcontext
from typing import Final

_LONGEST: Final = 300
"""Characters of a number; longer ones are none that an answer gives."""

_SPACES: Final = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3})")
_NUMBER: Final = re.compile(
    r"(?<![A-Za-z0-9_.])([-+−]?)\s?(?:[$€£¥]\s?)?"
    r"(\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?:[eE]([-+]?\d{1,3})(?![\w]))?"
    r"(?:\s?/\s?(\d+))?"
    r"(\s?%|万亿|万|亿)?"
)
_UNITS: Final = {"%": Decimal("0.01"), "万": Decimal(10_000), "亿": Decimal(10**8), "万亿": Decimal(10**12)}


def number(text: str) -> Decimal | None:
    """None where there is none. 12 % is 0.12, 3/4 is 0.75, 1,234 is 1234, 3.5万 is 35000; full-width digits count."""
    plain = unicodedata.normalize("NFKC", _SPACES.sub(",", text))
    last = None
    for found in _NUMBER.finditer(plain):
        if len(found[0]) <= _LONGEST:
            last = found
    return _value(last) if last else None


def near(said: Decimal, wanted: Decimal, absolute: float, relative: float) -> bool:
    with localcontext(prec=_LONGEST * 2):
        within = max(Decimal(str(absolute)), Decimal(str(relative)) * abs(wanted))
        return abs(said - wanted) <= within


def _value(found: re.Match[str]) -> Decimal | None:
    sign, digits, power, divisor, unit = found.groups()
    try:
        with localcontext(prec=_LONGEST * 2):
            value = Decimal(re.sub("[,'’]", "", digits)) * Decimal(10) ** int(power or 0)
            if divisor:
                value /= Decimal(divisor)
            value *= _UNITS[unit.strip()] if unit else 1
    except (ArithmeticError, InvalidOperation):  # 3/0
        return None
    return -value if sign in ("-", "−") else value
