"""Why a training file cannot be read or kept, and what to do. A function marked with
`@ERRORS.sentence` says one kind of error: its name is the kind, its parameters are the error's values.

Sentences are plain text with the values as they came: whoever shows one escapes all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from texts import file_types
from texts.formats import enumerated, listed
from texts.language import _, plural
from texts.sentences import Sentences
from training_files import TrainingFileError

ERRORS: Final = Sentences()


def sentence(error: TrainingFileError) -> str:
    """What happened, and what to do next."""
    return ERRORS.say(error.kind, error.values) or str(error)


def of_this_file(kind: str, values: Mapping[str, str | int]) -> str:
    """The sentence for an error whose file the reader knows under a name that is not at hand."""
    said = ERRORS.say(kind, values, name=_("the file")) or kind
    return said[:1].upper() + said[1:]


def _quoted(names: Sequence[str]) -> str:
    return enumerated([f"“{name}”" for name in names])


# Fetching it from Slack


@ERRORS.sentence
def outside_of_slack() -> str:
    return _("The file lies outside of Slack. Download it, then drop the file itself here.")


@ERRORS.sentence
def strange_place() -> str:
    return _("Slack names a strange place for this file, so I did not fetch it. Drop it again.")


@ERRORS.sentence
def not_handed_out(status: int) -> str:
    """`status`: of HTTP."""
    return _("Slack did not hand the file out (status {status}). Drop it again in a minute.", status=status)


@ERRORS.sentence
def connection_broke() -> str:
    return _("The connection to Slack broke while I read the file. Drop it again.")


@ERRORS.sentence
def file_removed() -> str:
    return _("The file was removed before I could read it. Drop it again if you still want to train on it.")


@ERRORS.sentence
def may_not_read_files() -> str:
    return _(
        "Slack does not let me read files: my app lacks the scope `files:read`. An administrator can add it under "
        "{page} and reinstall the app; then drop the file again.",
        page="OAuth & Permissions",
    )


@ERRORS.sentence
def refused_by_slack(slack: str) -> str:
    """`slack`: its error code."""
    return _("Slack did not let me read the file ({code}). Drop it again, or ask an administrator.", code=slack)


# Opening, keeping and writing it


@ERRORS.sentence
def no_such_file(path: str) -> str:
    return _("There is no file {path}. Check its name and folder.", path=path)


@ERRORS.sentence
def is_a_folder(name: str) -> str:
    return _("{name} is a folder. Name the training file in it.", name=name)


@ERRORS.sentence
def not_a_regular_file(name: str) -> str:
    return _("{name} is not a regular file. Save the training data to a file first.", name=name)


@ERRORS.sentence
def may_not_be_read(name: str) -> str:
    return _("{name} may not be read by this user. Check its permissions.", name=name)


@ERRORS.sentence
def cannot_be_opened(name: str, reason: str) -> str:
    return _("{name} cannot be opened: {reason}.", name=name, reason=reason)


@ERRORS.sentence
def cannot_be_read(name: str, reason: str) -> str:
    return _("{name} cannot be read: {reason}.", name=name, reason=reason)


@ERRORS.sentence
def cannot_be_written(file: str, reason: str) -> str:
    return _("{file} cannot be written: {reason}.", file=file, reason=reason)


@ERRORS.sentence
def not_replaceable(path: str) -> str:
    return _("{path} is not a file, so no training file can take its place. Give another name.", path=path)


@ERRORS.sentence
def no_room(folder: str, reason: str) -> str:
    return _(
        "There is no room for a temporary file in {folder}: {reason}. Make room there, or name another folder in "
        "`TMPDIR`.",
        folder=folder,
        reason=reason,
    )


@ERRORS.sentence
def larger_than_taken(megabytes: int) -> str:
    return _(
        "The file is larger than {megabytes} MB, the most that I take. Split it, or ask an administrator to raise "
        "`FINETUNE_MAX_FILE_MB`.",
        megabytes=megabytes,
    )


@ERRORS.sentence
def not_kept(why: str) -> str:
    return _("I could not keep the file: {why}. Tell an administrator, then drop it again.", why=why)


@ERRORS.sentence
def took_too_long(minutes: int) -> str:
    return plural(
        "This file took more than {count} minute, so I stopped. Split it, or ask an administrator.",
        "This file took more than {count} minutes, so I stopped. Split it, or ask an administrator.",
        minutes,
    )


@ERRORS.sentence
def stopped_twice() -> str:
    return _(
        "Work on this file was stopped twice, most likely because this machine has too little memory for it. Split the "
        "file, or ask an administrator."
    )


# Examples


@ERRORS.sentence
def no_example(name: str, line: int, finding: str) -> str:
    """`finding`: the code of what is wrong with it."""
    return _(
        "Line {line} of {name} is not an example ({finding}). The check of the file says more.",
        line=line,
        name=name,
        finding=finding,
    )


@ERRORS.sentence
def line_too_long(name: str, line: int) -> str:
    return _("Line {line} of {name} is too long to be read. Repair the file first.", line=line, name=name)


@ERRORS.sentence
def no_jsonl_yet(name: str, format: str) -> str:
    return _("{name} is no JSONL yet ({format}): repair it first, then look at its examples.", name=name, format=format)


# Repairing


@ERRORS.sentence
def cannot_be_copied(name: str, reason: str) -> str:
    return _("{name} cannot be copied: {reason}.", name=name, reason=reason)


@ERRORS.sentence
def original_is_kept(name: str) -> str:
    return _("{name} is the file that is repaired; it is never overwritten. Give another name.", name=name)


@ERRORS.sentence
def columns_not_named(name: str) -> str:
    return _("Nobody has said yet which columns of {name} hold what. Name them, then repair it.", name=name)


@ERRORS.sentence
def too_many_defects(line: int, defects: int) -> str:
    return _(
        "By line {line} the file has {defects} defects, so it is hardly training data that repairs could save. The "
        "check names the first of them.",
        line=line,
        defects=defects,
    )


@ERRORS.sentence
def cannot_be_converted(formats: Sequence[str], to: str) -> str:
    """`formats`: those of the file's examples."""
    found = listed(formats)
    return {
        "chat": _("These examples ({formats}) cannot become chats: there is no answer in them.", formats=found),
        "completion": _(
            "These examples ({formats}) cannot become completions: there is no answer in them.", formats=found
        ),
        "preference": _(
            "These examples ({formats}) cannot become preferences: those need a better and a worse answer to each "
            "question.",
            formats=found,
        ),
        "reinforcement": _(
            "These examples ({formats}) cannot become reinforcement examples: those need what a grader reads.",
            formats=found,
        ),
    }[to]


