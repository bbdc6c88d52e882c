"""What a repair does to an example, short enough to be shown side by side, and without the secrets in it."""

import json
from decimal import Decimal
from typing import Any

from training_files import pii_and_secrets
from training_files.repair.plan import EXCERPT, Why
from training_files.repair.repair import Example
from training_files.repair.texts import each_text

_LEAD = 40
"""Characters shown before the difference."""


def before_and_after(before: Example | str | Why, after: Example | str | Why) -> tuple[str | Why, str | Why]:
    """Before and after, at most `EXCERPT` characters each: of two examples the place at which they first differ."""
    if isinstance(before, dict):
        before = each_text(before, _discreet) or before
    if isinstance(after, dict):
        after = each_text(after, _discreet) or after
    if isinstance(before, dict) and isinstance(after, dict):
        before, after = _difference(before, after)
    return _side(before), _side(after)


def _side(side: Example | str | Why) -> str | Why:
    if isinstance(side, Why):
        return side
    text = side if isinstance(side, str) else _json(side)
    return _cut(_discreet(text[: 2 * EXCERPT]))


def _discreet(text: str) -> str:
    """Of secrets and personal data only the beginning is shown."""
    for span in reversed(pii_and_secrets.find(text)):
        text = f"{text[: span.start]}{text[span.start : span.start + 3]}…{text[span.end :]}"
    return text


def _difference(before: Any, after: Any) -> tuple[str, str]:
    """`before` and `after` from just before they part, each with the field it stands in."""
    field, old, new = _first("", before, after)
    at = 0
    if isinstance(old, str) and isinstance(new, str):
        same = next((n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
        at = max(0, (min(len(old), len(new)) if same is None else same) - _LEAD)
    return _shown(field, old, at), _shown(field, new, at)


def _first(field: str, before: Any, after: Any) -> tuple[str, Any, Any]:
    if isinstance(before, dict) and isinstance(after, dict) and list(before) == list(after):
        for key, value in before.items():
            if value is not after[key] and value != after[key]:
                return _first(f"{field}.{key}" if field else key, value, after[key])
    if isinstance(before, list) and isinstance(after, list):
        if len(before) == len(after):
            for place, (one, other) in enumerate(zip(before, after, strict=True)):
                if one is not other and one != other:
                    return _first(f"{field}[{place}]", one, other)
        else:
            pairs = zip(before, after, strict=False)
            at = next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))
            return f"{field}[{at}:]", before[at:], after[at:]
    return field, before, after


def _shown(field: str, value: Any, at: int) -> str:
    if isinstance(value, str):
        text = _json(value[at : at + EXCERPT])
        text = ('"…' + text[1:]) if at else text
        if len(value) > at + EXCERPT:
            text = text[:-1] + "…"
    else:
        text = _json(value)
    return _cut(f"{field}: {text}" if field else text)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_number)
    except (RecursionError, ValueError):
        return "…"


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"
