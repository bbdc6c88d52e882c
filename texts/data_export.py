"""What `finetune-bot export-data` writes: on the terminal, and into the archive's README.txt."""

from collections.abc import Mapping

from texts.language import _, plural


def written(archive: str, size: str, rows: int, files: int) -> str:
    return plural(
        "{archive} ({size}): {rows} rows, and {count} training file. Only you can read it.",
        "{archive} ({size}): {rows} rows, and {count} training files. Only you can read it.",
        files,
        archive=archive,
        size=size,
        rows=rows,
    )


def nothing_kept(person: str) -> str:
    return _("Nothing is kept of {person}, so there is no archive.", person=person)


def readme(rows: Mapping[str, int], files: int, person: str) -> str:
    """`person`: "" where it is all of the workspace."""
    parts = [_of_person(person) if person else _of_all(), _layout()]
    if files:
        parts.append(_files())
    if person:
        parts.append(_look_through())
    parts.append("\n".join(f"data/{table}.jsonl: {count}" for table, count in rows.items()))
    return "\n\n".join(parts) + "\n"


def _of_all() -> str:
    return _("All that Finetune Bot keeps of this workspace. Keys and tokens are not among it.")


def _of_person(person: str) -> str:
    return _(
        "What Finetune Bot keeps of {person}: whatever names them, and what came of what they asked for: events and "
        "figures of their jobs, answers, and examples that they had written.",
        person=person,
    )


def _layout() -> str:
    return _(
        "The folder data has a file for each table of the store, in JSON Lines: one JSON object a line, in UTF-8, one "
        "line a row. The names are those of the columns; value is the whole thing as the bot knows it. Times are "
        "seconds since 1970-01-01 UTC; people (U…), channels (C…, D…, G…) and messages (ts) have Slack's ids. The "
        "list below says how many rows each has; a table without any has no file."
    )


def _files() -> str:
    return _(
        "The folder files has the training files, named by the SHA-256 of their content; sha256 in data/datasets.jsonl "
        "says which is which."
    )


def _look_through() -> str:
    return _(
        "Rows that name this person can hold words of others, too, such as a message that mentions them: look through "
        "them before you hand the archive on. What others wrote into training files is in these files."
    )
