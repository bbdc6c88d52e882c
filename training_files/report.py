"""What the check of a training file found: a value, made by `check`, read by everybody else."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]

Param = str | int | float | list[str] | Mapping[str, str | int]
"""A value of a finding: what was found, as the file has it or as a word of ours that stands for a case."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a file: what (a code of `finding_codes`), where, and the values that go with it.

    `line` counts from 1; None where the finding is about the whole file. `field` is the place inside the example, such
    as `messages[2].role`; None where the finding is about the whole line. `quote` is the text at fault, as the file has
    it, at most 120 characters of it; empty where there is none to show. `params` is what the sentence of
    `texts.findings` takes; it may quote the file, too. `message` is the sentence itself, of a finding that was stored
    with one.
    """

    code: str
    line: int | None
    severity: Severity = "error"
    field: str | None = None
    quote: str = ""
    params: dict[str, Param] = {}
    message: str = ""


class Bar(msgspec.Struct, frozen=True):
    """One bar of the histogram of lengths: `examples` examples have from `low` to `high` tokens."""

    low: int
    high: int
    examples: int


class Column(msgspec.Struct, frozen=True):
    """A column of a table, with the first few of its values, shortened and masked as `pii_and_secrets` does."""

    name: str
    samples: tuple[str, ...] = ()


class ColumnMapping(msgspec.Struct, frozen=True):
    """Which column of a table plays which part.

    `columns` maps a part to a column's name. The parts are, for chat: `system`, `user`, `context` (added to the
    user's text), `history` (pairs before it), `assistant`, or `conversation` (a list of turns) or `messages`, both with
    `tools` where there are any; for completion: `prompt`, `completion`; for preference: `system`, `user`, `context`,
    `preferred`, `non_preferred`.
    """

    format: Literal["chat", "completion", "preference"]
    columns: dict[str, str]


class TableNote(msgspec.Struct, frozen=True):
    """How a table was read: `texts.terminal.table_note` says it. `kind`: no_header; header_row (`row`); sheet (`sheet`,
    of `sheets`); by_names or by_contents, of the proposed mapping.
    """

    kind: Literal["no_header", "header_row", "sheet", "by_names", "by_contents"]
    values: dict[str, str | int] = {}


class Table(msgspec.Struct, frozen=True):
    """A file of rows that is not training data yet: what it is and how it would be read.

    `kind` is csv, tsv, xlsx, xls, ods, json, jsonl or parquet. `rows` is an estimate unless `exact`. `mapping` is the
    proposal, None where the columns' names and contents suggest none, and `notes` tell how it came about. `unlisted` is
    how many columns there are beside `columns`.
    """

    kind: str
    rows: int
    columns: tuple[Column, ...]
    mapping: ColumnMapping | None = None
    notes: tuple[TableNote, ...] = ()
    encoding: str = "utf-8"
    exact: bool = True
    unlisted: int = 0


class Tokens(msgspec.Struct, frozen=True):
    """Token counts of a file, one epoch. `total`, `max`, `median` and `p95` count what an example holds for
    the model (content and framing); `billed` is what a provider charges for one epoch, each example capped
    at the model's limit. Median and 95th percentile are nearest ranks: lengths that occur in the file.

    `exact` is False where the figures are estimates, and `why` then says of what kind: another tokenizer counted
    (`stand_in`), or none (`no_vocabulary`); or it is not known for sure how `completions`, `preferences` or `details`
    (names, tools, calls, images) are billed, or what the model's `chat_template` adds.
    """

    total: int
    max: int
    median: int
    p95: int
    billed: int
    exact: bool
    tokenizer: str
    why: str = ""


class Report(msgspec.Struct, frozen=True):
    """The result of checking one file for one model.

    `errors` and `warnings` hold the first 1,000 each, `counts` counts all by code. Where one defect has two codes (a
    message without content lacks a key as well), both are counted, one finding tells of it, and `repeated` counts the
    other; `told` is what people are to see. `epochs` is what would be
    used (asked for, or chosen by the documented rule), and `epochs_reason` says why, as `epochs.Epochs` does; `cost`
    maps a model's id to US dollars for all epochs, or to None where no price is known, `model` first.
    `method` is how a file of this format trains: supervised, dpo or reinforcement; None where it does not.
    `histogram` shows the lengths in at most 24 bars. `table` describes a file of rows that has to be converted first.
    A report with `complete` False was made on the way: its figures cover what was read so far. `deep` tells whether
    the second pass has added its findings. `images` is how many examples have images.
    """

    ok: bool
    format: str
    examples: int
    errors: list[Finding]
    warnings: list[Finding]
    counts: dict[str, int]
    tokens: Tokens
    epochs: int
    cost: dict[str, float | None]
    model: str
    bytes: int
    sha256: str
    epochs_reason: str = ""
    method: str | None = None
    histogram: list[Bar] = []
    table: Table | None = None
    complete: bool = True
    deep: bool = False
    repeated: dict[str, int] = {}
    images: int = 0

    @property
    def told(self) -> dict[str, int]:
        """How many findings there are of each code: `counts` without what is counted twice."""
        told = {code: count - self.repeated.get(code, 0) for code, count in self.counts.items()}
        return {code: count for code, count in told.items() if count}
