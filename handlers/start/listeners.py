"""Starting a job: by the button of a report, by the modal, by `/finetune start`, and from an earlier job.

The command takes a file and settings. Without settings it opens the modal; with them it asks, and `confirm=yes` starts
the job at once.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.provider_files import ProviderFiles
from bot.datasets.trainable import TrainableDatasets, refuse_errors
from bot.errors import Denied, Invalid
from bot.job_requests import Draft, JobRequest, JobRequests
from bot.jobs.settings import AUTO, JobSettings, read_settings
from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModels
from bot.notices.interfaces import PostRefused
from handlers.callers import Callers
from handlers.incoming_files import IncomingFiles
from handlers.request import Request
from handlers.start.blocks.admission_preview import admission_preview
from handlers.start.blocks.question import UNPAIRED, Pairing, pairing_words, start_question, still_reading
from handlers.start.blocks.submitted import submitted
from handlers.start.command_words import read_command
from handlers.start.modal import StartModal
from texts import estimates

# Slack lets a modal be opened for three seconds; the rest of them is for what else must be asked before.
_MODAL_SECONDS: Final = 1.0
_MOST_SECONDS: Final = 600.0


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the button of the question brings back. `key` is the command's: it names the job, however often the button
    is pressed.
    """

    key: str
    user: str
    words: dict[str, str]
    dataset: str | None = None
    file_id: str | None = None


