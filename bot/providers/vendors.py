"""The vendors that are known by name or address. A new one is a file beside this and a line here."""

from typing import Final

from bot.providers.nebius import NEBIUS
from bot.providers.openai import OPENAI
from bot.providers.trainer import TRAINER
from bot.providers.vendor import Vendor

VENDORS: Final = (OPENAI, NEBIUS, TRAINER)


def vendor_of(word: str) -> Vendor:
    """By its name or one of its hosts, or a provider's name that is one of these; for any other server of the protocol
    what can be expected of all."""
    return next((vendor for vendor in VENDORS if word == vendor.name or word in vendor.hosts), Vendor(name=word))
