"""What training costs."""

from training_files.catalog import lookup

MILLION = 1_000_000


def cost(model: str, billed_tokens_per_epoch: int, epochs: int) -> float | None:
    """US dollars for training `model`, None where its price is not known.

    Price per million x billed tokens of one epoch (each example capped at the model's limit) x epochs. Only
    the training file is billed; a validation file is free (OpenAI's cookbook, read 2026-11-21).
    """
    facts = lookup(model)
    if facts is None or facts.training_price is None:
        return None
    return round(facts.training_price * billed_tokens_per_epoch * epochs / MILLION, 6)
