"""What stands around the findings."""

from texts.language import _, plural


def heading(about: str, name: str | None) -> str:
    """`name`: the provider's."""
    if name is not None:
        return _("Provider {name}", name=name)
    return {"settings": _("The settings"), "slack": "Slack", "store": _("The store")}[about]


def asking() -> str:
    """While it does."""
    return _("Asking Slack and the providers …")


def conclusion(wrong: int, warnings: int) -> str:
    """How many there are of each."""
    if not wrong and not warnings:
        return _("Everything is well.")
    noted = plural("{count} warning", "{count} warnings", warnings)
    if not wrong:
        return _("Nothing is wrong: {warnings}.", warnings=noted)
    found = plural("{count} thing is wrong", "{count} things are wrong", wrong)
    return _("{wrong}; {warnings}.", wrong=found, warnings=noted) if warnings else _("{wrong}.", wrong=found)
