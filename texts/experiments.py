"""The history of experiments: jobs found, their settings beside each other, all of them as a file. Values come as they
shall be shown."""

from typing import cast, get_args

from bot.jobs.figures import Quantity
from texts import figures
from texts.formats import duration, exact_money, figure, number, percent
from texts.language import _, plural


def none_found() -> str:
    return _("No job that you may see here fits that.")


def filtered(words: str) -> str:
    """`words`: as they are typed after the command."""
    return _("Filter: {words}", words=words)


def compare_button() -> str:
    return _("Compare settings")


def metrics_button() -> str:
    return _("Compare metrics")


def csv_button() -> str:
    # Translators: a button: all jobs that were found, as a file.
    return _("All as CSV")


def settings_of(count: int) -> str:
    """A heading."""
    return plural("Settings and results of {count} job", "Settings and results of {count} jobs", count)


def no_difference() -> str:
    return _("Their settings are the same. The seed may have been the provider's.")


def setting_column() -> str:
    # Translators: the heading of a column with names such as "epochs" and "seed", and of results such as "valid_loss".
    return _("Setting or result")


def not_set() -> str:
    # Translators: in a table, where a job does not have a setting.
    return _("none")


def result_name(name: str) -> str:
    """`name`: as the export has it, such as "valid_loss" and "best_loss_step"."""
    known = {"trained_tokens": _("Trained tokens"), "seconds": _("Training time"), "usd": _("Cost")}
    if name in known:
        return known[name]
    part, _underscore, rest = name.partition("_")
    measured = rest.removesuffix("_step")
    if measured not in get_args(Quantity):
        return name
    quantity = cast(Quantity, measured)
    if part != "best":
        return figures.name(quantity, validates=part == "valid")
    best = figures.name(quantity, validates=True)
    if rest.endswith("_step"):
        return _("{figure} at its best: step", figure=best)
    return _("{figure} at its best", figure=best)


def result(name: str, value: float | None) -> str:
    """`name`: as the export has it."""
    if value is None:
        return "–"
    if name == "usd":
        return exact_money(value)
    if name == "seconds":
        return duration(value)
    if name == "trained_tokens" or name.endswith("_step"):
        return number(int(value))
    return percent(value) if "accuracy" in name else figure(value)


def export_of(count: int) -> str:
    """With a file."""
    return plural("{count} job with its settings and results", "{count} jobs with their settings and results", count)


def choose() -> str:
    # Translators: over the names of jobs that can be ticked.
    return _("Tick two to six jobs to compare them; otherwise the first six are compared.")
