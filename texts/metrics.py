"""The metrics of runs beside each other: what they came to, and what shows in them. Values come as they shall be
shown."""

from texts.evaluations.figures import points
from texts.formats import figure, percent, sentences
from texts.language import _, plural


def metrics_of(job: str) -> str:
    """A heading."""
    return _("Metrics of {job}", job=job)


def metrics_of_several(count: int) -> str:
    """A heading."""
    return plural("Metrics of {count} job", "Metrics of {count} jobs", count)


def nothing_measured(job: str) -> str:
    return _("Nothing has been measured of {job} yet. Not every provider tells figures while it trains.", job=job)


def table_caption() -> str:
    return _("Figures at the end, and the best of them")


def job_column() -> str:
    # Translators: the heading of a column.
    return _("Job")


def quantity_column() -> str:
    # Translators: the heading of a column with names such as "Loss" and "Token accuracy".
    return _("Figure")


def training_column() -> str:
    return _("Training set")


def validation_column() -> str:
    return _("Validation set")


def gap_column() -> str:
    # Translators: the heading of a column: validation less training.
    return _("Gap")


def best_column() -> str:
    return _("Best")


def best_step_column() -> str:
    # Translators: the heading of a column, after "Best".
    return _("at step")


def value(quantity: str, measured: float | None) -> str:
    """`quantity`: the protocol's name."""
    return percent(measured) if "accuracy" in quantity else figure(measured)


def gap(quantity: str, measured: float) -> str:
    """With its sign: "+0.038", of shares "-3.8 points". `quantity`: the protocol's name."""
    if "accuracy" not in quantity:
        return f"{measured:+.3f}"
    return _("{gain} points", gain=points(measured))


def reading(smooth: float, *, checkpoints: bool, by_epoch: bool) -> str:
    """How the picture is to be read."""
    said = []
    if smooth:
        said.append(
            _(
                "The strong line is a moving average (weight {weight}), the faint one what was measured.",
                weight=f"{smooth:g}",
            )
        )
    if checkpoints:
        said.append(_("Rings are checkpoints."))
    if by_epoch:
        said.append(_("Drawn by epoch, since an epoch has another number of steps in each job."))
    return sentences(*said)


def guide(address: str) -> str:
    """`address`: a link to it."""
    return _("The advice follows {guide}.", guide=address)


def guide_name() -> str:
    return _("OpenAI's fine-tuning best practices")


def plateau(name: str, step: int, total: int, before: str, after: str) -> tuple[str, str]:
    """Heading, and what to do. `name`: of the figure, such as "Validation loss"."""
    return _("Levelled off:"), _(
        "{figure} was at {before} by step {step} of {total} and changed little after it; at the end it was {after}. "
        "Fewer epochs would do as well. More examples would help more: each doubling tends to bring about as much "
        "again.",
        figure=name,
        before=before,
        after=after,
        step=step,
        total=total,
    )


def still_improving(name: str, step: int, before: str, after: str) -> tuple[str, str]:
    """Heading, and what to do. `name`: of the figure, such as "Validation loss"."""
    return _("Still getting better:"), _(
        "{figure} went from {before} at step {step} to {after} at the end, its best. Try one or two more epochs.",
        figure=name,
        before=before,
        after=after,
        step=step,
    )


def not_finite(count: int, total: int) -> tuple[str, str]:
    """Heading, and what to do."""
    return _("No number:"), plural(
        "at {count} of {total} steps the loss was no number. Try a lower learning rate, and look for examples that are "
        "empty or broken.",
        "at {count} of {total} steps the loss was no number. Try a lower learning rate, and look for examples that are "
        "empty or broken.",
        count,
        total=total,
    )


def not_validated(split: str) -> tuple[str, str]:
    """Heading, and what to do. `split`: the name of the button."""
    return _("Not validated:"), _(
        "without a validation file nothing measures what the model does with what it has not seen. {split} on the "
        "file's report takes some examples off for that.",
        split=split,
    )


def overlap(count: int, total: int, repair: str) -> tuple[str, str]:
    """Heading, and what to do. `repair`: the name of the button."""
    return _("The files overlap:"), plural(
        "{count} of {total} examples of the training file stands in the validation file, too, so validation looks "
        "better than it is. {repair} on the training file's report can leave it out.",
        "{count} of {total} examples of the training file stand in the validation file, too, so validation looks "
        "better than it is. {repair} on the training file's report can leave them out.",
        count,
        total=total,
        repair=repair,
    )


def numbers_button() -> str:
    # Translators: a button: all that was measured, as a CSV file.
    return _("Numbers (CSV)")


def metrics_button() -> str:
    # Translators: a button that shows the metrics of a job.
    return _("Metrics")


def numbers_of(job: str) -> str:
    """With a file."""
    return _("All that was measured of {job}", job=job)


def numbers_of_several(count: int) -> str:
    """With a file."""
    return plural("All that was measured of {count} job", "All that was measured of {count} jobs", count)
