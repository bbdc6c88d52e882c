"""Which base models can be trained, and which fine-tuned ones there are to talk to."""

import asyncio
import contextlib
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from bot.access import Resource
from bot.errors import NotFound
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.models.model import FineTunedModel, OfferedModel
from bot.models.names import short_name
from bot.models.retirement import Retirement, ToldDates, retirement, told_dates
from bot.providers.interface import Doubtful, Provider, ProviderError, RateLimited, RemoteModel, Unreachable
from bot.providers.protocol import DPO, SUPERVISED
from bot.providers.registry import Providers
from bot.providers.trainer import TRAINER
from bot.providers.vendor import Vendor
from training_files import lookup
from training_files.catalog import base_of, every_model
from training_files.report import Report

# Seconds to wait for a new listing if there is an old one: a modal must open within three.
_PATIENCE = 1.5
# Of thousands of models, so many are looked at before others have their turn in the event loop.
_AT_ONCE = 200

T = TypeVar("T")


def listed_base_models(listed: Sequence[RemoteModel], made: Collection[str] = ()) -> list[str]:
    """The ids of base models in a provider's list: those of which it says so, else those that our own table knows.

    Fine-tuned models and checkpoints can be trained further, but are no base to begin with; `made` are such models that
    do not show it by their names.
    """
    told = [model.id for model in listed if model.fine_tunable and not model.id.startswith("ft:")]
    told = [model for model in told if model not in made]
    if told:
        return told
    ids = {model.id for model in listed}
    return [facts.id for facts in every_model() if facts.id in ids]


