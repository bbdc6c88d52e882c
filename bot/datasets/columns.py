"""How a table becomes examples: the layouts that it can be read by, and which column plays which part."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from training_files.report import ColumnMapping, Table

_ANSWERS: Final = ("assistant", "completion", "preferred")


class Layout(msgspec.Struct, frozen=True):
    """One way of reading a table: the format of its examples, parts that it needs, and parts that it may have, by their
    names in `ColumnMapping`."""

    format: Literal["chat", "completion", "preference"]
    needed: tuple[str, ...]
    more: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        return self.needed + self.more


LAYOUTS: Final[Mapping[str, Layout]] = {
    "chat": Layout("chat", ("user", "assistant"), ("context", "system", "history", "tools")),
    "conversation": Layout("chat", ("conversation",), ("system", "tools")),
    "completion": Layout("completion", ("prompt", "completion")),
    "preference": Layout("preference", ("preferred", "non_preferred"), ("user", "context", "system", "history")),
}


class Columns(msgspec.Struct, frozen=True):
    """What was chosen: the layout, and for each part the place of its column in the table, from 0."""

    layout: str
    places: dict[str, int]

    def mapping(self, table: Table) -> ColumnMapping:
        names = [column.name for column in table.columns]
        columns = {part: names[place] for part, place in self.places.items() if place < len(names)}
        return ColumnMapping(LAYOUTS[self.layout].format, columns)


def proposed_columns(table: Table, layout: str = "") -> Columns:
    """What is filled in at first: the table's own proposal, or what of it fits the layout that is wanted."""
    names = [column.name for column in table.columns]
    mapping = table.mapping or ColumnMapping("chat", {})
    # Both are read alike.
    columns = {"conversation" if part == "messages" else part: name for part, name in mapping.columns.items()}
    places = {part: names.index(name) for part, name in columns.items() if name in names}
    own = "conversation" if "conversation" in places else mapping.format
    layout = layout if layout in LAYOUTS else own
    if layout != own:
        for asked, answered in (("user", "assistant"), ("prompt", "completion"), ("user", "preferred")):
            places.setdefault(asked, places.get("user", places.get("prompt", -1)))
            places.setdefault(answered, next((places[p] for p in _ANSWERS if places.get(p, -1) >= 0), -1))
    parts = LAYOUTS[layout].parts
    return Columns(layout, {part: place for part, place in places.items() if place >= 0 and part in parts})
