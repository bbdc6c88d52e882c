"""The window in which an evaluation is laid out. Slack takes plain text there."""

from texts.language import _


def modal_title() -> str:
    """At most 24 characters."""
    return _("Evaluate models")


def models_field() -> tuple[str, str, str]:
    """Label, placeholder and hint."""
    return (
        _("Models"),
        _("Search models"),
        _("The first is the one that the others are compared with. One model alone is measured, and not compared."),
    )


def file_field() -> tuple[str, str]:
    """Label and hint."""
    return (
        _("File"),
        _("Examples that the models have not learned from, with the right answers: a validation file."),
    )


def own_file_option() -> str:
    """In the menu of files: the one that validated the job."""
    return _("The job's validation file")


def grader_field() -> tuple[str, str]:
    """Label and hint."""
    return (_("Grader"), _("What says whether an answer is right."))


def fitting_option() -> str:
    """In the menu of graders."""
    return _("What fits the file")


def typed_option() -> str:
    """In the menu of graders: the one in the field below."""
    return _("JSON, below")


def json_field() -> tuple[str, str]:
    """Label and hint."""
    return (_("Grader as JSON"), _("As OpenAI's graders, or one of ours beyond them."))


def n_field(n: int) -> tuple[str, str]:
    """Label and hint. `n`: how many are taken where nobody says."""
    return (
        _("Examples"),
        _("How many examples are drawn. {n} if left empty, or all where there are fewer.", n=n),
    )


def samples_field() -> tuple[str, str]:
    """Label and hint."""
    return (_("Answers for each example"), _("More than one shows how much answers vary. 1 if left empty."))


def choose_first() -> str:
    """In place of the plan."""
    return _("Choose a model, and what it shall be asked.")
