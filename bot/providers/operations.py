"""What is asked of a provider, counted, timed and traced; its errors are ours and name it."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager

from bot import instruments
from bot.providers.interface import Doubtful, ProviderError, RateLimited, Unintelligible, Unreachable
from bot.providers.sdk_errors import errors_classified
from telemetry import traces

_OUTCOMES = {
    Doubtful: "doubtful",
    RateLimited: "rate_limited",
    Unintelligible: "doubtful",
    Unreachable: "unreachable",
}


class Operations:
    """Those of one provider."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    @asynccontextmanager
    async def one(self, name: str) -> AsyncIterator[None]:
        """One request, or as many as it takes. Raises ProviderError."""
        async with self.measured(name):
            with self.traced(name):
                yield

    @asynccontextmanager
    async def measured(self, name: str) -> AsyncIterator[None]:
        """Raises ProviderError."""
        outcome, began = "ok", time.monotonic()
        try:
            async with self.classified():
                yield
        except ProviderError as error:
            outcome = _OUTCOMES.get(type(error), "refused")
            raise
        except BaseException:  # whoever asked needs no answer any more
            outcome = "cancelled"
            raise
        finally:
            instruments.PROVIDER_CALLS.labels(self._provider, name, outcome).inc()
            instruments.PROVIDER_SECONDS.labels(self._provider, name).observe(time.monotonic() - began)

    @asynccontextmanager
    async def classified(self) -> AsyncIterator[None]:
        """Raises ProviderError."""
        try:
            async with errors_classified():
                yield
        except ProviderError as error:
            error.provider = self._provider
            raise

    def traced(self, name: str) -> AbstractContextManager[None]:
        return traces.part(f"provider {name}", kind="client", provider=self._provider)
