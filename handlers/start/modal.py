"""The modal *Start fine-tuning*: opened, updated when something is chosen in it, and read when it is submitted."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog
from slack_sdk.models.views import View

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.overlaps import Overlaps
from bot.datasets.trainable import TrainableDatasets
from bot.errors import BotError, Invalid
from bot.job_requests import Draft, JobRequest, JobRequests
from bot.jobs.estimate import NOBODY_KNOWS, TrainingNeeds
from bot.jobs.settings import SETTINGS, JobSettings, read_setting
from bot.models.trainable import TrainableModel, TrainableModels
from bot.notices.interfaces import PostRefused
from bot.providers.channel_providers import ChannelProviders
from bot.providers.protocol import Hyperparameters
from bot.spending.budget import NotAdmitted
from handlers.callers import Callers
from handlers.request import Request
from handlers.start.blocks.admission_preview import admission_preview, refusal_preview
from handlers.start.blocks.modal import choice, chosen_validation, start_modal
from handlers.start.form import read_form, read_model_value, words_in
from handlers.web.poster import Poster
from training_files import Report

log = structlog.get_logger()

_MODELS_SECONDS: Final = 2.0
# What Slack carries with a modal is 3,000 characters; the rest is ids.
_MOST_KEPT: Final = 2_000
_MOST_REPLACED: Final = 1_000


class ModalState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the modal carries: where the job will be born, and of what. `dataset`, or `file_id` for a file that the
    provider has; with `choose` the training file is chosen in the modal. `kept`: what was typed into fields that are
    not shown at the moment. `diverged`: the learning rate multiplier with which an earlier run did. `instead_of`: the
    fine-tuned model from which the provider cannot go on.
    """

    channel: str
    dataset: str | None = None
    file_id: str | None = None
    thread_ts: str | None = None
    choose: bool = False
    kept: dict[str, str] = {}
    diverged: str = ""
    instead_of: str = ""