# Splitting


@ERRORS.sentence
def share_out_of_range(share: float) -> str:
    return _("The share is {share}; it must lie between 0 and 1, such as 0.1 for a tenth.", share=share)


@ERRORS.sentence
def three_names_needed() -> str:
    return _("The file, its training part and its validation part need three different names.")


@ERRORS.sentence
def too_few_to_split(name: str, examples: int) -> str:
    """`examples` are all the same."""
    if not examples:
        return _("{name} has no example. A split needs two different ones.", name=name)
    return plural(
        "{name} has {count} example. A split needs two different ones.",
        "{name} has only one example, {count} times. A split needs two different ones.",
        examples,
        name=name,
    )


@ERRORS.sentence
def line_not_split(name: str, line: int) -> str:
    return _("Line {line} of {name} is no example. Repair the file first, then split it.", line=line, name=name)


# Tables


@ERRORS.sentence
def not_a_table(name: str, kind: str) -> str:
    """`kind`: of `training_files.tables.file_type`."""
    return _(
        "{name} is {kind}, not a table. {advice}",
        name=name,
        kind=file_types.name(kind),
        advice=file_types.conversion(kind),
    )


@ERRORS.sentence
def not_a_text(name: str) -> str:
    return _("{name} is not a text file in any encoding that is known. Save it as UTF-8.", name=name)


@ERRORS.sentence
def no_rows(name: str) -> str:
    return _("{name} has no rows that can be read.", name=name)


@ERRORS.sentence
def too_many_columns(columns: int, most: int) -> str:
    return _(
        "The table has {columns} columns. {most} are read, as many as a sheet has. Leave out those that hold no text, "
        "or put each example on a row of its own.",
        columns=columns,
        most=most,
    )


@ERRORS.sentence
def too_many_rows(rows: int, bytes: int, free: int, size: int) -> str:
    """Of about `bytes` each; `free` of them may be of any size, and there may be one more for every `size` bytes."""
    return _(
        "The table has more than {rows} rows, of about {bytes} bytes each. {free} rows are read, and beyond them one "
        "for every {size} bytes. Leave out rows that hold no example, or split the table.",
        rows=rows,
        bytes=bytes,
        free=free,
        size=size,
    )


@ERRORS.sentence
def row_unreadable(name: str, row: int, line: int, reason: str) -> str:
    return _(
        "Row {row} of {name} (line {line}) cannot be read: {reason}.", row=row, name=name, line=line, reason=reason
    )


