"""The providers that are set up, by name."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from bot.errors import NotFound
from bot.providers.config import Abilities, ProviderConfig
from bot.providers.hosting import Hosting
from bot.providers.interface import Provider
from training_files.catalog import base_of


class UnknownProvider(NotFound):
    """A job, file or model is of a provider that is not set up (any more)."""


class Providers:
    """A job is handled by the provider whose name is stored with it. The first stands for all others where nobody has
    chosen. One without a `config` is used as its vendor lets it be. `hosting`: by name, what deploys models there."""

    def __init__(
        self,
        first: Provider,
        *others: Provider,
        configs: Iterable[ProviderConfig] = (),
        hosting: Mapping[str, Hosting] = MappingProxyType({}),
    ) -> None:
        self._by_name = {provider.name: provider for provider in (first, *others)}
        if len(self._by_name) <= len(others):
            raise ValueError("two providers have the same name")
        self._hosting = hosting
        self._configs = {name: ProviderConfig(name=name) for name in self._by_name}
        self._configs |= {config.name: config for config in configs}

    def named(self, name: str) -> Provider:
        """Raises UnknownProvider."""
        if name not in self._by_name:
            raise UnknownProvider("unknown_provider", provider=name)
        return self._by_name[name]

    def config(self, name: str) -> ProviderConfig:
        """Of one that is not set up any more what its name tells."""
        return self._configs.get(name) or ProviderConfig(name=name)

    def training_price(self, model: str, name: str) -> float | None:
        """US dollars per million tokens that training there costs: by its own prices, nothing on one's own hardware;
        None where our table of models must tell."""
        config = self.config(name)
        own = config.prices.get(model) or config.prices.get(base_of(model))
        if own is not None and own.training is not None:
            return own.training
        return 0.0 if config.known_vendor.free else None

    def hosting(self, name: str) -> Hosting | None:
        """What deploys models there; None where the bot may not, or that is not set up any more."""
        return self._hosting.get(name)

    @property
    def deploys(self) -> bool:
        """Whether the bot may deploy models at one of them."""
        return bool(self._hosting)

    def hosting_price(self, model: str, base_model: str, name: str) -> float | None:
        """US dollars an hour that a deployed model costs there; None where providers.toml does not say."""
        prices = self.config(name).prices
        told = (prices.get(one) for one in (model, base_model, base_of(base_model)))
        return next((price.hosting for price in told if price is not None and price.hosting is not None), None)

    def abilities(self, name: str) -> Abilities:
        return self.config(name).abilities

    @property
    def restricted(self) -> bool:
        """Whether one of them may be used in some channels only."""
        return any(config.channels is not None for config in self._configs.values())

    def split(self, word: str) -> tuple[str, str]:
        """The provider and the rest in `NAME/REST`; "" and the word where no provider's name stands before a slash."""
        name, slash, rest = word.partition("/")
        return (name, rest) if slash and rest and name in self._by_name else ("", word)

    def __iter__(self) -> Iterator[Provider]:
        """The first one first."""
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)
