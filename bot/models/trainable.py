"""The models that can be trained on a file: base models, and fine-tuned ones from which training continues."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from bot.access import Caller
from bot.errors import Invalid
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.retirement import Retirement
from bot.providers.channel_providers import ChannelProviders
from bot.providers.protocol import DPO
from bot.providers.registry import Providers
from bot.providers.vendor import Vendor
from bot.providers.vendors import vendor_of
from training_files import Report, fine_tunable, lookup

# A menu is no place to look for an old model: `/finetune start model=ft:…` takes any.
_LATEST_TUNED: Final = 25


class TrainableModel(msgspec.Struct, frozen=True):
    """`price_per_million` is in US dollars per million billed tokens: 0 on the team's own hardware, None if unknown.
    `certain` is False if it is not known whether the model takes the file's format. `tuned`: a fine-tuned model.
    `retirement`: until when it can be trained, and what comes of that answers. `vendor`: what its provider can do; None
    where only the model tells.
    """

    id: str
    provider: str
    label: str
    price_per_million: float | None = None
    certain: bool = True
    tuned: bool = False
    retirement: Retirement = Retirement()
    vendor: Vendor | None = None

    @property
    def reports_to_wandb(self) -> bool:
        return reports_to_wandb(self.id, self.vendor)

    @property
    def keeps_metadata(self) -> bool:
        facts = lookup(self.id)
        return self.vendor.keeps_metadata if self.vendor else facts is None or vendor_of(facts.provider).keeps_metadata

    @property
    def takes_suffix(self) -> bool:
        return self.vendor is None or self.vendor.takes_suffix


class TrainableModels:
    def __init__(
        self, catalogue: Catalogue, lookup: ModelLookup, providers: Providers, channel_providers: ChannelProviders
    ) -> None:
        self._catalogue = catalogue
        self._lookup = lookup
        self._providers = providers
        self._channel_providers = channel_providers

    async def base(self, channel: str, report: Report | None = None) -> list[TrainableModel]:
        """The base models on offer in the channel that can be trained on such a file, the default first. Raises
        ProviderError."""
        providers = [provider.name for provider in await self._channel_providers.offered(channel)]
        models = await self._catalogue.offered(providers)
        ends = {name: await self._catalogue.retirements([one.id for one in models], name) for name in providers}
        offered = [self._described(one.id, one.provider, ends[one.provider][one.id], report) for one in models]
        return [model for model in offered if model is not None]

    async def untrainable(self, channel: str, report: Report) -> Invalid:
        """That no model of the channel's provider can be trained on such a file. Raises NotFound where there is
        none."""
        return untrainable((await self._channel_providers.default(channel)).name, report)

    async def tuned(self, caller: Caller, report: Report | None = None) -> list[TrainableModel]:
        """The latest fine-tuned models that can be trained further on such a file, and that a job's card here may
        name. They are labelled as people call them, unless several are called so."""
        # A modal is updated with each character that is typed into some of its fields.
        models = (await self._lookup.visible(caller, caller.posts_in, fresh=False))[:_LATEST_TUNED]
        ends, today = await self._catalogue.retirements([model.id for model in models]), datetime.now(UTC).date()
        offered = [
            self._described(model.id, model.provider, ends[model.id], report, tuned=True)
            for model in models
            if ends[model.id].trains(today)
        ]
        names = {model.id: model.name for model in models}
        called = Counter(names.values())
        return [
            msgspec.structs.replace(model, label=name) if called[name := names[model.id]] == 1 else model
            for model in offered
            if model is not None
        ]

    def _described(
        self, model: str, provider: str, ends: Retirement, report: Report | None, *, tuned: bool = False
    ) -> TrainableModel | None:
        fits = self._catalogue.can_train(model, report.method if report else None, report, provider)
        if fits is False:
            return None
        facts = lookup(model)
        price = self._providers.training_price(model, provider)
        if price is None and facts is not None:
            price = facts.training_price
        return TrainableModel(
            model,
            provider,
            model,
            price,
            certain=fits is not None,
            tuned=tuned,
            retirement=ends,
            vendor=self._providers.config(provider).vendor,
        )


def reports_to_wandb(model: str, vendor: Vendor | None) -> bool:
    """`vendor`: that of the provider; None where only the model tells."""
    facts = lookup(model)
    return vendor.reports_to_wandb if vendor else facts is not None and vendor_of(facts.provider).reports_to_wandb


def untrainable(provider: str, found: Report, today: date | None = None) -> Invalid:
    """That no model of `provider` can be trained on such a file, and which vendors have one that can."""
    vendors = {
        facts.provider
        for facts in fine_tunable(today or datetime.now(UTC).date())
        if facts.takes(found.format) and (not found.images or (facts.images and found.method != DPO))
    }
    return Invalid(
        "untrainable",
        provider=provider,
        format=found.format,
        method=found.method or "",
        images=bool(found.images),
        vendors=tuple(sorted(vendors)),
    )