@ERRORS.sentence
def cell_too_long(name: str, row: int, line: int, millions: int) -> str:
    return _(
        "Row {row} of {name} (line {line}) cannot be read: a cell is longer than {millions} million characters; "
        "perhaps a quote is never closed.",
        row=row,
        name=name,
        line=line,
        millions=millions,
    )


@ERRORS.sentence
def quote_never_closed(name: str) -> str:
    return _(
        "A quote is opened in {name} and never closed, so the rows after it cannot be told apart. Close it, or save "
        "the table anew from the program it came from.",
        name=name,
    )


@ERRORS.sentence
def text_line_too_long(name: str, line: int, millions: int) -> str:
    return _(
        "Line {line} of {name} is longer than {millions} million characters.", line=line, name=name, millions=millions
    )


@ERRORS.sentence
def broken_document(
    name: str,
    values: int,
    problem: str,
    first: str = "",
    second: str = "",
    detail: str = "",
    near: str = "",
    millions: int = 0,
) -> str:
    """After so many `values` that were read."""
    where = plural(
        "{name} is not valid JSON after {count} value",
        "{name} is not valid JSON after {count} values",
        values,
        name=name,
    )
    match problem:
        case "no_name":
            return _("{where}: a name with a colon is missing.", where=where)
        case "two_lists":
            return _(
                "{where}: it holds two lists, “{first}” and “{second}”, and only one can be read.",
                where=where,
                first=first,
                second=second,
            )
        case "cut_off":
            return _("{where}: the file ends in the middle of it.", where=where)
        case "nested":
            return _("{where}: it is nested too deeply.", where=where)
        case "digits":
            return _("{where}: a number in it is too long.", where=where)
        case "long":
            return _(
                "{where}: one of its values is longer than {millions} million characters.",
                where=where,
                millions=millions,
            )
    if near:
        return _("{where}: {detail}, near “{near}”.", where=where, detail=detail, near=near)
    return _("{where}: {detail}.", where=where, detail=detail)


@ERRORS.sentence
def needs_password(name: str) -> str:
    return _("{name} is protected with a password. Save it without one.", name=name)


@ERRORS.sentence
def damaged_workbook(name: str) -> str:
    return _(
        "{name} cannot be read as a workbook: it is damaged or something else. Save the table as CSV or xlsx.",
        name=name,
    )


@ERRORS.sentence
def no_sheet(name: str) -> str:
    return _("{name} holds no sheet with rows in it.", name=name)


@ERRORS.sentence
def damaged_parquet(name: str, rows: int) -> str:
    if not rows:
        return _("{name} cannot be read as Parquet: it is damaged or cut off.", name=name)
    return plural(
        "{name} cannot be read as Parquet after {count} row: it is damaged or cut off.",
        "{name} cannot be read as Parquet after {count} rows: it is damaged or cut off.",
        rows,
        name=name,
    )


@ERRORS.sentence
def row_too_large(name: str, megabytes: int) -> str:
    return _("A row of {name} is larger than {megabytes} MB.", name=name, megabytes=megabytes)


@ERRORS.sentence
def too_slow_to_unpack(name: str, seconds: int) -> str:
    return _(
        "{name} took longer than {seconds} seconds to unpack, so reading it was stopped. Save it as CSV.",
        name=name,
        seconds=seconds,
    )


@ERRORS.sentence
def too_large_to_unpack(name: str, megabytes: int) -> str:
    return _(
        "{name} is damaged, or needs more than {megabytes} MB of memory when unpacked, so reading it was stopped. Save "
        "the table as CSV and send that.",
        name=name,
        megabytes=megabytes,
    )


# Converting tables


@ERRORS.sentence
def makes_too_much(name: str, gigabytes: int) -> str:
    return _("{name} makes more than {gigabytes} GB of examples. Split it first.", name=name, gigabytes=gigabytes)


@ERRORS.sentence
def no_such_part(part: str, format: str, parts: Sequence[str]) -> str:
    return _("“{part}” is no part of a {format} example; {parts} are.", part=part, format=format, parts=_quoted(parts))


@ERRORS.sentence
def no_such_column(name: str, column: str, columns: Sequence[str]) -> str:
    return _(
        "{name} has no column “{column}”; its columns are {columns}.",
        name=name,
        column=column,
        columns=_quoted(columns),
    )


@ERRORS.sentence
def parts_needed(format: str, needed: Sequence[Sequence[str]]) -> str:
    """`needed`: each is enough."""
    return _(
        "For {format} examples it must be said which columns are {parts}.",
        format=format,
        parts=_(" or ").join(listed([f"“{part}”" for part in parts]) for parts in needed),
    )
