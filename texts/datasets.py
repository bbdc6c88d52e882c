"""Training files: the report, what is made of a file, samples, and splitting. Buttons and inputs of Slack take plain
text.

`file` and `link` come as they shall be shown, counts as numbers.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Final

from texts.formats import listed, money, rough_duration
from texts.language import _, plural
from texts.start import time_rests_on, with_basis

_ABOUT_FROM: Final = 0.005
"""US dollars below which a price is "less than a cent"."""


def examples(count: int) -> str:
    return plural("{count} example", "{count} examples", count)


def tokens(count: int) -> str:
    return plural("{count} token", "{count} tokens", count)


def rows(count: int, *, exact: bool = True) -> str:
    if exact:
        return plural("{count} row", "{count} rows", count)
    return plural("about {count} row", "about {count} rows", count)


# While it is read


def reading(file: str) -> str:
    return _("Reading {file} …", file=file)


def read_so_far(file: str, examples: str, megabytes: int, of: int | None) -> str:
    """`of`: how many megabytes there are, where that is known."""
    if of is None:
        return _("Reading {file} … {read} MB, {examples} so far.", file=file, read=megabytes, examples=examples)
    return _(
        "Reading {file} … {read} of {size} MB, {examples} so far.",
        file=file,
        read=megabytes,
        size=of,
        examples=examples,
    )


def more_may_come() -> str:
    """Over findings."""
    return _("Found so far, more may come:")


def unreadable(file: str) -> str:
    return _("I could not read {file}.", file=file)


def went_wrong() -> str:
    return _("Something went wrong on my side while I checked it. Drop it again, please.")


def deleted(file: str) -> str:
    return _("{file} was deleted. Drop it again to use it.", file=file)


def expired(file: str, days: int) -> str:
    return plural(
        "{file} was deleted, as nobody had used it for {count} day. Drop it again to use it.",
        "{file} was deleted, as nobody had used it for {count} days. Drop it again to use it.",
        days,
        file=file,
    )


# The verdict


def correct_first(file: str) -> str:
    """A heading; what there is to correct follows."""
    return _("Please correct {file} first:", file=file)


def ready(file: str) -> str:
    """A heading; what is in the file follows."""
    return _("{file} is ready for training:", file=file)


def nothing_learns_from(file: str) -> str:
    """A heading; what is in the file follows."""
    return _("{file} is in order, but nothing here can be trained on it:", file=file)


def errors(count: int) -> str:
    return plural("{count} error.", "{count} errors.", count)


def errors_in(count: int, examples: str) -> str:
    return plural("{count} error in {examples}.", "{count} errors in {examples}.", count, examples=examples)


def examples_of(format: str, examples: str) -> str:
    return _("{examples} in {format} format.", examples=examples, format=format)


def nothing_to_correct(format: str, examples: str) -> str:
    return _("{examples} in {format} format, nothing to correct.", examples=examples, format=format)


def hints_to_look_at(format: str, examples: str, count: int) -> str:
    return plural(
        "{examples} in {format} format, with {count} hint to look at.",
        "{examples} in {format} format, with {count} hints to look at.",
        count,
        examples=examples,
        format=format,
    )


# Figures


def tokens_heading() -> str:
    return _("Tokens")


def tokens_in_all(count: int, *, exact: bool) -> str:
    return _("{count} in all", count=count) if exact else _("about {count} in all", count=count)


def lengths(median: int, p95: int, longest: int) -> str:
    return _("median {median}, 95th percentile {p95}, longest {longest}", median=median, p95=p95, longest=longest)


def epochs_heading() -> str:
    return _("Epochs")


def epochs(count: int, reason: str) -> str:
    return _("{count}: {reason}", count=count, reason=reason)


def cost_heading() -> str:
    return _("Cost")


def cost_and_time_heading() -> str:
    return _("Cost and time")


def price(usd: float | None, *, exact: bool) -> str:
    """ "$0.05", "about $0.05", "unknown price"."""
    if exact or usd is None or usd < _ABOUT_FROM:
        return money(usd)
    return _("about {price}", price=money(usd))


def price_and_time(price: str, seconds: float, trainings: int | None = None) -> str:
    """ "$0.05, about 10 min", and on what that rests, as `training_time` says it."""
    time = rough_duration(seconds)
    rests = time_rests_on(trainings)
    if seconds >= 60:
        said = _("{price}, about {time}", price=price, time=time)
    else:  # "less than a minute"
        said = _("{price}, {time}", price=price, time=time)
    return with_basis(said, rests) if rests else said


def more_models(count: int, start: str) -> str:
    """`start`: the button's name."""
    return plural("{count} more in the window of {start}", "{count} more in the window of {start}", count, start=start)


def estimated(why: str) -> str:
    return _("Token counts are estimates: {why}.", why=why)


def estimated_with(tokenizer: str) -> str:
    return _("Token counts are estimates, made with {tokenizer}.", tokenizer=tokenizer)


# What belongs to it


def validation_file(file: str, examples: str, tokens: str, start: str) -> str:
    """`start`: the button's name."""
    return _(
        "Validation file: {file}, {examples}, {tokens}. {start} has it chosen.",
        file=file,
        examples=examples,
        tokens=tokens,
        start=start,
    )


def validates(file: str, start: str) -> str:
    """`start`: the button's name."""
    return _("Dropped with {file}, which it validates: {start} there has it chosen.", file=file, start=start)


def needs_a_grader(start: str) -> str:
    """`start`: the button's name."""
    return _(
        "Reinforcement fine-tuning needs a grader and a validation file: {start} asks for both.",
        start=start,
    )


def repair_or_correct(repair: str) -> str:
    """`repair`: the button's name."""
    return _(
        "Press {repair} and I correct what I can; or correct the file yourself and drop it here again.", repair=repair
    )


