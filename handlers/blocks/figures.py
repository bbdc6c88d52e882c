"""Headline figures in words, and what they say about a run."""

from collections.abc import Sequence
from typing import Final

from bot.jobs import states
from bot.jobs.assessment import Assessment
from bot.jobs.diagnosis import Diagnosis, Problem, lower_rate
from bot.jobs.figures import Figure
from bot.jobs.job import Job
from handlers.blocks.text import counted
from texts.formats import figure, number, percent

_NAMES: Final = {
    "loss": ("Training loss", "Validation loss"),
    "mean_token_accuracy": ("Token accuracy", "Validation token accuracy"),
    "reward_accuracy": ("Reward accuracy", "Validation reward accuracy"),
    "reward_margin": ("Reward margin", "Validation reward margin"),
}


def pairs(found: Sequence[Figure]) -> list[tuple[str, str]]:
    """As heading and value, such as ("Training loss", "0.128 (mean of 5 steps)")."""
    latest = max((one.step for one in found), default=0)
    return [(_name(one), f"{_value(one)}{_of_what(one, latest)}") for one in found]


def in_line(found: Sequence[Figure]) -> str:
    """ "training loss 0.300 (mean of 5 steps), validation loss 0.410"; empty for nothing measured."""
    latest = max((one.step for one in found), default=0)
    return ", ".join(f"{_name(one).lower()} {_value(one)}{_of_what(one, latest)}" for one in found)


def _name(one: Figure) -> str:
    return _NAMES[one.quantity][one.part == "validation"]


def _value(one: Figure) -> str:
    return percent(one.value) if "accuracy" in one.quantity else figure(one.value)


def _of_what(one: Figure, latest: int) -> str:
    if one.whole:
        return f" (step {number(one.step)})" if one.step < latest else ""
    unit = "step" if one.part == "training" else "batch"
    if one.over == 1:
        return "" if one.part == "training" else " (one batch)"
    return f" (mean of {counted(one.over, unit, 'steps' if unit == 'step' else 'batches')})"


VERDICTS: Final = {
    Problem.DIVERGED: "Diverged",
    Problem.VALIDATION_ROSE: "Validation got worse",
    Problem.OVERFITTED: "Over-fitted",
    Problem.NOT_LEARNED: "Learned next to nothing",
}


def diagnosis(job: Job, assessment: Assessment) -> str:
    """What went wrong and what to try, as mrkdwn; empty where nothing did."""
    found = assessment.diagnosis
    if found is None:
        return ""
    match found.problem:
        case Problem.DIVERGED:
            return _diverged(job, found)
        case Problem.VALIDATION_ROSE:
            return (
                f"*The validation loss got worse*, from {figure(found.began)} to {figure(found.ended)}: what the model "
                "has learned does not hold for the validation file. Try a lower learning rate or more examples, and "
                "make sure that both files are about the same task."
            )
        case Problem.OVERFITTED:
            return _overfitted(job, found, assessment)
        case Problem.NOT_LEARNED:
            return (
                f"*The training loss never fell* (from {figure(found.began)} to {figure(found.ended)}): the model has "
                "learned next to nothing. Try a higher learning rate or more epochs, and check that the answers in "
                "the file follow from its questions."
            )


def _diverged(job: Job, found: Diagnosis) -> str:
    rate = job.hyperparameters.learning_rate_multiplier
    advised = lower_rate(rate)
    such = "" if advised is None else f", such as {advised:g} (it was {rate:g})"
    loss = (
        "the loss is no number any more"
        if found.ended is None
        else f"the loss began at {figure(found.began)}, and that of the validation file is {figure(found.ended)} now"
        if found.of_validation
        else f"the training loss went from {figure(found.began)} to {figure(found.ended)}"
    )
    if job.state == states.SUCCEEDED:
        return (
            f"*Training diverged*: {loss}. The model most likely answers nonsense. "
            f"Start again with a lower learning rate{such}."
        )
    return (
        f"*Training diverges*: {loss}. If it does not come back soon, cancel it and start again with a lower learning "
        f"rate{such}."
    )


def _overfitted(job: Job, found: Diagnosis, assessment: Assessment) -> str:
    said = (
        f"*Over-fitted*: the validation loss was lowest at step {number(found.best_step or 0)}, "
        f"{figure(found.best)}, and rose to {figure(found.ended)} while the training loss went on falling. "
        "The model learns the examples by heart. "
    )
    if assessment.better is not None:
        said += f"Use the checkpoint of step {number(assessment.better.step)} instead (under *Checkpoints*), or try "
    else:
        said += "Try "
    return f"{said}fewer epochs{_fewer(job, found)} or more examples."


def _fewer(job: Job, found: Diagnosis) -> str:
    epochs, latest = job.hyperparameters.n_epochs, job.latest
    if not isinstance(epochs, int) or latest is None or not latest.total_steps or not found.best_step:
        return ""
    fewer = round(epochs * found.best_step / latest.total_steps)
    return f" ({fewer} instead of {epochs})" if 0 < fewer < epochs else ""
