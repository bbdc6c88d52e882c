"""What a command in a terminal and the bot say to each other: a line of JSON each."""

from typing import Any

import msgspec


class Asked(msgspec.Struct, frozen=True):
    """`words`: what would follow `/finetune COMMAND` in Slack. `channel`: where in Slack it counts as asked, "" for
    nowhere. `language` of the answer."""

    command: str
    words: tuple[str, ...] = ()
    channel: str = ""
    language: str = "en"


class Table(msgspec.Struct, frozen=True):
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Answer(msgspec.Struct, frozen=True):
    """`value` is for programs; `tables`, then `notes`, for people. `error`: why nothing was done."""

    value: dict[str, Any] = {}
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    error: str | None = None
