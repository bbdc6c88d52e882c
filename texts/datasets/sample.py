"""Examples of a file, drawn at random."""

from texts.language import _, plural


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


def turns_left_out(count: int) -> str:
    """Of a long conversation, in their place."""
    return plural("… {count} turn left out …", "… {count} turns left out …", count)