@dataclass(frozen=True)
class StartModal:
    callers: Callers
    requests: JobRequests
    datasets: DatasetLookup
    trainable: TrainableDatasets
    models: TrainableModels
    overlaps: Overlaps
    poster: Poster
    providers: ChannelProviders
    # The hash of a modal as somebody may still see it, and the one that it got since, not by anything they chose.
    _replaced: dict[str, str] = field(default_factory=dict)

    async def open(self, request: Request, draft: Draft) -> None:
        """Raises PostRefused if Slack's three seconds for opening a modal are over."""
        if request.trigger_id is None:
            raise Invalid("no_modal_here")
        try:
            await self.poster.open_view(request.trigger_id, (await self.view(request, draft)).to_dict())
        except PostRefused as error:
            # Used already: the first attempt, whose answer was lost, has opened it.
            if not (request.is_retry and str(error) == "exchanged_trigger_id"):
                raise

    async def view(self, request: Request, draft: Draft) -> View:
        """The modal as it is opened."""
        state = ModalState(
            channel=request.channel,
            dataset=draft.dataset.id if draft.dataset else None,
            file_id=draft.file_id,
            thread_ts=draft.thread_ts,
            choose=bool(draft.files),
            diverged="" if draft.diverged is None else f"{draft.diverged:g}",
            instead_of=draft.instead_of,
        )
        return await self._view(await self.callers.of(request), state, draft.dataset, draft.words)

    async def update(self, request: Request) -> None:
        """The model, the method, the epochs or a file: other fields, another estimate. What was typed stays. The
        overlap of the two files is shown as soon as it is counted.
        """
        view = request.body["view"]
        state = _state_of(view)
        caller = await self.callers.of(request)
        words = state.kept | words_in(view["state"]["values"])
        words["provider"], words["model"] = read_model_value(
            words.get("model", ""), await self._models_in_time(caller, None)
        )
        dataset_id = words.pop("file", "") or state.dataset
        dataset = await self.datasets.get(caller, dataset_id, Action.SUBMIT) if dataset_id else None
        if dataset is not None:
            state = msgspec.structs.replace(state, dataset=dataset.id)
        seen = self._replaced.get(view.get("hash", ""), view.get("hash"))
        try:
            shown = await self.poster.update_view(
                view["id"], (await self._view(caller, state, dataset, words)).to_dict(), seen=seen
            )
            if dataset is not None and await self._counted_overlap(caller, dataset, words):
                latest = await self.poster.update_view(
                    view["id"], (await self._view(caller, state, dataset, words)).to_dict(), seen=shown
                )
                self._replaced[shown] = latest
                if len(self._replaced) > _MOST_REPLACED:
                    del self._replaced[next(iter(self._replaced))]
        except PostRefused as error:
            # Something newer was chosen meanwhile, which updates the modal again, or it was closed.
            log.info("modal not updated", why=str(error))

    async def submitted(self, request: Request) -> tuple[JobRequest, str | None]:
        """What was asked for, and the file's thread if that is in this channel. Raises Invalid."""
        view = request.body["view"]
        state, values = _state_of(view), view["state"]["values"]
        caller = await self.callers.of(request)
        # Only the ids too long for a menu's value need the models to be read again.
        settings = read_form(values, [*await self.models.base(state.channel), *await self.models.tuned(caller)])
        if isinstance(settings, dict):
            raise Invalid("settings_refused", problems=settings)
        dataset_id = words_in(values).get("file") or state.dataset
        thread_ts = state.thread_ts
        if dataset_id:
            dataset = await self.datasets.get(caller, dataset_id, Action.SUBMIT)
            thread_ts = dataset.thread_ts if dataset.channel == state.channel else thread_ts
        return JobRequest(settings, dataset_id, state.file_id), thread_ts

    async def _counted_overlap(self, caller: Caller, dataset: Dataset, words: Mapping[str, str]) -> bool:
        """Whether the overlap of both files had to be counted now, and there is one."""
        offered = await self.trainable.validation_files(caller, dataset)
        chosen = chosen_validation(dataset, words, offered)
        if chosen is None or not self.overlaps.is_due(dataset, chosen):
            return False
        await self.overlaps.count(dataset, chosen)
        return self.overlaps.known(dataset, chosen) > 0

    async def _view(self, caller: Caller, state: ModalState, dataset: Dataset | None, words: Mapping[str, str]) -> View:
        options = await self._models_in_time(caller, dataset.report if dataset else None)
        provider = (await self.providers.default(state.channel)).name
        models = _with_wanted(options, words, provider)
        offered = await self.trainable.validation_files(caller, dataset)
        chosen = chosen_validation(dataset, words, offered)
        view = start_modal(
            dataset=dataset,
            file_id=state.file_id,
            models=models,
            words=words,
            needs=await self._needs(dataset, models, words) if dataset and models else NOBODY_KNOWS,
            datasets_for_validation=offered,
            files=await self.trainable.latest(caller) if state.choose else (),
            provider=provider,
            diverged=state.diverged,
            instead_of=state.instead_of,
            overlap=self.overlaps.known(dataset, chosen) if dataset and chosen else 0,
            refused_since=await self._refused_since(models, words) if models else None,
            preview=await self._preview(caller, state, dataset, models, words) if models else "",
        )
        shown = {block.block_id for block in view.blocks}
        kept = {name: text for name, text in words.items() if text and name in SETTINGS and name not in shown}
        if sum(map(len, kept.values())) > _MOST_KEPT:
            kept = {}
        view.private_metadata = msgspec.json.encode(msgspec.structs.replace(state, kept=kept)).decode()
        return view

    async def _refused_since(self, models: Sequence[TrainableModel], words: Mapping[str, str]) -> float | None:
        return await self.requests.refused_since(choice(None, models, words)[0].provider)

    async def _needs(
        self, dataset: Dataset, models: Sequence[TrainableModel], words: Mapping[str, str]
    ) -> TrainingNeeds:
        settings = _chosen_settings(dataset, models, words)
        if settings is None or dataset.report is None:
            return NOBODY_KNOWS
        return await self.requests.needs(settings, dataset.report)

    async def _preview(
        self,
        caller: Caller,
        state: ModalState,
        dataset: Dataset | None,
        models: Sequence[TrainableModel],
        words: Mapping[str, str],
    ) -> str:
        """What would become of the job, as far as the fields that its price depends on can be read."""
        settings, method = _chosen_settings(dataset, models, words), choice(dataset, models, words)[2]
        if settings is None:
            return ""
        job_request = JobRequest(settings, dataset.id if dataset else None, state.file_id)
        try:
            return admission_preview(await self.requests.preview(caller, job_request, method))
        except NotAdmitted as error:
            return refusal_preview(error)

    async def _models_in_time(self, caller: Caller, report: Report | None) -> list[TrainableModel]:
        """What can be trained, before the three seconds are over in which Slack lets a modal be opened."""
        deadline = asyncio.get_running_loop().time() + _MODELS_SECONDS
        try:
            async with asyncio.timeout_at(deadline):
                base = await self.models.base(caller.channel, report)
        except TimeoutError as error:
            provider = (await self.providers.default(caller.channel)).name
            raise BotError("models_take_too_long", provider=provider) from error
        try:
            async with asyncio.timeout_at(deadline):
                return [*base, *await self.models.tuned(caller, report)]
        except TimeoutError:
            return base


def _state_of(view: Mapping[str, Any]) -> ModalState:
    return msgspec.json.decode(view["private_metadata"], type=ModalState)


def _chosen_settings(
    dataset: Dataset | None, models: Sequence[TrainableModel], words: Mapping[str, str]
) -> JobSettings | None:
    """Those on which price and time depend; None while they cannot be read."""
    model = choice(dataset, models, words)[0]
    try:
        epochs = read_setting("epochs", words.get("epochs", ""))
    except Invalid:
        return None
    return JobSettings(model.provider, model.id, Hyperparameters(epochs))


def _with_wanted(models: list[TrainableModel], words: Mapping[str, str], provider: str) -> list[TrainableModel]:
    """A checkpoint, or an old fine-tuned model, is offered if the modal was opened to go on from it."""
    wanted = words.get("model", "")
    if not wanted.startswith("ft:") or any(model.id == wanted for model in models):
        return models
    return [*models, TrainableModel(wanted, words.get("provider") or provider, wanted, tuned=True)]