class Catalogue:
    """Of all providers that are set up; each one's config names the base models that its administrator offers.

    A provider's listing is remembered for so many seconds (`remembered_for`).
    """

    def __init__(
        self,
        providers: Providers,
        jobs: JobStore,
        *,
        remembered_for: float = 30.0,
    ) -> None:
        self._providers = providers
        self._jobs = jobs
        self._listings = {provider.name: _Listing(provider, remembered_for) for provider in providers}

    async def offered(self, providers: Iterable[str] | None = None, today: date | None = None) -> list[OfferedModel]:
        """Base models to offer for a new job at these providers, by default all: in their order, the default of each
        first.

        A provider that says which of its models can be trained (`fine_tunable`) is believed; of another's models we
        offer those that our own table knows. None is offered whose training has ended. Raises ProviderError where no
        provider answers.
        """
        names = list(self._listings) if providers is None else list(providers)
        today = today or datetime.now(UTC).date()
        read = await asyncio.gather(*(self._offered_by(name) for name in names), return_exceptions=True)
        return [
            OfferedModel(name, model)
            for name, models in zip(names, _answered(read), strict=True)
            for model in models or ()
            if self._retirement(model, {}, name).trains(today)
        ]

    async def base_models(self, today: date | None = None) -> list[str]:
        """The ids of base models to offer for a new job, at any provider. Raises ProviderError."""
        return list(dict.fromkeys(model.id for model in await self.offered(today=today)))

    async def _offered_by(self, provider: str) -> list[str]:
        config = self._providers.config(provider)
        if config.models:
            return _first(config.default_model, list(dict.fromkeys(config.models)))
        listed = await self._listings[provider].models()
        ours = await self._jobs.models(listed_base_models(listed))
        return _first(config.default_model, listed_base_models(listed, ours))

    async def fine_tuned(self, *, fresh: bool = True) -> list[FineTunedModel]:
        """Newest first, as listed now, or unless `fresh` within the last half minute. Checkpoints stand with their
        job, and here only where somebody keeps them.

        Not every provider calls its fine-tuned models `ft:…`; those that came of our jobs are known all the same.
        """
        listed = await self._listed_anywhere(fresh=fresh)
        ours = await self._made_by([model.id for _, model in listed])
        found = []
        for provider, model in listed:
            job = ours.get(model.id)
            kept = job.kept.get(model.id) if job else None
            made_by_job = job is not None and job.fine_tuned_model == model.id
            of_another = model.id.startswith("ft:") and ":ckpt-step-" not in model.id
            if not (made_by_job or kept or of_another):
                continue
            dies = self._retirement(model.id, ours).shutdown_date
            found.append(
                FineTunedModel(
                    id=model.id,
                    base_model=job.base_model if job else base_of(model.id),
                    provider=job.provider if job else provider,
                    job_id=job.id if job and not kept else None,
                    created_at=model.created_at or None,
                    owner=kept.owner if kept else job.requester if job else None,
                    shutdown_date=dies,
                    exportable=job is not None and self.vendor(job.provider).name == TRAINER.name,
                    kept=kept is not None,
                    given_name=kept.name if kept else None,
                    rehearsed=job is not None and job.is_rehearsal,
                )
            )
        return sorted(found, key=lambda model: model.created_at or 0, reverse=True)

    async def given_names(self, models: Sequence[str]) -> dict[str, str]:
        """The names that people gave to those of these models that are kept checkpoints."""
        ours = await self._jobs.models(models)
        kept = {model: job.kept.get(model) for model, job in ours.items()}
        return {model: one.name for model, one in kept.items() if one and one.name}

    async def provider_of(self, model: str, channel: str | None = None, named: str | None = None) -> Provider:
        """The provider that is `named`, else the one that trained it for us, else one that lists it, as a rule one that
        may be used in the channel, else the first of all. Raises UnknownProvider where that is not set up any more."""
        if named is not None:
            return self._providers.named(named)
        return self._providers.named((await self._homes([model], channel))[model])

    async def lists(self, provider: str, model: str) -> bool:
        """Whether this provider lists the model, as far as is known within the last half minute."""
        with contextlib.suppress(ProviderError):
            await self._listings[provider].models()
        return self._listings[provider].shows(model)

    async def allowed(self, models: Iterable[str], channel: str) -> list[str]:
        """Those of providers that may be used in the channel."""
        models = list(models)
        if not self._providers.restricted:
            return models
        homes = await self._homes(models, channel)
        return [model for model in models if self._providers.config(homes[model]).allowed_in(channel)]

    async def _homes(self, models: Sequence[str], channel: str | None) -> dict[str, str]:
        """The name of the provider of each of these models."""
        ours = await self._jobs.models(models)
        return {model: ours[model].provider if model in ours else self._lister(model, channel) for model in models}

    def _lister(self, model: str, channel: str | None) -> str:
        configs = [self._providers.config(name) for name in self._listings]
        listers = [one for one in configs if model in one.models or self._listings[one.name].shows(model)]
        here = [one for one in listers if channel is None or one.allowed_in(channel)]
        return (here or listers or configs)[0].name

    async def resource(self, model: str) -> Resource:
        return (await self.resources([model]))[model]

    async def resources(self, models: Sequence[str]) -> dict[str, Resource]:
        """The resource of each of these models: that of the job that made it; public if none of our jobs did.

        The provider lists a new model before we hear that its job has ended. Until then, one that a job of a private
        place may have made is shown nowhere.
        """
        ours = await self._jobs.models(models)
        private = {base_of(job.base_model) for job in await self._jobs.not_ended() if job.origin.private}
        resources = {}
        for model in models:
            job = ours.get(model)
            secret = model.startswith("ft:") and base_of(model) in private
            resources[model] = job.resource if job else Resource("", "", secret, "model", model)
        return resources

    async def retirements(self, models: Sequence[str], provider: str | None = None) -> dict[str, Retirement]:
        """When each of these models ends at that provider, by default where it was made or is listed, as far as is
        announced: by what the providers listed last, and our table."""
        with contextlib.suppress(ProviderError):
            await self._listed_anywhere(fresh=False)
        ours = await self._made_by(models)
        ends = {}
        for number, model in enumerate(models, 1):
            ends[model] = self._retirement(model, ours, provider)
            if not number % _AT_ONCE:
                await asyncio.sleep(0)
        return ends

    async def told_dates(self) -> dict[str, ToldDates]:
        """What each provider's list said of ends when it was read last."""
        with contextlib.suppress(ProviderError):
            await self._listed_anywhere(fresh=False)
        return {name: listing.told for name, listing in self._listings.items()}

    async def listed(self) -> list[str]:
        """The ids of all models that providers list. Raises ProviderError where none answers."""
        return list(dict.fromkeys(model.id for _, model in await self._listed_anywhere(fresh=False)))

    async def _made_by(self, models: Sequence[str]) -> dict[str, Job]:
        """Our jobs that made these models, and those from which they go on, by model."""
        ours: dict[str, Job] = {}
        asked: set[str] = set()
        while wanted := ({*models} | {job.base_model for job in ours.values()}) - asked:
            ours |= await self._jobs.models(sorted(wanted))
            asked |= wanted
        return ours

    async def retired(self) -> list[FineTunedModel]:
        """Those of our jobs that no provider lists any more since their day has come."""
        ours, today = await self._jobs.models(), datetime.now(UTC).date()
        gone = []
        for model, job in ours.items():
            kept, dies = job.kept.get(model), self._retirement(model, ours).shutdown_date
            over = dies is not None and dies <= today and (kept is not None or model == job.fine_tuned_model)
            if over and not any(listing.shows(model) for listing in self._listings.values()):
                owner, name = (kept.owner, kept.name) if kept else (job.requester, None)
                gone.append(
                    FineTunedModel(
                        model,
                        job.base_model,
                        None if kept else job.id,
                        owner=owner,
                        shutdown_date=dies,
                        kept=kept is not None,
                        given_name=name,
                        provider=job.provider,
                    )
                )
        return gone

    async def retired_since(self, model: str) -> date | None:
        """The day on which it stopped answering, if that has come."""
        ends = (await self.retirements([model]))[model]
        return None if ends.answers(datetime.now(UTC).date()) else ends.shutdown_date

    async def absence(self, model: str) -> NotFound:
        """What to raise where no provider has this model."""
        since = await self.retired_since(model)
        if since is None:
            return NotFound("no_such_model", model=model)
        return NotFound("model_retired", model=short_name(model), date=str(since))

    def _retirement(self, model: str, ours: Mapping[str, Job], provider: str | None = None) -> Retirement:
        shown = (one for name in (model, base_of(model)) for one in self._listings.values() if one.shows(name))
        listing = next(shown, None)
        if provider is None:
            provider = ours[model].provider if model in ours else listing.provider.name if listing else ""
        at = self._listings.get(provider)
        return retirement(model, self.vendor(provider).name, at.told if at else ToldDates(), ours)

    def can_train(
        self, model: str, method: str | None, report: Report | None = None, provider: str | None = None
    ) -> bool | None:
        """Whether a model can be trained so, on such a file; None where neither the provider nor our table tells."""
        facts = lookup(model)
        wanted = method or (report.method if report else None)
        of_provider = self.vendor(provider).methods if provider is not None else ()
        if wanted and of_provider and wanted not in of_provider:
            return False
        asked = [one for name, one in self._listings.items() if provider in (None, name)]
        read = (listed for listing in asked for listed in listing.read_last)
        told = next((listed.methods for listed in read if listed.id == model and listed.methods), None)
        methods = told or (facts.methods if facts else None)
        if method is not None and methods is not None and method not in methods:
            return False
        if report is None or report.method is None:
            return True if methods or method in (None, SUPERVISED) else None
        if facts is not None and report.format not in facts.formats:
            return False
        if report.images:
            # Preferences are text only (OpenAI's guide to DPO, read 2026-11-21).
            return False if method == DPO else facts.images if facts else None
        return True if facts or told or report.format == "chat" else None

    async def context_length(self, model: str) -> int | None:
        """How many tokens the model reads and writes at once; None where neither its provider nor our table tells."""
        listings = self._listings.values()
        if not any(listing.read_last for listing in listings):
            with contextlib.suppress(ProviderError):
                await self._listed_anywhere(fresh=False)
        told = {listed.id: listed.context_length for listing in listings for listed in listing.read_last}
        facts = lookup(model)
        listed = told.get(model) or told.get(base_of(model))
        return listed or (facts.example_tokens if facts and facts.provider == "trainer" else None)

    def parameters(self, provider: str, model: str) -> int | None:
        """How many numbers the model has; None where its provider, as read last, does not tell."""
        listed = self._listings[provider].read_last
        return next((one.parameters for one in listed if one.id == model), None)

    def takes_images(self, model: str) -> bool:
        """Whether it is known to read images."""
        facts = lookup(model)
        return bool(facts and facts.images)

    async def exists(self, model: str) -> bool:
        """Asks the providers anew. Raises ProviderError where one of them does not answer, and no other lists it."""
        read = await asyncio.gather(*(one.read() for one in self._listings.values()), return_exceptions=True)
        if any(listed.id == model for models in read if isinstance(models, list) for listed in models):
            return True
        for failure in read:
            if isinstance(failure, BaseException):
                raise failure
        return False

    def forget(self) -> None:
        """Ask the providers again next time."""
        for listing in self._listings.values():
            listing.forget()

    async def _listed_anywhere(self, *, fresh: bool) -> list[tuple[str, RemoteModel]]:
        """With the name of the provider that lists it. Raises ProviderError where no provider answers."""
        read = await asyncio.gather(
            *(one.models(fresh=fresh) for one in self._listings.values()), return_exceptions=True
        )
        return [
            (name, model)
            for name, models in zip(self._listings, _answered(read), strict=True)
            for model in models or ()
        ]

    def vendor(self, provider: str) -> Vendor:
        """What a provider can do."""
        return self._providers.config(provider).known_vendor


