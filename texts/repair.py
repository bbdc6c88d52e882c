"""Repairing a training file in Slack: the modals, and what is said once it is repaired.

Values that quote a file come as they are: whoever shows a sentence with them escapes all of it.
"""

from texts.language import _, plural


def repair_button() -> str:
    return _("Repair")


def convert_button() -> str:
    """Of a table: its rows become examples."""
    return _("Convert")


def compare_title() -> str:
    """Of a file in order, which may be held against its validation file."""
    return _("Compare")


def leave_out_button() -> str:
    return _("Leave out")


def next_button() -> str:
    return _("Next")


def not_now_button() -> str:
    return _("Not now")


def the_examples() -> str:
    """What a modal looks at that was just told how to read a table."""
    return _("the examples")


def how_to_read(file: str) -> str:
    return _("How shall I read {file}? Each row becomes one example.", file=file)


def layout_label() -> str:
    return _("Make of it")


def layout(name: str) -> str:
    return {
        "chat": _("Chat: a question and an answer"),
        "conversation": _("Chat: whole conversations"),
        "completion": _("Completion: text that goes on"),
        "preference": _("Preference: a better and a worse answer"),
    }[name]


def part(name: str) -> tuple[str, str]:
    """What a column may be: its name, and a hint."""
    return {
        "system": (_("System prompt"), _("Instructions that stand before each conversation.")),
        "user": (_("Question"), _("What the person says.")),
        "context": (_("Context"), _("More for the question, such as a text that it is about.")),
        "history": (_("Earlier turns"), _("Questions and answers before this one.")),
        "tools": (_("Tools"), _("Which tools the model may call.")),
        "assistant": (_("Answer"), _("What the model should learn to say.")),
        "conversation": (_("Conversation"), _("The column that holds all turns.")),
        "prompt": (_("Prompt"), _("What comes first.")),
        "completion": (_("Completion"), _("What the model should go on with.")),
        "preferred": (_("Better answer"), _("The one that the model should learn to give.")),
        "non_preferred": (_("Worse answer"), _("The one that it should learn to avoid.")),
    }[name]


def choose_column() -> str:
    return _("Choose a column")


def unnamed_column(number: int) -> str:
    return _("Column {number}", number=number)


def no_column() -> str:
    return _("None")


def columns_offered(offered: int, columns: int) -> str:
    return _("The first {offered} of {columns} columns are offered.", offered=offered, columns=columns)


def column_missing() -> str:
    return _("Choose a column.")


def column_twice() -> str:
    return _("Each part needs a column of its own.")


def what_comes(file: str, *, of_rows: bool) -> str:
    """`of_rows`: of a table, which is converted."""
    if of_rows:
        return _(
            "{file} is converted: the new file comes into the thread, with a report of its own. The table itself stays "
            "as it is.",
            file=file,
        )
    return _(
        "A repaired copy of {file} comes into the thread, with a report of its own. The file itself stays as it is.",
        file=file,
    )


def rows_read_as(rows: int, reading: str) -> str:
    return plural("{count} row, read as {reading}", "{count} rows, read as {reading}", rows, reading=reading)


def nothing_to_repair(file: str) -> str:
    return _("I found nothing in {file} that I could repair.", file=file)


def validation_label() -> str:
    return _("Validation file")


def validation_hint() -> str:
    return _("Examples that stand in it too can be left out here.")


def choose_file() -> str:
    return _("Choose a file")


def no_file() -> str:
    return _("None")


def examples_left_out(examples: int) -> str:
    return plural("{count} example left out", "{count} examples left out", examples)


def examples_changed(examples: int) -> str:
    return plural("{count} example changed", "{count} examples changed", examples)


def comes_always(repair: str, examples: int, *, of_rows: bool) -> str:
    """`repair`: its title."""
    if of_rows:
        return _("{repair}: {examples}. Comes with every converted file.", repair=repair, examples=examples)
    return _("{repair}: {examples}. Comes with every repaired file.", repair=repair, examples=examples)


def at_line(line: int, shown: str) -> str:
    return _("Line {line}: {shown}", line=line, shown=shown)


def nothing_there() -> str:
    """In place of a text that is empty."""
    return _("nothing")


def cannot_be_saved(lines: str) -> str:
    return _("Cannot be saved, whatever you choose: {lines}", lines=lines)


def could_not_be_saved(lines: str) -> str:
    return _("Could not be saved: {lines}", lines=lines)


def lost_line(line: int, why: str) -> str:
    return _("line {line} ({why})", line=line, why=why)


def more_lines(lines: int) -> str:
    return _("{lines} more", lines=lines)


def repaired(person: str, file: str, examples: int) -> str:
    return plural(
        "{person} had {file} repaired: {count} example.",
        "{person} had {file} repaired: {count} examples.",
        examples,
        person=person,
        file=file,
    )


def converted(person: str, file: str, examples: int) -> str:
    return plural(
        "{person} had {file} converted: {count} example.",
        "{person} had {file} converted: {count} examples.",
        examples,
        person=person,
        file=file,
    )


def converted_and_repaired(person: str, file: str, examples: int) -> str:
    return plural(
        "{person} had {file} converted and repaired: {count} example.",
        "{person} had {file} converted and repaired: {count} examples.",
        examples,
        person=person,
        file=file,
    )


def did(repair: str, examples: int) -> str:
    """`repair`: its title."""
    return _("{repair}: {examples}", repair=repair, examples=examples)


def left_out_in_all(examples: int) -> str:
    return plural("Left out in all: {count} example", "Left out in all: {count} examples", examples)
