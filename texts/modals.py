"""Windows without a form. Plain text."""

from texts.language import _


def looking_at(file: str) -> str:
    """Shown until there is something to show."""
    return _("Looking at {file} …", file=file)


def close_button() -> str:
    return _("Close")


def back_button() -> str:
    return _("Back")
