"""Graders that people bring as files."""

from texts.language import _, plural


def grader_file(name: str, grader: str) -> str:
    """`grader`: its type and name."""
    return _("{name} is a grader: {grader}.", name=name, grader=grader)


def promptfoo_file(name: str, tests: int) -> str:
    return plural(
        "{name} is a Promptfoo file with {count} test.",
        "{name} is a Promptfoo file with {count} tests.",
        tests,
        name=name,
    )


def openai_eval_file(name: str, items: int) -> str:
    return plural(
        "{name} is an eval of OpenAI's with {count} item.",
        "{name} is an eval of OpenAI's with {count} items.",
        items,
        name=name,
    )


def wrong_grader(name: str, why: str) -> str:
    """`why`: a sentence."""
    return _("{name} looks like a grader, and cannot be used. {why}", name=name, why=why)


def no_grader_in_it() -> str:
    return _("Nothing is left in it that could grade an answer here.")


def left_out() -> str:
    """Over a list."""
    return _("Left out:")


def and_more(count: int) -> str:
    """At the end of a list."""
    return plural("and {count} more", "and {count} more", count)


def evaluate_with_button() -> str:
    return _("Evaluate with it")


def or_type_it(command: str) -> str:
    """`command`: as code."""
    return _("Or type {command}.", command=command)
