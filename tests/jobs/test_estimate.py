"""What a job will cost is said before, and what it did cost after."""

from typing import Any

import pytest

from bot.jobs.estimate import TrainingNeeds, TrainingTime, cost_so_far, estimate, is_free, real_cost
from bot.providers.protocol import Metrics
from tests.parts import MODEL, a_job
from training_files.report import Report, Tokens

REPORT = Report(
    ok=True,
    format="chat",
    examples=12,
    errors=[],
    warnings=[],
    counts={},
    tokens=Tokens(total=1000, max=100, median=90, p95=99, billed=1000, exact=True, tokenizer="o200k_base"),
    epochs=8,
    cost={},
    model=MODEL,
    bytes=3000,
    sha256="aa",
)


def test_left_to_the_provider_the_epochs_are_those_of_the_report() -> None:
    said = estimate(REPORT, MODEL)
    assert (said.epochs, said.tokens, said.time) == (8, 8000, None)
    assert said.usd == pytest.approx(0.04), "5 dollars a million"


def test_epochs_that_were_chosen_count() -> None:
    said = estimate(REPORT, MODEL, 2, needs=TrainingNeeds(TrainingTime(60)))
    assert (said.tokens, said.usd, said.time) == (2000, pytest.approx(0.01), TrainingTime(60))


def test_the_providers_own_price_beats_the_table() -> None:
    assert estimate(REPORT, MODEL, 1, price_per_million=0).usd == 0
    assert estimate(REPORT, "unheard-of", 1).usd is None


def test_what_is_billed_by_the_hour_has_no_price_beforehand() -> None:
    assert estimate(REPORT, MODEL, 1, method="reinforcement", price_per_million=5).usd is None


def test_reinforcement_on_ones_own_hardware_is_free_and_takes_nobody_knows_how_long() -> None:
    told = estimate(REPORT, MODEL, 1, method="reinforcement", provider="trainer", needs=TrainingNeeds(TrainingTime(60)))
    assert (told.usd, told.time) == (0, None)


@pytest.mark.parametrize(
    ("fields", "usd"),
    [
        ({"trained_tokens": 2_000_000}, 10),
        ({"trained_tokens": None}, None),
        ({"trained_tokens": 0}, None),
        ({"trained_tokens": 2_000_000, "base_model": "unheard-of"}, None),
        ({"trained_tokens": 2_000_000, "base_model": f"ft:{MODEL}:acme::1"}, 10),
        ({"trained_tokens": 2_000_000, "method": "reinforcement"}, None),
        ({"trained_tokens": 2_000_000, "method": "reinforcement", "provider": "trainer"}, 0),
    ],
)
def test_the_real_cost_is_that_of_the_tokens_that_the_provider_trained(fields: dict[str, Any], usd: float) -> None:
    assert real_cost(a_job(**fields)) == usd


def test_the_cost_so_far_grows_with_the_steps() -> None:
    assert cost_so_far(a_job(estimated_cost=2.0, latest=Metrics(25, 100))) == 0.5
    assert cost_so_far(a_job(estimated_cost=2.0, latest=Metrics(25))) is None
    assert cost_so_far(a_job(estimated_cost=None, latest=Metrics(25, 100))) is None


def test_ones_own_trainer_is_free_whatever_it_trains() -> None:
    assert estimate(REPORT, "a-base-of-ours", provider="trainer").usd == 0
    assert real_cost(a_job(provider="trainer", base_model="a-base-of-ours", trained_tokens=10)) == 0
    assert is_free("SmolLM2-135M-Instruct", "gpu.example.com"), "one of the trainer's models, wherever it runs"
    assert not is_free(MODEL, "acme")
