"""Requests for a fine-tuning job: checked, priced, admitted, and turned into a job.

It is not in `bot.jobs`: data sets and models depend on jobs, and a request needs all three.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from bot.access import Action, Caller
from bot.audit import AuditLog, Outcome
from bot.authority import Authority, entry
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.pairs import can_validate
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Conflict, Invalid, NotFound
from bot.jobs import states
from bot.jobs.assessment import advised_rate
from bot.jobs.estimate import Estimate, TrainingNeeds, estimate, is_free, too_large
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job, Origin, id_for
from bot.jobs.lookup import JobLookup
from bot.jobs.settings import JobSettings, of_other_methods, settings_of, words_of
from bot.jobs.submit import Submitter
from bot.jobs.training_times import TrainingTimes
from bot.models.catalogue import Catalogue
from bot.models.names import next_suffix, suffix_from_file, suffix_of
from bot.models.trainable import reports_to_wandb
from bot.providers.channel_providers import ChannelProviders
from bot.providers.protocol import REINFORCEMENT, SUPERVISED
from bot.providers.registry import Providers
from bot.spending.budget import OverBudget
from training_files import Report, lookup
from training_files.catalog import base_of


class JobRequest(msgspec.Struct, frozen=True):
    """What to train on (`dataset_id`, or `file_id` for a file that the provider has), and how."""

    settings: JobSettings
    dataset_id: str | None = None
    file_id: str | None = None


class Draft(msgspec.Struct, frozen=True):
    """A request to be looked over and sent off: `words` are its settings as people write them. `files`: the training
    files to choose from, if there is a choice. `diverged`: the learning rate multiplier with which an earlier run did.
    `thread_ts`: in which thread of the channel it is answered, if in one. `instead_of`: the fine-tuned model from which
    the provider cannot go on.
    """

    words: Mapping[str, str] = {}
    dataset: Dataset | None = None
    file_id: str | None = None
    files: Sequence[Dataset] = ()
    diverged: float | None = None
    thread_ts: str | None = None
    instead_of: str = ""


class JobRequests:
    def __init__(
        self,
        *,
        jobs: JobStore,
        job_lookup: JobLookup,
        dataset_lookup: DatasetLookup,
        trainable: TrainableDatasets,
        provider_files: ProviderFiles,
        catalogue: Catalogue,
        submitter: Submitter,
        providers: Providers,
        channel_providers: ChannelProviders,
        authority: Authority,
        audit: AuditLog,
    ) -> None:
        self._jobs = jobs
        self._job_lookup = job_lookup
        self._dataset_lookup = dataset_lookup
        self._trainable = trainable
        self._provider_files = provider_files
        self._catalogue = catalogue
        self._submitter = submitter
        self._providers = providers
        self._channel_providers = channel_providers
        self._authority = authority
        self._audit = audit
        self._times = TrainingTimes(jobs, providers.named)

    async def require(self, caller: Caller) -> None:
        """Raises Denied for somebody who may start no jobs."""
        await self._authority.require(caller, Action.SUBMIT)

    async def submit(self, caller: Caller, request: JobRequest, origin: Origin, identity: str) -> Job:
        """The job, stored and under way. `identity` names the person's act: the same act makes the same job.

        Raises Denied, NotFound, Invalid; Conflict while the same is being trained; NotAdmitted.
        """
        job = await self.drafted(caller, request, origin, identity)
        try:
            return await self._submitter.submit(job)
        except OverBudget as error:
            await self._audit.add(entry(caller, Action.SUBMIT, job.id, Outcome.REFUSED, str(error)))
            raise

    async def drafted(self, caller: Caller, request: JobRequest, origin: Origin, identity: str) -> Job:
        """The job that this makes, stored nowhere. Raises Denied, NotFound, Invalid."""
        request = await self._placed(caller, request)
        dataset, method = await self._judged(caller, request)
        model = request.settings.model
        went_on = model.startswith("ft:") or bool(await self._jobs.models([model]))
        parent = model if went_on else dataset.parent if dataset else None
        return msgspec.structs.replace(self._job(caller, request, dataset, method, origin, identity), parent=parent)

    async def check(self, caller: Caller, request: JobRequest) -> str:
        """The method by which such a job trains. Raises Denied, NotFound, Invalid."""
        _, method = await self._judged(caller, await self._placed(caller, request))
        return method

    async def preview(self, caller: Caller, request: JobRequest, method: str) -> Job:
        """The job as it would be stored if it were submitted now, judged by its price. Raises NotAdmitted."""
        request = await self._placed(caller, request)
        dataset = await self._dataset(caller, request.dataset_id) if request.dataset_id else None
        origin = Origin(caller.team, caller.channel, False)
        return await self._submitter.preview(self._job(caller, request, dataset, method, origin, caller.key))

    async def estimate(self, caller: Caller, settings: JobSettings, dataset: Dataset) -> Estimate | None:
        """Price and time of training on this data set; None if it was not checked yet. Raises Denied, NotFound."""
        report = dataset.report
        if report is None:
            return None
        settings = await self.at_provider(caller, settings)
        epochs, method = settings.hyperparameters.n_epochs, report.method or ""
        return estimate(
            report,
            settings.model,
            epochs,
            method=method,
            provider=settings.provider,
            price_per_million=self._providers.training_price(settings.model, settings.provider),
            needs=await self.needs(settings, report),
        )

    async def needs(self, settings: JobSettings, report: Report) -> TrainingNeeds:
        """How long that takes at the provider that the settings name, and how much memory, as far as it is known."""
        numbers = settings.hyperparameters
        return await self._times.needs(settings.provider, settings.model, report, numbers.n_epochs, numbers.batch_size)

    async def at_provider(self, caller: Caller, settings: JobSettings, file_id: str | None = None) -> JobSettings:
        """With the provider that the job goes to: the one that is named (a model may be `NAME/MODEL`), else whose model
        it is, else the first of those here that offers it, if there is one that has the file, too.

        Raises NotFound where no such provider is set up; Denied where it may not be used here; ProviderError.
        """
        provider, model = settings.provider, settings.model
        if not provider:
            provider, model = await self._provider_and_model(caller, settings.model, file_id)
        self._providers.named(provider)
        await self._channel_providers.require(caller, Action.SUBMIT, provider)
        return msgspec.structs.replace(settings, provider=provider, model=model)

    def word(self, provider: str, model: str) -> str:
        """What names a model so that it is clear where it is trained."""
        return f"{provider}/{model}" if self._channel_providers.several else model

    async def word_of(self, caller: Caller, model: str) -> str:
        """The same for a model as somebody named it. Raises like `at_provider`."""
        settings = await self.at_provider(caller, JobSettings("", model))
        return self.word(settings.provider, settings.model)

    async def _provider_and_model(self, caller: Caller, word: str, file_id: str | None) -> tuple[str, str]:
        first = (await self._channel_providers.default(caller.channel)).name
        if not self._channel_providers.several:
            named, model = self._providers.split(word)
            return (named, model) if named else (first, word)
        offered = await self._catalogue.offered(
            [one.name for one in await self._channel_providers.offered(caller.channel)]
        )
        named, model = self._providers.split(word)
        if named and all(one.id != word for one in offered):
            return named, model
        made = (await self._jobs.models([word])).get(word)
        if made is not None:
            return made.provider, word
        offering = [one.provider for one in offered if one.id == word]
        if file_id is not None and len(offering) > 1:
            holder = await self._provider_files.holder(caller, file_id)
            offering.sort(key=lambda provider: provider != holder)
        if not offering and word.startswith("ft:"):
            offering = [(await self._catalogue.provider_of(word, caller.channel)).name]
        return (offering or [first])[0], word

    async def _placed(self, caller: Caller, request: JobRequest) -> JobRequest:
        settings = await self.at_provider(caller, request.settings, request.file_id)
        return msgspec.structs.replace(request, settings=settings)

    async def refused_since(self, provider: str) -> float | None:
        """Since when the provider says that it trains no more for this organisation; None where it does not."""
        return await self._jobs.training_refused_since(provider)

    async def on(self, caller: Caller, dataset: Dataset) -> Draft:
        """A request to train on that file. One that was made for the next model after another goes on from that, or
        where the provider cannot do so with this file, trains its base model anew."""
        thread_ts = dataset.thread_ts if dataset.channel == caller.channel else None
        if dataset.parent is None:
            return Draft(dataset=dataset, thread_ts=thread_ts)
        models = await self._jobs.models()
        made = models.get(dataset.parent)
        suffix = (made.suffix if made else None) or suffix_of(dataset.parent)
        words = {"suffix": next_suffix(suffix)} if suffix else {}
        if made is not None and self._channel_providers.several:
            words["provider"] = made.provider
        if await self._goes_on(dataset.parent, made, dataset.report, caller.channel):
            return Draft({**words, "model": dataset.parent}, dataset, thread_ts=thread_ts)
        base = made.base_model if made else base_of(dataset.parent)
        while base in models:
            base = models[base].base_model
        return Draft({**words, "model": base}, dataset, thread_ts=thread_ts, instead_of=dataset.parent)

    async def again(self, caller: Caller, job_id: str) -> Draft:
        """The request of an earlier job again, without a learning rate with which training diverged.

        Raises Denied, NotFound; Conflict where its file is not known any more.
        """
        job = await self._job_lookup.get(caller, job_id, Action.SEE, to_post=True)
        await self._authority.require(caller, Action.SUBMIT)
        if job.dataset_id is None and job.training_file is None:
            raise Conflict("unknown_file")
        dataset = await self._dataset(caller, job.dataset_id, to_post=True) if job.dataset_id else None
        thread_ts = job.origin.thread_ts if job.origin.channel == caller.channel else None
        file_id = None if dataset else job.training_file
        draft = Draft(words_of(settings_of(job)), dataset, file_id, thread_ts=thread_ts)
        rate, advised = job.hyperparameters.learning_rate_multiplier, await advised_rate(self._jobs, job)
        if advised is None or rate == "auto":
            return draft
        return msgspec.structs.replace(draft, words={**draft.words, "lr": f"{advised:g}"}, diverged=rate)

    async def continued(self, caller: Caller, job_id: str, model: str) -> Draft:
        """A request that goes on from a model of that job, on a file to be chosen: at first the job's own.

        Raises Denied; NotFound, also where there is no training file in the channel.
        """
        job = await self._job_lookup.get(caller, job_id, Action.CHAT, to_post=True)
        await self._authority.require(caller, Action.SUBMIT)
        files = await self._trainable.latest(caller)
        if not files:
            raise NotFound("no_training_file")
        own = [file for file in files if file.id == job.dataset_id]
        kept = msgspec.structs.replace(settings_of(job), model=model, suffix=None, validation=None)
        dataset = (own or files)[0]
        return Draft(words_of(kept), dataset, files=files, thread_ts=dataset.thread_ts)

    async def _goes_on(self, model: str, made: Job | None, report: Report | None, channel: str) -> bool:
        """Whether its provider can train a fine-tuned model further, on such a file, for this channel."""
        if made is not None:
            there = any(provider.name == made.provider for provider in self._providers)
            if not there or model in made.lost_models:
                return False
            if not self._channel_providers.is_allowed(made.provider, channel):
                return False
        if not (await self._catalogue.retirements([model]))[model].trains(datetime.now(UTC).date()):
            return False
        provider = made.provider if made else None
        return self._catalogue.can_train(model, report.method if report else None, report, provider) is not False

    async def _dataset(self, caller: Caller, dataset_id: str, *, to_post: bool = False) -> Dataset:
        return await self._dataset_lookup.get(caller, dataset_id, Action.SUBMIT, to_post=to_post)

    async def _judged(self, caller: Caller, request: JobRequest) -> tuple[Dataset | None, str]:
        """The data set and the method. Raises Invalid where a job could not train so; Denied, NotFound where a file or
        model is not for this person, or not for all who will see the job's card."""
        await self._authority.require(caller, Action.SUBMIT)
        dataset = None
        if request.dataset_id is not None:
            dataset = await self._dataset(caller, request.dataset_id, to_post=True)
        elif request.file_id is not None:
            await self._provider_files.find(caller, request.file_id, request.settings.provider)
        await self._check_model(caller, request.settings)
        await self._check_validation(caller, request, dataset)
        method = self._method(request.settings, dataset.report if dataset else None)
        if dataset is not None and dataset.report is not None:
            await self._check_memory(request.settings, dataset.report)
        return dataset, method

    async def _check_model(self, caller: Caller, settings: JobSettings) -> None:
        """Raises Invalid for one that is not offered, or that this person may not know of; Denied where the others here
        may not."""
        model, provider = settings.model, settings.provider
        offered = [one.id for one in await self._catalogue.offered([provider])]
        ends = (await self._catalogue.retirements([model], provider))[model]
        if (since := ends.trained_until(datetime.now(UTC).date())) is not None:
            raise Invalid("training_ended", "model", model=model, date=str(since), offered=offered)
        if model not in offered and not await self._is_known(caller, model):
            raise Invalid("not_fine_tunable", "model", provider=provider, model=model, offered=offered)

    async def _is_known(self, caller: Caller, model: str) -> bool:
        resource = await self._catalogue.resource(model)
        try:
            await self._authority.require_to_post(caller, Action.CHAT, resource)
        except NotFound:
            return False
        # A checkpoint's model is not listed everywhere; that a job of ours made it is enough.
        return resource.kind == "job" or (model.startswith("ft:") and await self._catalogue.exists(model))

    async def _check_memory(self, settings: JobSettings, report: Report) -> None:
        """Raises Invalid where it is certain that the provider's machine has not enough memory for it."""
        memory = (await self.needs(settings, report)).memory
        offered = [one.id for one in await self._catalogue.offered([settings.provider])]
        if (refused := too_large(settings.model, memory, offered)) is not None:
            raise refused

    async def _check_validation(self, caller: Caller, request: JobRequest, training: Dataset | None) -> None:
        """Raises Invalid; Denied, NotFound where it is no file that this person may use."""
        validation = request.settings.validation
        if validation is None:
            return
        if validation == (training.id if training else request.file_id):
            raise Invalid("validation_is_training", "validation")
        if validation.startswith("file-"):
            await self._provider_files.find(caller, validation, request.settings.provider)
            return
        chosen = await self._dataset(caller, validation, to_post=True)
        if not can_validate(chosen):
            raise Invalid("cannot_validate", "validation", name=chosen.name)
        if training is not None and training.report is not None and chosen.format != training.format:
            raise Invalid(
                "validates_another_format",
                "validation",
                name=chosen.name,
                format=chosen.format,
                wanted=training.format,
            )

    def _method(self, settings: JobSettings, report: Report | None) -> str:
        """How the job trains, and that its settings are that method's. Raises Invalid."""
        of_file = report.method if report else None
        if settings.method and of_file and settings.method != of_file:
            raise Invalid("method_of_file", "method", method=of_file)
        method = settings.method or of_file or SUPERVISED
        can_train, provider = self._catalogue.can_train, settings.provider
        if can_train(settings.model, method, provider=provider) is False:
            raise Invalid("model_lacks_method", "model", model=settings.model, method=method)
        if report is not None and can_train(settings.model, method, report, provider) is False:
            raise Invalid(
                "model_lacks_format",
                "model",
                model=settings.model,
                format=report.format,
                images=bool(report.images),
            )
        if others := of_other_methods(settings, method):
            raise Invalid("settings_of_other_method", settings=others, method=method)
        if method == REINFORCEMENT and settings.grader is None:
            raise Invalid("grader_missing", "grader")
        if method == REINFORCEMENT and settings.validation is None:
            raise Invalid("validation_missing", "validation")
        self._require_capabilities(settings)
        return method

    def _require_capabilities(self, settings: JobSettings) -> None:
        """Raises Invalid where the provider lacks what a setting asks for."""
        vendor = self._providers.config(settings.provider).vendor
        if settings.wandb and (vendor or lookup(settings.model)) and not reports_to_wandb(settings.model, vendor):
            raise Invalid("wandb_unsupported", "wandb", model=settings.model)
        if vendor is None:
            return
        if settings.suffix and not vendor.takes_suffix:
            raise Invalid("suffix_unsupported", "suffix", provider=settings.provider)
        if settings.metadata and not vendor.keeps_metadata:
            raise Invalid("metadata_unsupported", "metadata", provider=settings.provider)

    def _job(
        self,
        caller: Caller,
        request: JobRequest,
        dataset: Dataset | None,
        method: str,
        origin: Origin,
        identity: str,
    ) -> Job:
        settings = request.settings
        vendor = self._providers.config(settings.provider).vendor
        suffix = settings.suffix or (suffix_from_file(dataset.name) if dataset else None)
        at_provider = settings.validation is not None and settings.validation.startswith("file-")
        return Job(
            id=id_for(identity),
            state=states.SUBMITTING,
            provider=settings.provider,
            base_model=settings.model,
            requester=caller.user,
            origin=origin,
            created_at=time.time(),
            hyperparameters=settings.hyperparameters,
            requested_hyperparameters=settings.hyperparameters,
            suffix=suffix if vendor is None or vendor.takes_suffix else None,
            seed=settings.seed,
            method=method,
            grader=settings.grader,
            wandb=settings.wandb,
            metadata=settings.metadata,
            cause=caller.key,
            dataset_id=dataset.id if dataset else None,
            file_name=dataset.name if dataset else None,
            training_file=request.file_id,
            validation_dataset_id=None if at_provider else settings.validation,
            validation_file=settings.validation if at_provider else None,
            estimated_cost=self._price(settings, method, dataset.report if dataset else None),
            training_price=self._providers.training_price(settings.model, settings.provider),
        )

    def _price(self, settings: JobSettings, method: str, report: Report | None) -> float | None:
        """US dollars; None where nobody knows."""
        provider = settings.provider
        price = self._providers.training_price(settings.model, provider)
        if report is None:
            free = is_free(settings.model, provider) if price is None else price == 0
            return 0.0 if free else None
        epochs = settings.hyperparameters.n_epochs
        return estimate(report, settings.model, epochs, method=method, provider=provider, price_per_million=price).usd
