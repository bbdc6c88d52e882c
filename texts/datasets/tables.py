"""A table that was dropped, in its report: what it has, and how it would be read."""

from collections.abc import Sequence

from texts.formats import enumerated
from texts.language import _, plural


def rows(count: int, *, exact: bool = True) -> str:
    if exact:
        return plural("{count} row", "{count} rows", count)
    return plural("about {count} row", "about {count} rows", count)


def is_a_table(kind: str, file: str, rows: str) -> str:
    """`kind`: the ending of such a file."""
    if kind == "csv":
        return _("{file} is a table (CSV) with {rows}.", file=file, rows=rows)
    if kind == "tsv":
        return _("{file} is a table (TSV) with {rows}.", file=file, rows=rows)
    if kind in ("xlsx", "xls", "ods"):
        return _("{file} is a spreadsheet with {rows}.", file=file, rows=rows)
    if kind == "json":
        return _("{file} is a list of records (JSON) with {rows}.", file=file, rows=rows)
    if kind == "jsonl":
        return _("{file} is a list of records (JSONL) with {rows}.", file=file, rows=rows)
    if kind == "parquet":
        return _("{file} is a table (Parquet) with {rows}.", file=file, rows=rows)
    return _("{file} is a table with {rows}.", file=file, rows=rows)


def would_read(reading: str, convert: str) -> str:
    """`convert`: the button's name."""
    return _(
        "I would read it as {reading}. Press {convert} to make a training file of it.", reading=reading, convert=convert
    )


def name_the_columns(convert: str) -> str:
    """`convert`: the button's name."""
    return _("Press {convert} and tell me which column is the question and which the answer.", convert=convert)


def columns(names: Sequence[str], more: int) -> str:
    """`more`: how many are not among `names`."""
    count = len(names) + more
    if not count:
        return _("Columns: none")
    if not more:
        return plural("Column: {columns}", "Columns: {columns}", count, columns=enumerated(names))
    return plural(
        "Columns: {columns} and {count} more", "Columns: {columns} and {count} more", more, columns=enumerated(names)
    )


def whole_conversations(column: str) -> str:
    """How a table is read."""
    return _("whole conversations in {column}", column=column)


def answers(asked: str, answered: str) -> str:
    """How a table is read: the columns asked with, and that of the answer."""
    return _("{asked} → {answered}", asked=asked, answered=answered)


def preferences(asked: str, preferred: str, rejected: str) -> str:
    """How a table is read: the columns asked with, and those of the better and the worse answer."""
    return _("{asked} → {preferred} rather than {rejected}", asked=asked, preferred=preferred, rejected=rejected)
