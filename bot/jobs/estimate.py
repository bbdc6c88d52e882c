"""What a job will cost and how long it will train, as far as that can be said beforehand."""

from collections.abc import Collection
from typing import Final

import msgspec

from bot.errors import Invalid
from bot.jobs import states
from bot.jobs.job import Job
from bot.providers.interface import RemoteMemory
from bot.providers.protocol import REINFORCEMENT, Auto
from bot.providers.vendors import vendor_of
from bot.spending.budget import Spend
from training_files import cost
from training_files.report import Report

MILLION = 1_000_000


class TrainingTime(msgspec.Struct, frozen=True):
    """`trainings`: on how many of them the provider's machine has measured it, 0 where it has tried some steps only;
    None where the team's past jobs tell."""

    seconds: float
    trainings: int | None = None


class TrainingNeeds(msgspec.Struct, frozen=True):
    """What a training takes of a machine, each None where nobody knows."""

    time: TrainingTime | None = None
    memory: RemoteMemory | None = None


NOBODY_KNOWS: Final = TrainingNeeds()


class Estimate(msgspec.Struct, frozen=True):
    """`tokens` are billed ones, over all epochs; `usd`, `time` (of training, without the provider's queue) and `memory`
    are None where nobody knows.
    """

    epochs: int
    tokens: int
    usd: float | None
    time: TrainingTime | None
    memory: RemoteMemory | None = None


def estimate(
    report: Report,
    model: str,
    n_epochs: int | Auto = "auto",
    *,
    method: str = "",
    provider: str = "",
    price_per_million: float | None = None,
    needs: TrainingNeeds = NOBODY_KNOWS,
) -> Estimate:
    """`price_per_million`: the provider's own price, which beats our table's; `needs`: as `training_times` has them.
    Reinforcement fine-tuning is billed by the hour, which nobody knows beforehand.
    """
    epochs = report.epochs if n_epochs == "auto" else n_epochs
    tokens = report.tokens.billed * epochs
    usd = _usd(model, tokens, provider) if price_per_million is None else price_per_million * tokens / MILLION
    if method == REINFORCEMENT:
        # On one's own hardware it is free all the same; most of its time goes into answers that nobody has seen yet.
        return Estimate(epochs, tokens, 0.0 if usd == 0 else None, None)
    return Estimate(epochs, tokens, usd, needs.time, needs.memory)


def too_large(model: str, memory: RemoteMemory | None, offered: Collection[str]) -> Invalid | None:
    """That it is certain that the provider's machine has not enough memory to train `model`, and what would fit, of
    base models those that are `offered`."""
    if memory is None or memory.total is None or memory.fits is not False:
        return None
    return Invalid(
        "does_not_fit",
        "model",
        model=model,
        needed=memory.needed,
        total=memory.total,
        longest=memory.longest or 0,
        smaller=tuple(one for one in memory.models if one in offered),
    )


def real_cost(job: Job) -> float | None:
    """US dollars for what the provider says it trained; None where it does not say, or the price is not known."""
    if not job.trained_tokens:
        return None
    price = job.training_price
    usd = (
        _usd(job.base_model, job.trained_tokens, job.provider)
        if price is None
        else round(price * job.trained_tokens / MILLION, 6)
    )
    return None if usd and job.method == REINFORCEMENT else usd


def is_free(model: str, provider: str) -> bool:
    """Whether training it there costs nothing: on one's own hardware, whatever is trained."""
    return _usd(model, MILLION, provider) == 0


def _usd(model: str, tokens: int, provider: str) -> float | None:
    return 0.0 if vendor_of(provider).free else cost(model, tokens, 1)


def cost_so_far(job: Job) -> float | None:
    """US dollars: the estimate's share of the steps that are done; None where one of the two is not known."""
    latest = job.latest
    if job.estimated_cost is None or latest is None or not latest.total_steps:
        return None
    return job.estimated_cost * min(latest.step, latest.total_steps) / latest.total_steps


def spend_of(job: Job) -> Spend:
    """What it counts for in a budget."""
    return Spend(job.requester, job.origin.channel, counted_cost(job), promised=job.state not in states.ENDED)


def counted_cost(job: Job) -> float | None:
    """US dollars; None where nobody knows. Failed jobs and those cancelled before they trained are free, those
    cancelled midway cost their share (Microsoft's cost pages, read 2026-11-21)."""
    if job.state not in states.ENDED:
        return job.estimated_cost
    real = real_cost(job)
    if real is not None:
        return real
    if job.state == states.SUCCEEDED:
        return job.estimated_cost
    if job.state == states.FAILED or job.started_at is None:
        return 0.0
    share = cost_so_far(job)
    return job.estimated_cost if share is None else share
