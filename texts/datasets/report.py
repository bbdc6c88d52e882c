"""The report on a training file.

`file` and `link` come as they shall be shown, counts as numbers.
"""

from collections.abc import Sequence
from typing import Final

from texts.estimates import time_rests_on, with_basis
from texts.formats import enumerated, listed, money, rough_duration
from texts.language import _, plural

_ABOUT_FROM: Final = 0.005
"""US dollars below which a price is "less than a cent"."""


def examples(count: int) -> str:
    return plural("{count} example", "{count} examples", count)


def tokens(count: int) -> str:
    return plural("{count} token", "{count} tokens", count)


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


def holds_secrets(file: str) -> str:
    """A heading; what is in the file follows."""
    return _("{file} holds secrets (keys, tokens or passwords):", file=file)


def mask_secrets(repair: str) -> str:
    """`repair`: the name of the button."""
    return _("A model that learns them may tell them to anybody. {repair} masks them.", repair=repair)


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
    return plural("Lines {lines} and {count} more:", "Lines {lines} and {count} more:", more, lines=enumerated(lines))


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
