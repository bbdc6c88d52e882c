"""The vendors that are known by name or address. A new one is a file beside this and a line here."""

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from bot.providers.azure import AZURE
from bot.providers.crusoe import CRUSOE
from bot.providers.nebius import NEBIUS
from bot.providers.openai import OPENAI
from bot.providers.trainer import TRAINER
from bot.providers.vendor import Vendor

VENDORS: Final = (OPENAI, AZURE, NEBIUS, CRUSOE, TRAINER)


@lru_cache(256)
def vendor_of(word: str) -> Vendor:
    """By its name or one of its hosts, or a provider's name that is one of these; for any other server of the protocol
    what can be expected of all."""
    return next((vendor for vendor in VENDORS if word == vendor.name or _is_host(word, vendor)), Vendor(name=word))


def _is_host(word: str, vendor: Vendor) -> bool:
    return any(word.endswith(host) if host.startswith(".") else word == host for host in vendor.hosts)


def vendor_at(base_url: str | None) -> Vendor:
    """By the address, where None is the SDK's own: OpenAI's."""
    return vendor_of(urlsplit(base_url).hostname or base_url) if base_url else OPENAI