@dataclass(frozen=True)
class StartListeners:
    callers: Callers
    requests: JobRequests
    datasets: DatasetLookup
    trainable: TrainableDatasets
    provider_files: ProviderFiles
    models: TrainableModels
    model_lookup: ModelLookup
    incoming_files: IncomingFiles
    modal: StartModal

    async def pressed(self, request: Request) -> None:
        """*Start fine-tuning* on a report."""
        caller = await self.callers.of(request)
        dataset = await self.datasets.get(caller, request.text, Action.SUBMIT)
        refuse_errors(dataset)
        await self.modal.open(request, await self.requests.on(caller, dataset))

    async def changed(self, request: Request) -> None:
        """Something was chosen in the modal on which other fields depend."""
        await self.modal.update(request)

    async def again(self, request: Request) -> None:
        """*Start again* on the card of a job."""
        await self.modal.open(request, await self.requests.again(await self.callers.of(request), request.text))

    async def continued(self, request: Request) -> None:
        """*Continue training* on a checkpoint."""
        job_id, _, model = request.text.partition(" ")
        await self.modal.open(request, await self.requests.continued(await self.callers.of(request), job_id, model))

    async def submitted(self, request: Request) -> None:
        """The modal: it closes when the job is stored."""
        job_request, thread_ts = await self.modal.submitted(request)
        origin = await self.callers.origin(request, thread_ts)
        await self.requests.submit(
            await self.callers.of(request), job_request, origin, f"view/{request.body['view']['id']}"
        )

    async def command(self, request: Request) -> None:
        caller = await self.callers.of(request)
        await self.requests.require(caller)
        typed = read_command(request.text)
        words = typed.settings
        waited = await self.files_checked(request, typed.file, words.get("validation"))
        dataset, file_id = await self.training_file(caller, typed.file, request.thread_ts)
        if not words and not typed.confirmed and request.trigger_id:
            try:
                draft = await self.requests.on(caller, dataset) if dataset else Draft(file_id=file_id)
                await self.modal.open(request, draft)
                return
            except PostRefused as error:
                if not (request.is_retry or waited) or "trigger" not in str(error):
                    raise
        pairing = await self.take_validation(caller, words, dataset)
        words |= await self.chosen_model(caller, words, dataset)
        question = Question(request.key, request.user, words, dataset.id if dataset else None, file_id)
        if typed.confirmed:
            await self._submit(request, question, dataset, pairing)
            return
        job_request = _request(question)
        preview = await self.requests.preview(caller, job_request, await self.requests.check(caller, job_request))
        await request.answer(
            start_question(
                dataset.name if dataset else file_id or "",
                words,
                await self.estimated(caller, job_request.settings, dataset),
                msgspec.json.encode(question).decode(),
                preview=admission_preview(preview),
                pairing=pairing,
            )
        )

    async def training_file(
        self, caller: Caller, word: str | None, thread_ts: str | None = None
    ) -> tuple[Dataset | None, str | None]:
        """The data set that is meant, or the id of a file that the provider has. Raises Denied, NotFound, Invalid."""
        if word and word.startswith("file-"):
            return None, await self.provider_files.find(caller, word)
        return await self.trainable.find(caller, word, thread_ts), None

    async def confirmed(self, request: Request) -> None:
        """The button of the question."""
        request = request.in_place
        question = msgspec.json.decode(request.text, type=Question)
        if question.user != request.user:
            raise Denied("question_of_another")
        caller = await self.callers.of(request)
        dataset = await self.datasets.get(caller, question.dataset, Action.SUBMIT) if question.dataset else None
        await self._submit(request, question, dataset)

    async def _submit(
        self, request: Request, question: Question, dataset: Dataset | None, pairing: Pairing = UNPAIRED
    ) -> None:
        job_request = _request(question)
        origin = await self.callers.origin(request, thread_of(request, dataset))
        job = await self.requests.submit(await self.callers.of(request), job_request, origin, question.key)
        await request.answer(submitted(job, pairing_words(pairing)))

    async def take_validation(self, caller: Caller, words: dict[str, str], dataset: Dataset | None) -> Pairing:
        """Put the id of the validation file into `words`: of the one that was named, else of the one that belongs to
        the training file."""
        if "validation" in words:
            found = await self.trainable.find_validation(caller, words["validation"], dataset)
            words["validation"] = found
            if not found.startswith("ds-"):
                return UNPAIRED
            return Pairing(typed=(await self.datasets.get(caller, found, Action.SUBMIT, to_post=True)).name)
        if dataset is None:
            return UNPAIRED
        own = await self.trainable.validation_of(caller, dataset)
        if own is not None:
            words["validation"] = own.id
            return Pairing(validation=own.name)
        training = await self.trainable.validated_by(caller, dataset)
        return Pairing(training=training.name) if training else UNPAIRED

    async def chosen_model(self, caller: Caller, words: dict[str, str], dataset: Dataset | None) -> dict[str, str]:
        """The id of the one that was named, else of the one that the file was made for, else of the first that can be
        trained on it. Where there are several providers, with the one's that it goes to: `NAME/ID`."""
        if "model" in words:
            return {"model": await self.requests.word_of(caller, await self.model_lookup.named(caller, words["model"]))}
        if dataset is not None and dataset.parent:
            made_for = (await self.requests.on(caller, dataset)).words["model"]
            return {"model": await self.requests.word_of(caller, made_for)}
        report = dataset.report if dataset else None
        offered = await self.models.base(caller.channel, report)
        if report is not None and not offered:
            raise await self.models.untrainable(caller.channel, report)
        return {"model": self.requests.word(offered[0].provider, offered[0].id)} if offered else {}

    async def estimated(self, caller: Caller, settings: JobSettings, dataset: Dataset | None) -> str:
        """Price and time, in words."""
        told = await self.requests.estimate(caller, settings, dataset) if dataset else None
        if told is None:
            return estimates.not_known()
        chosen = settings.hyperparameters.n_epochs != AUTO
        return estimates.estimate(told, chosen=chosen)

    async def files_checked(self, request: Request, file: str | None, validation: str | None) -> bool:
        """Wait until what was dropped here is checked, as far as the command is about it; whether that took long, so
        that no modal can be opened any more. Raises Invalid where the bot may not post."""
        await self.callers.origin(request)
        names = [word for word in (file, validation) if word and not word.startswith(("ds-", "file-"))]
        if file and not names:
            return False
        # Without a name it is the file that was dropped last.
        checked = asyncio.create_task(self.incoming_files.checked(request.channel, names if file else ()))
        done, _ = await asyncio.wait([checked], timeout=_MODAL_SECONDS)
        if done:
            return False
        await request.answer(still_reading(file))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(checked, _MOST_SECONDS)
        return True


def _request(question: Question) -> JobRequest:
    """Raises Invalid."""
    settings = read_settings(question.words)
    if isinstance(settings, dict):
        raise Invalid("settings_refused", problems=settings)
    return JobRequest(settings, question.dataset, question.file_id)


def thread_of(request: Request, dataset: Dataset | None) -> str | None:
    """The file's, where that is in this channel."""
    return dataset.thread_ts if dataset and dataset.channel == request.channel else None
