"""Why a training file cannot be read or kept, and what to do. The name of each function below `sentence` is an error's
kind, its parameters are the error's values.

Sentences are plain text with the values as they came: whoever shows one escapes all of it.
"""

from collections.abc import Callable, Sequence
from typing import ParamSpec

from texts import findings
from texts.formats import listed
from texts.language import _, plural
from training_files import TrainingFileError
from training_files.report import Finding

_P = ParamSpec("_P")
_SENTENCES: dict[str, Callable[..., str]] = {}


def sentence(error: TrainingFileError) -> str:
    """What happened, and what to do next."""
    say = _SENTENCES.get(error.kind)
    return say(**error.values) if say else str(error)


def _error(say: Callable[_P, str]) -> Callable[_P, str]:
    _SENTENCES[say.__name__] = say
    return say


# Fetching it from Slack


@_error
def outside_of_slack() -> str:
    return _("The file lies outside of Slack. Download it, then drop the file itself here.")


@_error
def strange_place() -> str:
    return _("Slack names a strange place for this file, so I did not fetch it. Drop it again.")


@_error
def not_handed_out(status: int) -> str:
    """`status`: of HTTP."""
    return _("Slack did not hand the file out (status {status}). Drop it again in a minute.", status=status)


@_error
def connection_broke() -> str:
    return _("The connection to Slack broke while I read the file. Drop it again.")


@_error
def file_removed() -> str:
    return _("The file was removed before I could read it. Drop it again if you still want to train on it.")


@_error
def may_not_read_files() -> str:
    return _(
        "Slack does not let me read files: my app lacks the scope `files:read`. An administrator can add it under "
        "{page} and reinstall the app; then drop the file again.",
        page="OAuth & Permissions",
    )


@_error
def refused_by_slack(slack: str) -> str:
    """`slack`: its error code."""
    return _("Slack did not let me read the file ({code}). Drop it again, or ask an administrator.", code=slack)


# Reading it


@_error
def not_a_table(name: str, kind: str) -> str:
    """`kind`: of `training_files.tables.file_type`."""
    return _(
        "{name} is {kind}, not a table. {advice}",
        name=name,
        kind=findings.file_type(kind),
        advice=findings.conversion(kind),
    )


@_error
def no_example(name: str, finding: Finding) -> str:
    return _(
        "Line {line} of {name} is not an example. {why}",
        line=finding.line or 0,
        name=name,
        why=findings.sentence(finding),
    )


@_error
def line_too_long(name: str, line: int) -> str:
    return _("Line {line} of {name} is too long to be read.", line=line, name=name)


# Of the bot


@_error
def larger_than_taken(megabytes: int) -> str:
    return _(
        "The file is larger than {megabytes} MB, the most that I take. Split it, or ask an administrator to raise "
        "`FINETUNE_MAX_FILE_MB`.",
        megabytes=megabytes,
    )


@_error
def not_kept(why: str) -> str:
    return _("I could not keep the file: {why}. Tell an administrator, then drop it again.", why=why)


@_error
def took_too_long(minutes: int) -> str:
    return plural(
        "This file took more than {count} minute, so I stopped. Split it, or ask an administrator.",
        "This file took more than {count} minutes, so I stopped. Split it, or ask an administrator.",
        minutes,
    )


@_error
def stopped_twice() -> str:
    return _(
        "Work on this file was stopped twice, most likely because this machine has too little memory for it. Split the "
        "file, or ask an administrator."
    )


# Repairing


@_error
def cannot_be_written(file: str, reason: str) -> str:
    return _("{file} cannot be written: {reason}.", file=file, reason=reason)


@_error
def cannot_be_copied(name: str, reason: str) -> str:
    return _("{name} cannot be copied: {reason}.", name=name, reason=reason)


@_error
def original_is_kept(name: str) -> str:
    return _("{name} is the file that is repaired; it is never overwritten. Give another name.", name=name)


@_error
def columns_not_named(name: str) -> str:
    return _("Nobody has said yet which columns of {name} hold what. Name them, then repair it.", name=name)


@_error
def too_many_defects(line: int, defects: int) -> str:
    return _(
        "By line {line} the file has {defects} defects, so it is hardly training data that repairs could save. The "
        "check names the first of them.",
        line=line,
        defects=defects,
    )


@_error
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
