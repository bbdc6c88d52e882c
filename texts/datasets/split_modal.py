"""The modal of *Split*."""

from texts.language import _


def about_splitting(file: str, examples: str) -> str:
    return _(
        "{file} has {examples}. I put some of them into a file of their own, which shows while training whether the "
        "model learns more than the examples by heart.",
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
