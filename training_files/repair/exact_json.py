"""JSON in and out without a change of value: numbers keep their digits, keys their order, text its characters."""

from decimal import Decimal
from typing import Any

import msgspec

from training_files.json_depth import check_depth

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(text: bytes | str) -> Any:
    """Raises msgspec.MsgspecError, UnicodeDecodeError, decimal.InvalidOperation or RecursionError."""
    check_depth(text)
    return _decoder.decode(text)


def encode(value: Any) -> bytes:
    """One line of JSON, without a line end. Raises ValueError for a number that JSON has no room for, and
    RecursionError.
    """
    return _encoder.encode(value)
