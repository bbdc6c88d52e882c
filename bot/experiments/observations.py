"""What else there is to say of a run by its metrics, beside what is wrong with it (`bot.jobs.diagnosis`).

A rule speaks where the whole course shows it, and holds its tongue where noise might.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from bot.jobs import states
from bot.jobs.figures import Curve, Points, Quantity, better, quantities, training, validation
from bot.jobs.job import Job
from bot.providers.protocol import Metrics


class Kind(StrEnum):
    """The value is the name of the sentence in `texts.metrics`."""

    PLATEAU = "plateau"
    """Nearly all that was gained was gained in the first half."""
    STILL_IMPROVING = "still_improving"
    """The last quarter brought a good part of what was gained, and its end is the best."""
    NOT_FINITE = "not_finite"
    """At some steps the loss was no number."""
    NOT_VALIDATED = "not_validated"
    """No validation file, so nothing measures what holds beyond the examples."""
    OVERLAP = "overlap"
    """Examples of the training file stand in the validation file, too."""


class Observation(msgspec.Struct, frozen=True):
    """`quantity` (of validation, if `of_validation`) was `before` at `step` and `after` at the end. `count` of `total`:
    steps that were no number, or examples of the training file that stand in the validation file."""

    kind: Kind
    quantity: Quantity = "loss"
    of_validation: bool = False
    step: int = 0
    before: float = 0.0
    after: float = 0.0
    count: int = 0
    total: int = 0


# Of what was gained: what counts as all of it, and as a good part.
_NEARLY_ALL: Final = 0.97
_GOOD_PART: Final = 0.1
# Of the value at the beginning: with less gained there is no course to speak of.
_GAINED: Final = 0.05
_FEWEST_VALIDATIONS: Final = 4
_FEWEST_STEPS: Final = 40


def observe(
    job: Job, metrics: Sequence[Metrics], *, ruined: bool = False, overlap: int = 0, examples: int = 0
) -> list[Observation]:
    """What shows, in the order in which it matters. `overlap` of the training file's `examples` stand in the validation
    file, too. Of the course only a job that has succeeded tells, and not one that is `ruined`: that says enough."""
    found = []
    if overlap:
        found.append(Observation(Kind.OVERLAP, count=overlap, total=examples))
    broken = sum(one.not_finite for one in metrics)
    if broken:
        found.append(Observation(Kind.NOT_FINITE, count=broken, total=len({one.step for one in metrics})))
    quantity = quantities(job.method, metrics)[0]
    train, valid = training(metrics, quantity), validation(metrics, quantity)
    if job.state == states.SUCCEEDED and not ruined:
        course = _plateau(quantity, train, valid) or _still_improving(quantity, valid)
        found += [course] if course else []
    if train.points and not valid.points:
        found.append(Observation(Kind.NOT_VALIDATED, quantity))
    return found


def _plateau(quantity: Quantity, train: Curve, valid: Curve) -> Observation | None:
    of_validation = len(valid.points) >= _FEWEST_VALIDATIONS
    points = valid.points if of_validation else train.points
    if not of_validation and len(points) < _FEWEST_STEPS:
        return None
    first, best = points[0][1], _best(quantity, points)
    gained = abs(best - first)
    if gained < _GAINED * abs(first) or not better(quantity, best, first):
        return None
    # An end that is much worse than the best is overfitting, and said as that.
    if abs(points[-1][1] - best) > _GOOD_PART * gained:
        return None
    step, value = next((step, value) for step, value in points if abs(value - first) >= _NEARLY_ALL * gained)
    if step * 2 > points[-1][0]:
        return None
    return Observation(Kind.PLATEAU, quantity, of_validation, step, value, points[-1][1], total=points[-1][0])


def _still_improving(quantity: Quantity, valid: Curve) -> Observation | None:
    points = valid.points
    if len(points) < _FEWEST_VALIDATIONS:
        return None
    first, (last_step, last) = points[0][1], points[-1]
    gained = abs(last - first)
    if last != _best(quantity, points) or gained < _GAINED * abs(first):
        return None
    step, before = next((point for point in reversed(points) if point[0] <= last_step * 0.75), points[0])
    if abs(last - before) < _GOOD_PART * gained:
        return None
    return Observation(Kind.STILL_IMPROVING, quantity, True, step, before, last, total=last_step)


def _best(quantity: Quantity, points: Points) -> float:
    values = [value for _, value in points]
    return min(values) if quantity == "loss" else max(values)