def _answered(read: Sequence[list[T] | BaseException]) -> list[list[T] | None]:
    """What was read, None of whom did not answer. Raises their ProviderError where none did."""
    answered = [one if isinstance(one, list) else None for one in read]
    whoever = any(one is not None for one in answered)
    for failure in read:
        if isinstance(failure, BaseException) and not (whoever and isinstance(failure, ProviderError)):
            raise failure
    return answered


def _first(model: str | None, models: list[str]) -> list[str]:
    """The same models, this one first if it is among them."""
    return sorted(models, key=lambda one: one != model)


class _Listing:
    """What one provider lists, as it was read last."""

    def __init__(self, provider: Provider, remembered_for: float) -> None:
        self.provider = provider
        self.read_last: list[RemoteModel] = []
        self.told = ToldDates()
        self._ids: set[str] = set()
        self._remembered_for = remembered_for
        self._read_at = float("-inf")

    async def models(self, *, fresh: bool = False) -> list[RemoteModel]:
        """As remembered, unless `fresh`; while the provider does not answer, as read last.

        Raises ProviderError where it was never read.
        """
        if self.read_last and not fresh and time.monotonic() - self._read_at < self._remembered_for:
            return self.read_last
        try:
            async with asyncio.timeout(_PATIENCE if self.read_last else None):
                return await self.read()
        except (Unreachable, Doubtful, RateLimited, TimeoutError):
            if not self.read_last:
                raise
            return self.read_last

    async def read(self) -> list[RemoteModel]:
        self.read_last = await self.provider.models()
        self.told = told_dates(self.read_last)
        self._ids = {listed.id for listed in self.read_last}
        self._read_at = time.monotonic()
        return self.read_last

    def forget(self) -> None:
        self._read_at = float("-inf")

    def shows(self, model: str) -> bool:
        return model in self._ids
