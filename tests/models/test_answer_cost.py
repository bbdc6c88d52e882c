"""What an answer costs, by its tokens and its model."""

import pytest

from bot.models.answer_cost import answer_cost
from bot.providers.chat import Usage
from training_files.catalog import every_model

TUNED = "ft:gpt-4.1-mini-2025-04-14:acme:voice:AbCd1234"
MILLION = Usage(1_000_000, 1_000_000)


def test_a_fine_tuned_model_costs_more_than_its_base() -> None:
    assert answer_cost(MILLION, TUNED, "openai") == pytest.approx(0.80 + 3.20)
    assert answer_cost(MILLION, "gpt-4.1-mini", "openai") == pytest.approx(0.40 + 1.60)


def test_embeddings_cost_by_what_is_read_and_only_at_openai_is_the_price_known() -> None:
    assert answer_cost(Usage(1_000_000, 0), "text-embedding-3-small", "openai") == pytest.approx(0.02)
    assert answer_cost(Usage(1_000_000, 0), "text-embedding-3-small", "elsewhere") is None
    assert answer_cost(Usage(1_000_000, 0), "embeds", "trainer") == 0


def test_a_checkpoint_costs_what_its_model_does() -> None:
    checkpoint = "ft:gpt-4.1-mini-2025-04-14:acme::AbCd1234:ckpt-step-90"
    assert answer_cost(MILLION, checkpoint, "openai") == answer_cost(MILLION, TUNED, "openai")


def test_what_was_read_from_the_cache_costs_less_where_there_is_a_price_for_it() -> None:
    assert answer_cost(Usage(1_000_000, 0, 500_000), TUNED, "openai") == pytest.approx(0.40 + 0.10)
    assert answer_cost(Usage(1_000_000, 0, 500_000), "ft:gpt-3.5-turbo-0125:acme::1", "openai") == pytest.approx(3.0)


def test_no_server_makes_us_count_more_cached_tokens_than_it_read() -> None:
    assert answer_cost(Usage(10, 0, 1_000_000), TUNED, "openai") == pytest.approx(10 * 0.20 / 1_000_000)


@pytest.mark.parametrize("model", ["SmolLM2-135M-Instruct", "ft:SmolLM2-135M-Instruct:acme::1", "whatever"])
def test_ones_own_hardware_is_free(model: str) -> None:
    assert answer_cost(MILLION, model, "trainer") == 0


def test_an_open_model_on_a_trainer_of_another_name_is_free_too() -> None:
    assert answer_cost(MILLION, "ft:SmolLM2-135M-Instruct:acme::1", "gpu-box") == 0


@pytest.mark.parametrize("model", ["gpt-9", "ft:gpt-9:acme::1", "davinci-002", "meta-llama/Llama-3.1-8B-Instruct", ""])
def test_a_price_that_nobody_has_told_is_not_known(model: str) -> None:
    assert answer_cost(MILLION, model, "openai") is None


def test_no_price_in_the_table_makes_cached_input_dearer() -> None:
    prices = [price for facts in every_model() for price in (facts.base_price, facts.fine_tuned_price) if price]
    assert prices
    assert all(price.cached is None or price.cached <= price.input <= price.output for price in prices)
