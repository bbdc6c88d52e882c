"""Which job of a sweep made the best model, by the validation file, as far as that can be told."""

import math
from collections.abc import Sequence
from enum import StrEnum
from statistics import stdev
from typing import Final

import msgspec

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment, assess
from bot.jobs.figures import Figure, Quantity, quantities, validation, window
from bot.jobs.group import GroupStore
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.providers.protocol import Metrics
from bot.sweeps.sweep import Member, Sweep
from training_files import lookup

# Below this share of what is measured two runs are not told apart: another seed may change it by as much.
_NEAR: Final = 0.02


class Run(msgspec.Struct, frozen=True):
    """One configuration (`number` counts from 1) and how its training goes. `by`: what tells how good its model is.
    `error`: standard error of that, where it is a mean over batches; 0 where it is of the whole validation file."""

    number: int
    member: Member
    job: Job
    assessment: Assessment = UNASSESSED
    by: Quantity = "loss"
    error: float = 0.0

    def figure(self, quantity: Quantity, part: str) -> Figure | None:
        found = (one for one in self.assessment.figures if (one.quantity, one.part) == (quantity, part))
        return next(found, None)

    @property
    def has_model(self) -> bool:
        job = self.job
        return job.state == states.SUCCEEDED and job.fine_tuned_model is not None and job.model_lost is None

    @property
    def measured(self) -> float | None:
        """The finished model's loss, or reward, on the validation file; None where there is neither."""
        figure = self.figure(self.by, "validation")
        return figure.value if figure and self.has_model else None


class Outcome(StrEnum):
    BEST = "best"
    """One model is better than all others."""
    TOO_NEAR = "too near"
    """The next best is too near to tell."""
    NOT_COMPARABLE = "not comparable"
    """Their models cut text into different tokens, so that a lower loss says nothing."""
    NOT_MEASURED = "not measured"
    """Models were made, and nothing was measured of a validation file."""
    NO_MODEL = "no model"


class Ranking(msgspec.Struct, frozen=True):
    """`best`: the best model first; with TOO_NEAR those that cannot be told from it follow, with NOT_COMPARABLE
    it is the best of each kind of tokens, with NOT_MEASURED all models."""

    outcome: Outcome
    best: Sequence[Run] = ()


def best_first(runs: Sequence[Run]) -> list[Run]:
    """Those of whose model something was measured, then the others, in their order."""
    sign = -1 if any(run.by != "loss" for run in runs) else 1
    return sorted(runs, key=lambda run: (run.measured is None, sign * (run.measured or 0.0), run.number))


def rank(runs: Sequence[Run]) -> Ranking:
    made = [run for run in runs if run.has_model]
    by_loss = all(run.by == "loss" for run in made)
    measured = [run for run in best_first(made) if run.measured is not None]
    if not made:
        return Ranking(Outcome.NO_MODEL)
    if not measured:
        return Ranking(Outcome.NOT_MEASURED, made)
    best_of_each: dict[str, Run] = {}
    for run in measured:
        best_of_each.setdefault(_tokens(run.job.base_model) if by_loss else "", run)
    if len(best_of_each) > 1:
        return Ranking(Outcome.NOT_COMPARABLE, tuple(best_of_each.values()))
    near = [run for run in measured[1:] if not _apart(measured[0], run)]
    return Ranking(Outcome.TOO_NEAR if near else Outcome.BEST, (measured[0], *near))


async def runs_of(sweeps: GroupStore, jobs: JobStore, sweep: Sweep) -> list[Run]:
    """Its configurations in their order, with how each goes."""
    runs = []
    found = {job.id: job for job in await sweeps.jobs(sweep)}
    for number, member in enumerate(sweep.members, start=1):
        job = found[member.job_id]
        metrics = await jobs.metrics(job.id)
        assessment = assess(job, metrics, await jobs.checkpoints(job.id))
        by = quantities(job.method, metrics)[0]
        runs.append(Run(number, member, job, assessment, by, _error(metrics, by)))
    return runs


def _apart(better: Run, worse: Run) -> bool:
    difference = abs((worse.measured or 0.0) - (better.measured or 0.0))
    return difference > max(2 * math.hypot(better.error, worse.error), _NEAR * abs(better.measured or 0.0))


def _error(metrics: Sequence[Metrics], by: Quantity) -> float:
    curve = validation(metrics, by)
    over = window(len(curve.raw))
    if curve.whole or over < 2:
        return 0.0
    return stdev(value for _, value in curve.raw[-over:]) / math.sqrt(over)


def _tokens(model: str) -> str:
    """What kind of tokens a base model reads; one that we do not know, its own."""
    facts = lookup(model)
    return facts.encoding if facts and facts.encoding != "own" else facts.id if facts else model
