"""Markdown cut into messages, each of which can be read by itself: code and tables go on in the next."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from handlers.blocks.text import size

# What may stand before a fence (marks of quotations and lists), the fence, and the language.
_FENCE: Final = re.compile(r"((?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,20}|~{3,20})([^`]*)")
_DELIMITER: Final = re.compile(r":?-+:?")
# What is opened again begins with so much of it.
_LONGEST_INFO: Final = 100
_LONGEST_HEADER: Final = 1_000


@dataclass(frozen=True)
class _Inside:
    """What a cut is inside of: `ends` stands below the first part, `begins` above the second."""

    ends: str = ""
    begins: str = ""
    fence: str = ""


_TEXT: Final = _Inside()


@dataclass(frozen=True)
class _Place:
    """The beginning of a line. `may_cut`: not between the two lines of a table's header."""

    at: int
    inside: _Inside
    after_blank: bool
    may_cut: bool

    @property
    def fitness(self) -> tuple[int, int]:
        """Between paragraphs rather than lines, those rather than in code or a table; rather late."""
        return (0 if self.inside is not _TEXT else 2 if self.after_blank else 1), self.at


def cut(text: str, limit: int, least: int = 0) -> tuple[str, str]:
    """`text` in two, the first at most `limit` long (as `size` counts). Both are to be shown as they are: code that is
    cut is closed and opened again, a table's header comes twice.

    It is cut where it is read best: between paragraphs, else lines, else words; after the first `least` characters if
    there is such a place, and in the second half at any rate. A table's row is cut only where it alone is too long.
    """
    end = _fitting(text, limit)
    last_line = text.find("\n", end)
    places = [place for place in _places(text[: last_line if last_line >= 0 else None]) if place.at <= end]
    fit = [place for place in places if place.may_cut and place.at + size(place.inside.ends) <= end]
    for first in (max(least, end // 2), max(end // 2, 1)):
        if found := [place for place in fit if place.at >= first]:
            place = max(found, key=lambda place: place.fitness)
            return _parts(text, place.at, place.inside)
    inside = places[-1].inside if places[-1].inside.fence else _TEXT
    end = _fitting(text, limit - size(inside.ends))
    space = text.rfind(" ", max(end // 2, 1), end)
    return _parts(text, space + 1 if space > 0 else end, inside)


def closed(text: str) -> str:
    """`text` with the code closed that is still open at its end: what follows is no part of it."""
    *_, last = _places(text + "\n")
    return text.rstrip("\n") + last.inside.ends if last.inside.fence else text


def _parts(text: str, at: int, inside: _Inside) -> tuple[str, str]:
    head, rest = text[:at], text[at:]
    if inside.fence:
        return head.rstrip("\n") + inside.ends, inside.begins + rest
    # A header as long as all that comes before would come again and again.
    return head.rstrip(), (inside.begins if len(inside.begins) < at else "") + rest.lstrip("\n")


def _places(text: str) -> Iterator[_Place]:
    """The beginnings of all lines, an empty last one included."""
    at, inside, previous = 0, _TEXT, ""
    for line in text.split("\n"):
        is_header = not inside.fence and "|" in previous and _delimits(line)
        yield _Place(at, inside, not previous.strip(), not is_header)
        inside = _after(line, previous, inside, is_header=is_header)
        at, previous = at + len(line) + 1, line


def _after(line: str, previous: str, inside: _Inside, *, is_header: bool) -> _Inside:
    """What the next line is inside of."""
    if inside.fence:
        bare = line.strip(" \t>")
        return _TEXT if set(bare) == {inside.fence[0]} and len(bare) >= len(inside.fence) else inside
    if opened := _FENCE.fullmatch(line):
        before, fence, info = opened.groups()
        quoted = before if ">" in before else ""
        ends = quoted or re.sub(r"\S", " ", before)
        return _Inside(f"\n{ends}{fence}", f"{quoted}{fence}{info[:_LONGEST_INFO]}\n", fence)
    if is_header:
        header = f"{previous}\n{line}\n"
        return _Inside(begins=header if len(header) <= _LONGEST_HEADER else "")
    return inside if line.strip() else _TEXT


def _delimits(line: str) -> bool:
    """Whether it is the second line of a table, as in `|---|:-:|`."""
    cells = line.strip().removeprefix("|").removesuffix("|").split("|")
    return all(_DELIMITER.fullmatch(cell.strip()) for cell in cells)


def _fitting(text: str, limit: int) -> int:
    """How many characters of `text` are at most `limit` long."""
    if len(text) <= limit // 2:
        return len(text)
    return len(text[:limit].encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore"))
