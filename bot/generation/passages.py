"""A document as topics: cut where it has headings and paragraphs, into passages that a teacher can ask about."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.generation.generation import MOST_TOPICS, Topic

LONGEST: Final = 3_000
"""Bytes of a passage as UTF-8: about 500 words of English, 1,000 Chinese characters."""
SHORTEST: Final = 60
"""What is shorter says too little to be asked about."""
_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？])\s*")
_NAME: Final = 80


def passages_in(text: str, name: str) -> list[Topic]:
    """The passages of a document, in its order; each is called after the headings above it, else after the document
    (`name`). Markdown's headings are known; whatever else the text is, its empty lines are where it is cut."""
    found = []
    for title, section in _sections(text):
        for passage in _cut(section):
            if len(passage.encode()) >= SHORTEST:
                found.append(Topic((title or name)[:_NAME], passage))
    return found


def drawn(passages: Sequence[Topic], n: int) -> tuple[Topic, ...]:
    """At most `n` of them (and MOST_TOPICS), from all over the document."""
    count = min(n, MOST_TOPICS, len(passages))
    return tuple(passages[place * len(passages) // count] for place in range(count))


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Title and text; the title has the headings above it, too."""
    headings: dict[int, str] = {}
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        yield _title(headings), "\n".join(lines)
        lines = []
        level = len(heading[1])
        headings = {at: title for at, title in headings.items() if at < level} | {level: heading[2]}
    yield _title(headings), "\n".join(lines)


def _title(headings: dict[int, str]) -> str:
    return " › ".join(title for _, title in sorted(headings.items()))


def _cut(section: str) -> Iterator[str]:
    """Whole paragraphs, as many as fit."""
    passage: list[str] = []
    room = LONGEST
    for paragraph in re.split(r"\n\s*\n", section):
        for part in _fitting(paragraph.strip()):
            length = len(part.encode())
            if length > room and passage:
                yield "\n\n".join(passage)
                passage, room = [], LONGEST
            passage.append(part)
            room -= length + 2
    if passage:
        yield "\n\n".join(passage)


def _fitting(paragraph: str) -> Iterator[str]:
    """A paragraph; where it is too long, its sentences, as many as fit; where there are none, what fits."""
    if len(paragraph.encode()) <= LONGEST:
        if paragraph:
            yield paragraph
        return
    part = ""
    for sentence in _SENTENCE_END.split(paragraph):
        for piece in _pieces(sentence):
            if part and len(f"{part} {piece}".encode()) > LONGEST:
                yield part
                part = ""
            part = f"{part} {piece}".strip()
    if part:
        yield part


def _pieces(text: str) -> Iterator[str]:
    """No character takes more than four bytes."""
    step = LONGEST if text.isascii() else LONGEST // 4
    for start in range(0, len(text), step):
        yield text[start : start + step]
