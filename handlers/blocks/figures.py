"""Headline figures in words, and what they say about a run."""

from collections.abc import Sequence

from bot.jobs import states
from bot.jobs.assessment import Assessment
from bot.jobs.diagnosis import Diagnosis, Problem, lower_rate
from bot.jobs.figures import Figure
from bot.jobs.job import Job
from handlers.blocks.text import bold
from texts import figures as texts
from texts.formats import clauses
from texts.jobs import checkpoints_button


def pairs(found: Sequence[Figure]) -> list[tuple[str, str]]:
    """As heading and value, such as ("Training loss", "0.128 (mean of 5 steps)")."""
    latest = max((one.step for one in found), default=0)
    return [(_name(one), texts.value(one, latest)) for one in found]


def one_line(found: Sequence[Figure]) -> str:
    """ "training loss 0.300 (mean of 5 steps), validation loss 0.410"; empty for nothing measured."""
    latest = max((one.step for one in found), default=0)
    return clauses(*(f"{_name(one).lower()} {texts.value(one, latest)}" for one in found))


def _name(one: Figure) -> str:
    return texts.name(one.quantity, validates=one.part == "validation")


def diagnosis(job: Job, assessment: Assessment) -> str:
    """What went wrong and what to try, as mrkdwn; empty where nothing did."""
    found = assessment.diagnosis
    if found is None:
        return ""
    match found.problem:
        case Problem.DIVERGED:
            rate = job.hyperparameters.learning_rate_multiplier
            advised = lower_rate(rate)
            said = texts.diverged(
                found,
                f"{rate:g}" if advised is not None else None,
                f"{advised:g}" if advised is not None else None,
                over=job.state == states.SUCCEEDED,
            )
        case Problem.VALIDATION_ROSE:
            said = texts.validation_rose(found)
        case Problem.OVERFITTED:
            better = assessment.better.step if assessment.better is not None else None
            fewer, epochs = _fewer(job, found)
            said = texts.overfitted(found, better, bold(checkpoints_button()), fewer, epochs)
        case Problem.NOT_LEARNED:
            said = texts.not_learned(found)
        case Problem.COLLAPSED:
            said = texts.collapsed(found)
        case Problem.NOTHING_TO_LEARN:
            said = texts.nothing_to_learn(found)
    heading, text = said
    return f"{bold(heading)} {text}"


def _fewer(job: Job, found: Diagnosis) -> tuple[int, int] | tuple[None, None]:
    """Epochs to try, and those it was trained for."""
    epochs, latest = job.hyperparameters.n_epochs, job.latest
    if not isinstance(epochs, int) or latest is None or not latest.total_steps or not found.best_step:
        return None, None
    fewer = round(epochs * found.best_step / latest.total_steps)
    return (fewer, epochs) if 0 < fewer < epochs else (None, None)
