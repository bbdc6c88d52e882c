"""The Home tab. Values come as they shall be shown."""

from texts.language import _, plural


def data_button() -> str:
    """The tab of training files."""
    return _("Training files")


def spending_button() -> str:
    return _("Spending")


def mine_button() -> str:
    return _("Show only mine")


def everybodys_button() -> str:
    return _("Show everybody's")


def my_jobs() -> str:
    """A heading."""
    return _("Your jobs")


def all_jobs() -> str:
    """A heading."""
    return _("Everybody's jobs")


def no_jobs(button: str) -> str:
    return _(
        "No job yet. Drop a training file (JSONL, or a table such as CSV or XLSX) into a channel that I am in, and "
        "press {button} in the report that follows.",
        button=button,
    )


def my_models() -> str:
    """A heading."""
    return _("Your models")


def all_models() -> str:
    """A heading."""
    return _("The team's models")


def models_unknown() -> str:
    return _("No provider answers at the moment, so I cannot list the models. I keep trying.")


def ends_next() -> str:
    """A heading, of models that stop answering."""
    return _("Ends next")


def all_days_button() -> str:
    """Opens the calendar of all that stops answering."""
    return _("All days")


def scored(score: str, n: int) -> str:
    """Of a model, in its latest evaluation."""
    return plural("scored {score} on {count} item", "scored {score} on {count} items", n, score=score)


def my_data() -> str:
    """A heading."""
    return _("Your training files")


def all_data() -> str:
    """A heading."""
    return _("Everybody's training files")


def no_data() -> str:
    return _("No training file yet. Drop one (JSONL, or a table such as CSV or XLSX) into a channel that I am in.")


def ready() -> str:
    """Of a training file."""
    return _("ready to train")


def to_correct() -> str:
    """Of a training file."""
    return _("to be corrected first")


def to_convert(convert: str) -> str:
    """Of a table. `convert`: the name of the button."""
    return _("{convert}, on its report, makes examples of it", convert=convert)


def previous_button() -> str:
    return _("Previous page")


def next_button() -> str:
    return _("Next page")


def where_answers_are() -> str:
    """`Messages` is the name of Slack's tab."""
    return _("What I answer to these buttons stands in the Messages tab.")
