"""What follows where a model was asked and did not answer."""

from collections.abc import Iterator
from typing import Final

from bot.errors import NotFound
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.interface import ProviderError, Refused

TOO_LONG: Final = "context_length_exceeded"
"""The code of a failure that a shorter prompt mends."""
_LONGEST: Final = 60.0


async def delay_after(
    failure: ProviderError, model: str, delays: Iterator[float], catalogue: Catalogue, lost_models: LostModels
) -> float:
    """Seconds after which it is asked again; `delays` are those for the same question. Raises the failure where it is
    of no use, NotFound where the provider has no such model any more."""
    if isinstance(failure, Refused):
        if failure.status != 404:
            raise failure
        if not await catalogue.exists(model):
            await lost_models.missing(model)
            raise NotFound("model_is_gone")
    delay = next(delays, None)
    if delay is None:
        raise failure
    return max(delay, min(getattr(failure, "retry_after", 0), _LONGEST))
