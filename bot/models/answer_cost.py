"""What an answer of a model costs."""

from typing import Final

from bot.providers.chat import Usage
from bot.providers.openai import OPENAI
from bot.providers.vendors import vendor_of
from training_files import lookup
from training_files.catalog import base_of

_EMBEDDINGS: Final = {"text-embedding-3-small": 0.02, "text-embedding-3-large": 0.13, "text-embedding-ada-002": 0.10}
"""OpenAI's models for embeddings, in US dollars per million tokens (tables of others, which agree with each other; read
2026-11-29)."""


def answer_cost(usage: Usage, model: str, provider: str) -> float | None:
    """US dollars, 0 on one's own hardware; None where the price is not known.

    A fine-tuned model has a price of its own. What was read from the provider's cache costs less where there is a price
    for that (OpenAI pricing page, read 2026-11-21).
    """
    if vendor_of(provider).free:
        return 0.0
    if vendor_of(provider) is OPENAI and model in _EMBEDDINGS:
        return usage.prompt_tokens * _EMBEDDINGS[model] / 1_000_000
    facts = lookup(model)
    if facts is None:
        return None
    price = facts.base_price if base_of(model) == model.strip() else facts.fine_tuned_price
    if price is None:
        return None
    cached = min(usage.cached_tokens, usage.prompt_tokens)
    input_cost = (usage.prompt_tokens - cached) * price.input
    cached_cost = cached * (price.input if price.cached is None else price.cached)
    return (input_cost + cached_cost + usage.completion_tokens * price.output) / 1_000_000
