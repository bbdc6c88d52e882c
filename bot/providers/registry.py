"""The providers that are set up, by name."""

from collections.abc import Iterator

from bot.errors import NotFound
from bot.providers.interface import Provider


class UnknownProvider(NotFound):
    """A job, file or model is of a provider that is not set up (any more)."""


class Providers:
    """A job is handled by the provider whose name is stored with it; a new one goes to `default`."""

    def __init__(self, default: Provider, *others: Provider) -> None:
        self.default = default
        self._by_name = {provider.name: provider for provider in (default, *others)}
        if len(self._by_name) <= len(others):
            raise ValueError("two providers have the same name")

    def named(self, name: str) -> Provider:
        """Raises UnknownProvider."""
        if name not in self._by_name:
            raise UnknownProvider("unknown_provider", provider=name)
        return self._by_name[name]

    def __iter__(self) -> Iterator[Provider]:
        """The default first."""
        return iter(self._by_name.values())
