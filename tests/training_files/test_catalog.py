"""What is known about models, what training costs, and how many epochs."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts import training_files as texts
from training_files import auto_epochs, cost, fine_tunable, lookup
from training_files.catalog import DEFAULT_MODEL, every_model


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18"),
        ("ft:gpt-4o-mini-2024-07-18:acme:voice:AbCd1234", "gpt-4o-mini-2024-07-18"),
        ("ft:gpt-4.1-2025-04-14:acme::AbCd1234:ckpt-step-90", "gpt-4.1-2025-04-14"),
        ("ft:gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "SmolLM2-135M-Instruct"),
        ("smollm2-135m-instruct", "SmolLM2-135M-Instruct"),
        (" gpt-4.1 ", "gpt-4.1-2025-04-14"),
    ],
)
def test_a_model_is_known_by_all_its_names(name, model):
    facts = lookup(name)
    assert facts is not None
    assert facts.id == model


@pytest.mark.parametrize("name", ["", "ft:", "ft::::", "gpt-9", "gpt-4o-mini-2099-01-01", "mini", "../x", "ft:x\ny:z"])
def test_another_name_is_not_known(name):
    assert lookup(name) is None


def test_every_fact_has_a_source_and_a_date():
    for facts in every_model():
        assert facts.source
    assert lookup(DEFAULT_MODEL) is not None
    names = [name.lower() for facts in every_model() for name in (facts.id, *facts.aliases)]
    assert len(names) == len(set(names))


def test_openai_takes_jobs_for_four_models_until_the_sixth_of_january():
    def openai(day: date) -> set[str]:
        return {facts.id for facts in fine_tunable(day) if facts.provider == "openai"}

    four = {"gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"}
    assert openai(date(2026, 11, 21)) == four
    assert openai(date(2027, 1, 5)) == four
    assert openai(date(2027, 1, 6)) == set()
    assert any(facts.provider == "trainer" for facts in fine_tunable(date(2030, 1, 1)))


def test_the_cost_is_price_times_tokens_times_epochs():
    assert cost("gpt-4o-mini", 1_000_000, 3) == 9.0
    assert cost("ft:gpt-4.1-2025-04-14:acme::1", 2_000, 2) == pytest.approx(0.1)


def test_an_unknown_price_is_none_and_ones_own_hardware_is_free():
    assert cost("somebody/new-model", 1_000, 1) is None
    assert cost("o4-mini", 1_000, 1) is None  # known, but not billed by token
    assert cost("SmolLM2-135M-Instruct", 1_000, 1) == 0.0


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [
        (10, 10),
        (25, 4),
        (33, 3),
        (34, 3),
        (100, 3),
        (8_333, 3),
        (8_334, 2),
        (9_000, 2),
        (30_000, 1),
        (1, 25),
        (4, 25),
        (0, 3),
    ],
)
def test_epochs_follow_the_documented_rule(examples, epochs):
    assert auto_epochs(examples).count == epochs


@given(st.integers(0, 10**9))
def test_epochs_are_within_bounds_and_explained(examples):
    chosen = auto_epochs(examples)
    assert 1 <= chosen.count <= 25
    assert texts.epochs_reason(chosen.reason) != chosen.reason
