"""Find the header row of a table, and name its columns."""

import re
from collections import Counter
from statistics import median

from training_files.tables.columns import part

_LONGEST_NAME = 60
_SENTENCE = re.compile(r"[.?!。？！…]\s*$")
_NUMBER = re.compile(r"[-+]?[\d.,:/ %-]+")


def find(rows: list[list[str]]) -> tuple[int | None, list[str]]:
    """The header's place among the first rows (none of them empty), None where there is none, and the columns' names.

    A column without a name is called by its letter, as sheets show it; a name that comes twice gets its letter added.
    """
    place = _place(rows)
    if place is None:
        widths = Counter(len(row) for row in rows)
        usual = widths.most_common(1)[0][0] if widths else 0
        return None, [f"Column {letter(at)}" for at in range(usual)]
    names = [" ".join(cell.split())[:200] for cell in rows[place]]
    while names and not names[-1] and not any(len(row) >= len(names) and row[len(names) - 1].strip() for row in rows):
        names.pop()
    return place, _distinct(names)


def letter(at: int) -> str:
    """A column's letter in a sheet: A for 0, AA for 26."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _place(rows: list[list[str]]) -> int | None:
    """A row with known names, else the first full row if it looks like names over what stands below it."""
    first = rows[:10]
    known = [sum(part(cell) is not None for cell in row if len(cell) <= _LONGEST_NAME) for row in first]
    if max(known, default=0) > 0:
        best = known.index(max(known))
        filled = _filled(first[best])
        if known[best] > 1 or all(_filled(row) < filled for row in first[:best]):
            return best
    usual = Counter(map(_filled, rows)).most_common(1)
    for place, row in enumerate(first):
        if usual and _filled(row) * 2 > usual[0][0]:
            return place if _looks_like_names(row, rows[place + 1 :]) else None
    return None


def _looks_like_names(row: list[str], below: list[list[str]]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    if len(set(cells)) < len(cells) or not below:
        return False
    if any(len(cell) > _LONGEST_NAME or _SENTENCE.search(cell) or _NUMBER.fullmatch(cell) for cell in cells):
        return False
    return any(
        _differs(cell.strip(), [one[at].strip() for one in below if at < len(one)]) for at, cell in enumerate(row)
    )


def _differs(name: str, values: list[str]) -> bool:
    """A name is shorter than the texts below it, or stands over numbers, or over values that come again and again."""
    values = [value for value in values if value]
    if not name or not values:
        return False
    numbers = sum(_NUMBER.fullmatch(value) is not None for value in values)
    repeated = len(values) >= 6 and len(set(values)) <= len(values) / 3 and name not in values
    return numbers * 2 > len(values) or repeated or median(map(len, values)) >= 2 * len(name)


def _filled(row: list[str]) -> int:
    return sum(bool(cell) and not cell.isspace() for cell in row)


def _distinct(names: list[str]) -> list[str]:
    again = {name for name, times in Counter(names).items() if times > 1}
    seen: set[str] = set()
    made = []
    for at, name in enumerate(names):
        if not name:
            name = f"Column {letter(at)}"
        elif name in again and name in seen:
            name = f"{name} (column {letter(at)})"
        while name in seen:
            name += "'"
        seen.add(name)
        made.append(name)
    return made
