"""What models' answers cost at the providers that are set up: by a provider's own prices, else by our table."""

from bot.models.answer_cost import answer_cost
from bot.providers.chat import Usage
from bot.providers.registry import Providers
from training_files.catalog import base_of


class Prices:
    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    def answer(self, usage: Usage, model: str, provider: str) -> float | None:
        """US dollars; None where nobody knows. A fine-tuned model has its base model's price, where it has none of its
        own."""
        config = self._providers.config(provider)
        own = config.prices.get(model) or config.prices.get(base_of(model))
        if own is None or own.input is None or own.output is None:
            return answer_cost(usage, model, config.known_vendor.name)
        return (usage.prompt_tokens * own.input + usage.completion_tokens * own.output) / 1_000_000
