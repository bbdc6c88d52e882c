"""What a report says of a training file beside its findings: what training on it costs, and what belongs to it."""

import asyncio
from enum import Enum
from typing import Final

import msgspec
import structlog

from bot.charts.lengths import length_chart
from bot.charts.words import ChartWords
from bot.datasets.checking import offered_models
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.jobs.estimate import TrainingTime
from bot.jobs.interfaces import JobStore
from bot.jobs.training_times import TrainingTimes
from bot.models.catalogue import Catalogue
from bot.models.model import OfferedModel
from bot.providers.channel_providers import ChannelProviders
from bot.worker_processes import WorkerPools
from training_files import Report, TrainingFileError, cost, lookup
from training_files.finding_codes import BY_CODE

log = structlog.get_logger()

# A picture of fewer examples, or of fewer bars, shows nothing that the figures do not.
_MANY_EXAMPLES: Final = 20
_FEWEST_BARS: Final = 3


class Verdict(Enum):
    """In this order: can be trained on; somebody should look at it first; cannot be used as it is."""

    READY = "ready"
    LOOK = "look"
    WRONG = "wrong"


class Offer(msgspec.Struct, frozen=True):
    """A base model on which the file can be trained: US dollars, and how long that takes.
    `provider`: its name where there are several."""

    model: str
    usd: float | None = None
    time: TrainingTime | None = None
    provider: str = ""


class DatasetReport(msgspec.Struct, frozen=True):
    """`found` is the report of `dataset`. `trainable`: some model on offer can be trained on such a file, or none of it
    could be read. `validation` is the data set that is to validate what this one trains, `validates` the name of the
    one that this is to validate. `provider`: the one that stands first in its channel; "" where there is none.
    """

    dataset: Dataset
    found: Report
    offers: tuple[Offer, ...] = ()
    trainable: bool = True
    validation: Dataset | None = None
    validates: str = ""
    provider: str = ""

    @property
    def verdict(self) -> Verdict:
        if not self.found.ok:
            return Verdict.LOOK if self.found.table is not None else Verdict.WRONG
        return Verdict.LOOK if self.found.warnings or not self.trainable else Verdict.READY


class DatasetReports:
    def __init__(
        self,
        datasets: DatasetStore,
        jobs: JobStore,
        catalogue: Catalogue,
        pools: WorkerPools,
        providers: ChannelProviders,
    ) -> None:
        self._datasets = datasets
        self._times = TrainingTimes(jobs, providers.named)
        self._catalogue = catalogue
        self._pools = pools
        self._providers = providers

    async def of(self, dataset: Dataset) -> DatasetReport | None:
        """As of now; None where there is no report, or the data set was deleted."""
        found = dataset.report
        if found is None or dataset.deleted_at is not None:
            return None
        offers = await self._offers(found, dataset.channel)
        providers = await self._providers.offered(dataset.channel)
        dropped = await self._datasets.of_message(dataset.channel, dataset.created_at)
        return DatasetReport(
            dataset,
            found,
            offers=tuple(offers),
            trainable=bool(offers) or found.method is None,
            validation=await self._datasets.get(dataset.validation) if dataset.validation else None,
            validates=next(
                (one.name for one in dropped if one.validation == dataset.id and one.deleted_at is None), ""
            ),
            provider=providers[0].name if providers else "",
        )

    async def picture(self, dataset: Dataset, words: ChartWords) -> bytes | None:
        """The lengths of its examples as a PNG; None where it would show nothing, there is one, or it failed."""
        found = dataset.report
        if found is None or found.examples <= _MANY_EXAMPLES or len(found.histogram) < _FEWEST_BARS:
            return None
        if dataset.lengths_file is not None:
            return None
        try:
            return await self._pools.run(
                length_chart,
                found.histogram,
                found.tokens,
                words,
                title=dataset.name,
                limit=example_limit(found),
                seconds=60,
            )
        except TrainingFileError as error:
            log.warning("picture of lengths not drawn", dataset=dataset.id, why=str(error))
            return None

    async def pictured(self, dataset_id: str, file_id: str) -> Dataset | None:
        """The picture is this file of Slack's. None where the data set was deleted meanwhile."""
        return await self._datasets.update(
            dataset_id, lambda known: msgspec.structs.replace(known, lengths_file=file_id)
        )

    async def _offers(self, found: Report, channel: str) -> list[Offer]:
        """What training would cost on each model that can be trained on such a file, and take, where that is known."""
        models = [
            one
            for one in await offered_models(self._catalogue, self._providers, channel)
            if self._catalogue.can_train(one.id, found.method, found, one.provider) is not False
        ]
        times = await asyncio.gather(*(self._times.of(one.provider, one.id, found) for one in models))
        return [
            Offer(one.id, self._usd(found, one), time, one.provider if self._providers.several else "")
            for one, time in zip(models, times, strict=True)
        ]

    def _usd(self, found: Report, model: OfferedModel) -> float | None:
        tokens = found.tokens.billed * found.epochs
        own = self._providers.training_price(model.id, model.provider)
        if own is not None:
            return round(own * tokens / 1_000_000, 6)
        return found.cost[model.id] if model.id in found.cost else cost(model.id, tokens, 1)


def is_repairable(found: Report) -> bool:
    """Whether there is something that a repair can do, or a table that can be converted."""
    if found.table is not None:
        return True
    return any((rule := BY_CODE.get(name)) is not None and rule.repair for name in found.told)


def example_limit(found: Report) -> int | None:
    """The most tokens that the model takes of one example."""
    facts = lookup(found.model)
    return facts.example_tokens if facts else None
