"""A table cell as text."""

import json
import math
from typing import Any

NO_VALUE = frozenset({"nan", "NaN", "NULL", "<NA>", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
"""What programs write for a missing value."""


def text_of(value: Any) -> str:
    """The cell as people see it: whole numbers without a decimal point, "" if empty, lists and objects as JSON."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.15g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict) and isinstance(value.get("text"), list) and value["text"]:
        return text_of(value["text"][0])  # SQuAD's answers: the first of those that were accepted
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except RecursionError:
        return ""
