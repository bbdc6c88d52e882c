"""JSON in and out without a change of value: numbers keep their digits, keys their order, text its characters."""

from decimal import Decimal
from typing import Any

import msgspec

from training_files.chat import parse

decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""Raises msgspec.MsgspecError, UnicodeDecodeError, decimal.InvalidOperation or RecursionError."""

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """One line of JSON, without a line end. Raises ValueError for a number that JSON has no room for, and
    RecursionError.
    """
    return _encoder.encode(value)


def plain(value: Any) -> Any:
    """The value as the check sees it, its numbers int and float. Raises NotAnExample."""
    return parse(encode(value))
