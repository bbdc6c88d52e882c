"""A page as values: what stands in it, in which order, in one language. HTML and PDF are both made of it."""

import msgspec

Row = tuple[str, ...]


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Names and values in two columns."""

    pairs: tuple[tuple[str, str], ...]


class Grid(msgspec.Struct, frozen=True, tag="grid"):
    """A table with headings; each row has a cell for each."""

    columns: Row
    rows: tuple[Row, ...]


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    text: str


class Picture(msgspec.Struct, frozen=True, tag="picture"):
    """A PNG. `alt_text`: what it shows, for those who do not see it."""

    png: bytes
    alt_text: str


Block = Facts | Grid | Paragraph | Picture


class Section(msgspec.Struct, frozen=True):
    heading: str
    blocks: tuple[Block, ...]


class Document(msgspec.Struct, frozen=True):
    """Plain text everywhere, from people, files and models: whoever lays it out escapes it. `language`: its code."""

    title: str
    subtitle: str
    language: str
    sections: tuple[Section, ...]
    footer: str
