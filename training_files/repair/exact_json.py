"""JSON in and out without a change of value: numbers keep their digits, keys their order, text its characters."""

from decimal import Decimal
from typing import Any

import msgspec

decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""Raises msgspec.MsgspecError, UnicodeDecodeError, decimal.InvalidOperation or RecursionError."""

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """One line of JSON, without a line end. Raises ValueError for a number that JSON has no room for, and
    RecursionError.
    """
    return _encoder.encode(value)