def correct_and_drop() -> str:
    return _("Correct the file and drop it here again: I check it anew.")


# Findings


def whole_file() -> str:
    """Where a finding is; it follows."""
    return _("Whole file:")


def in_lines(lines: Sequence[str], more: int) -> str:
    """Where a finding is; it follows. `more`: how many lines are not listed."""
    if len(lines) == 1 and not more:
        return _("Line {line}:", line=lines[0])
    if not more:
        return _("Lines {lines}:", lines=listed(lines))
    return plural("Lines {lines} and {count} more:", "Lines {lines} and {count} more:", more, lines=_enumerated(lines))


def hint(finding: str) -> str:
    return _("Hint: {finding}", finding=finding)


def more_of_this_kind(count: int) -> str:
    return plural("{count} more of this kind", "{count} more of this kind", count)


def other_kinds(count: int) -> str:
    return plural(
        "And {count} other kind of finding, less frequent.",
        "And {count} other kinds of finding, less frequent.",
        count,
    )


def all_findings_of(file: str, count: int) -> str:
    return plural("The only finding in {file}.", "All {count} findings in {file}.", count, file=file)


def first_findings_of(file: str, listed: int, total: int) -> str:
    return _(
        "The first {listed} of {total} findings in {file}. Correct these, and I look for the rest.",
        listed=listed,
        total=total,
        file=file,
    )


def findings_there(link: str) -> str:
    return _("All findings are in {link}, here in the thread.", link=link)


def this_file() -> str:
    """Of a link."""
    return _("this file")


# Tables


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
        return plural("Column: {columns}", "Columns: {columns}", count, columns=_enumerated(names))
    return plural(
        "Columns: {columns} and {count} more", "Columns: {columns} and {count} more", more, columns=_enumerated(names)
    )


def _enumerated(items: Sequence[str]) -> str:
    """ "a, b, c", where more follows."""
    return reduce(lambda before, item: _("{items}, {item}", items=before, item=item), items)


def whole_conversations(column: str) -> str:
    """How a table is read."""
    return _("whole conversations in {column}", column=column)


def answers(asked: str, answered: str) -> str:
    """How a table is read: the columns asked with, and that of the answer."""
    return _("{asked} → {answered}", asked=asked, answered=answered)


def preferences(asked: str, preferred: str, rejected: str) -> str:
    """How a table is read: the columns asked with, and those of the better and the worse answer."""
    return _("{asked} → {preferred} rather than {rejected}", asked=asked, preferred=preferred, rejected=rejected)


def turns_left_out(count: int) -> str:
    """Of a long conversation, in their place."""
    return plural("… {count} turn left out …", "… {count} turns left out …", count)


def empty() -> str:
    """In place of a text."""
    return _("(empty)")


# Buttons of a report


def start_button() -> str:
    return _("Start fine-tuning")


def split_button() -> str:
    return _("Split")


def sample_button() -> str:
    return _("Sample")


def findings_button() -> str:
    return _("All findings")


def delete_entry() -> str:
    return _("Delete")


def compare_entry() -> tuple[str, str]:
    """An entry of a menu, and what it does."""
    return _("Compare with validation file"), _("Leave out what stands in both")


# What is made of a file


def made_before(file: str) -> str:
    """`file`: a link."""
    return _("That was made before: {file}, here in the thread.", file=file)


def under_way(file: str) -> str:
    return _("I am at it. {file} comes here in the thread when it is ready.", file=file)


def was_split(person: str, file: str, training: str, validation: str, same_shares: str = "") -> str:
    """`training` and `validation`: so many examples. `same_shares`: a field of which both have the same shares."""
    if same_shares:
        return _(
            "{person} had {file} split: {training} to train on, {validation} to validate with, with the same shares of "
            "each {field} in both.",
            person=person,
            file=file,
            training=training,
            validation=validation,
            field=same_shares,
        )
    return _(
        "{person} had {file} split: {training} to train on, {validation} to validate with.",
        person=person,
        file=file,
        training=training,
        validation=validation,
    )


# A sample


def sample_title() -> str:
    return _("Examples")


def drawn_at_random(file: str) -> str:
    return _("Examples of {file}, drawn at random.", file=file)


def nothing_to_show(file: str) -> str:
    return _("{file} has no example that could be shown.", file=file)


def line(number: int) -> str:
    return _("Line {line}", line=number)


def another_button() -> str:
    """For other examples."""
    return _("Another")


def speaker(role: str) -> str:
    """Who says a message, or which part of an example a text is; "" for what has no name here."""
    return {
        "system": _("System"),
        "developer": _("Developer"),
        "user": _("User"),
        "assistant": _("Assistant"),
        "tool": _("Tool"),
        "function": _("Function"),
        "prompt": _("Prompt"),
        "completion": _("Completion"),
        "preferred": _("Preferred"),
        "non_preferred": _("Not preferred"),
    }.get(role, "")


# Splitting


def about_splitting(file: str, examples: str) -> str:
    return _(
        "{file} has {examples}. I put some of them into a file of their own, which shows while training whether the "
        "model learns more than the words.",
        file=file,
        examples=examples,
    )


def share_input(least: int, most: int, usual: int) -> tuple[str, str]:
    """Label and hint."""
    return (
        _("Percent for validation"),
        _(
            "{least} to {most}. {usual} is usual; fewer will do where there are thousands.",
            least=least,
            most=most,
            usual=usual,
        ),
    )


def seed_input() -> tuple[str, str]:
    """Label and hint."""
    return _("Seed"), _("The same number gives the same split again.")


def whole_number(least: int, most: int) -> str:
    """What belongs into a field."""
    return _("A whole number from {least} to {most}.", least=least, most=most)


def not_now_button() -> str:
    return _("Not now")
