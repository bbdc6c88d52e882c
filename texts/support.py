"""Training sets of a channel's accepted answers. In the window Slack takes plain text."""

from texts.language import _, plural


def modal_title() -> str:
    """At most 24 characters."""
    return _("Accepted answers")


def make_button() -> str:
    return _("Make the set")


def intro() -> str:
    return _(
        "Each thread in which somebody got an answer becomes an example: the question, and the reply that people "
        "marked with ✅. Names, addresses and keys are masked. Nothing is used before somebody else "
        "has accepted it."
    )


def name_field() -> str:
    return _("Name of the training set")


def set_name() -> str:
    """What it is called at first."""
    return _("Accepted answers")


def days_field() -> tuple[str, str]:
    """Label and hint."""
    return _("How far back"), _("At most 100 threads are read, the latest. For more, add an export.")


def span_option(days: int) -> str:
    return plural("{count} day", "{count} days", days)


def accepting_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("Who answers here"),
        _("Where nobody marked an answer with ✅, the last one of these people counts."),
    )


def export_field() -> tuple[str, str]:
    """Label and hint."""
    return _("Exported channel"), _("A channel as Slack exports it (JSON). It is read instead of this one.")


def reading() -> str:
    return _("I am reading this channel. That takes a minute or two.")
