"""How one provider is set up here: what of it is offered, where, and at which prices."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from bot.providers.vendor import Vendor
from bot.providers.vendors import vendor_of


class ModelPrice(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars: per million tokens, and of `hosting` per hour. None where it is not told."""

    training: float | None = None
    input: float | None = None
    output: float | None = None
    hosting: float | None = None


class Abilities(msgspec.Struct, frozen=True):
    """What of a job's buttons makes sense with its provider. `pauses`: jobs. `deploys`: models, which answer only then,
    and the bot may."""

    pauses: bool = True
    deploys: bool = False


ALL_ABILITIES: Final = Abilities()


class ProviderConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what people call it, and what is stored with each job. `vendor`: None where only the name tells.

    `deploys`: the bot may have models deployed there, which is paid by the hour. `models`: the base models on offer;
    empty for all that it can train. `max_running`: jobs at a time; None for the setting that holds for all. `prices`:
    by model, before those of our own table. `channels`: it may be used in these only; None for everywhere.
    """

    name: str
    vendor: Vendor | None = None
    deploys: bool = False
    models: tuple[str, ...] = ()
    default_model: str | None = None
    embedding_model: str | None = None
    max_running: int | None = None
    prices: Mapping[str, ModelPrice] = MappingProxyType({})
    channels: frozenset[str] | None = None

    @property
    def known_vendor(self) -> Vendor:
        return self.vendor or vendor_of(self.name)

    @property
    def embeddings(self) -> str | None:
        """Its model that turns texts into vectors."""
        return self.embedding_model or self.known_vendor.embeddings

    @property
    def abilities(self) -> Abilities:
        return Abilities(pauses=self.known_vendor.pauses, deploys=self.deploys)

    def allowed_in(self, channel: str) -> bool:
        return self.channels is None or channel in self.channels


NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
"""Names of providers in the settings file: they stand before the slash in `NAME/MODEL`."""
