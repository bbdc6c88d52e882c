"""Which model of a sweep is best, and when that cannot be told."""

from typing import Any

import msgspec
import pytest

from bot.jobs.assessment import assess
from bot.jobs.job import Job, Loss
from bot.providers.protocol import Metrics
from bot.sweeps.ranking import Outcome, Run, rank
from bot.sweeps.sweep import Member
from tests.parts import a_job

NANO = "gpt-4.1-nano-2025-04-14"


def run(number: int, loss: float | None, **fields: Any) -> Run:
    """A finished one with that loss on the whole validation file."""
    job: Job = a_job(**{"id": f"job-{number}", "state": "succeeded", "fine_tuned_model": f"ft:{number}", **fields})
    return Run(number, Member(job.id, {}), job, assess(job, [Metrics(5, 10, train_loss=1.0, full_valid_loss=loss)]))


def told(*runs: Run) -> tuple[Outcome, list[int]]:
    ranking = rank(runs)
    return ranking.outcome, [one.number for one in ranking.best]


def test_the_lowest_validation_loss_is_best() -> None:
    assert told(run(1, 0.9), run(2, 0.5), run(3, 0.7)) == (Outcome.BEST, [2])


def test_losses_that_another_seed_could_have_turned_around_are_too_near() -> None:
    assert told(run(1, 0.9), run(2, 0.505), run(3, 0.5)) == (Outcome.TOO_NEAR, [3, 2])


def test_noise_of_batches_makes_more_losses_too_near() -> None:
    noisy = [msgspec.structs.replace(one, error=0.1) for one in (run(1, 0.6), run(2, 0.5))]
    assert told(*noisy) == (Outcome.TOO_NEAR, [2, 1])


def test_models_with_the_same_tokens_are_compared_and_those_with_others_are_not() -> None:
    assert told(run(1, 0.9), run(2, 0.5, base_model=NANO)) == (Outcome.BEST, [2])
    other = run(3, 0.1, base_model="HuggingFaceTB/SmolLM2-135M-Instruct")
    assert told(run(1, 0.9), run(2, 0.5), other) == (Outcome.NOT_COMPARABLE, [3, 2])


@pytest.mark.parametrize(
    "fields",
    [{"state": "failed"}, {"state": "running"}, {"fine_tuned_model": None}, {"lost_models": {"ft:1": Loss.DELETED}}],
)
def test_what_made_no_model_that_answers_is_not_the_best(fields: dict[str, Any]) -> None:
    assert told(run(1, 0.1, **fields), run(2, 0.5)) == (Outcome.BEST, [2])
    assert told(run(1, 0.1, **fields)) == (Outcome.NO_MODEL, [])


def test_without_a_validation_file_nothing_is_best() -> None:
    assert told(run(1, None), run(2, None)) == (Outcome.NOT_MEASURED, [1, 2])
