"""Starting a sweep by command or modal, and stopping it.

The command shows the plan and asks; `confirm=yes` starts at once. The modal shows the same plan where it was opened.
"""

from dataclasses import dataclass

import msgspec

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.trainable import refuse_errors
from bot.errors import Denied
from bot.jobs.group import GroupStore
from bot.sweeps.grid import RANDOM, configurations, values_of
from bot.sweeps.sweeps import SweepRequest, Sweeps
from handlers.blocks.message import Message
from handlers.blocks.parts import line
from handlers.blocks.text import quoted
from handlers.callers import Callers
from handlers.modals import Modals
from handlers.request import Request
from handlers.start.blocks.question import UNPAIRED, Pairing
from handlers.start.command_words import read_command
from handlers.start.listeners import Question, StartListeners, thread_of
from handlers.sweeps import modal, plan
from handlers.web.poster import Poster
from texts import sweeps as texts
from texts.errors import sentence
from texts.formats import sentences


@dataclass(frozen=True)
class SweepListeners:
    """`start`: how a file, a model and a validation file are found for a single job, too."""

    callers: Callers
    sweeps: Sweeps
    store: GroupStore
    start: StartListeners
    modals: Modals
    poster: Poster

    async def command(self, request: Request) -> None:
        caller = await self.callers.of(request)
        await self.start.requests.require(caller)
        typed = read_command(request.text, also=[RANDOM])
        waited = await self.start.files_checked(request, typed.file, typed.settings.get("validation"))
        dataset, file_id = await self.start.training_file(caller, typed.file, request.thread_ts)
        if not typed.settings and dataset is not None and request.trigger_id and not (waited or request.is_retry):
            await self._open(request, dataset)
            return
        words, pairing = await self._words(caller, typed.settings, dataset)
        question = Question(request.key, request.user, words, dataset.id if dataset else None, file_id)
        if typed.confirmed:
            await self._start(request, caller, question, dataset)
            return
        await request.answer(await self._plan(caller, question, dataset, pairing))

    async def opened(self, request: Request) -> None:
        """*Several settings…* in the menu of a report."""
        caller = await self.callers.of(request)
        dataset = await self.start.datasets.get(caller, request.text, Action.SUBMIT)
        refuse_errors(dataset)
        await self._open(request, dataset)

    async def submitted(self, request: Request) -> None:
        """The modal: it closes, and the plan stands below the file, where only this person sees it."""
        caller = await self.callers.of(request)
        view = request.body["view"]
        target = msgspec.json.decode(view["private_metadata"], type=modal.Target)
        dataset = await self.start.datasets.get(caller, target.dataset, Action.SUBMIT)
        words, pairing = await self._words(caller, modal.words_in(view["state"]["values"]), dataset)
        question = Question(f"view/{view['id']}", request.user, words, dataset.id)
        told = await self._plan(caller, question, dataset, pairing)
        await self.poster.whisper(request.channel, request.user, told, thread_ts=thread_of(request, dataset))

    async def confirmed(self, request: Request) -> None:
        """*Start all* on the plan."""
        request = request.in_place
        question = msgspec.json.decode(request.text, type=Question)
        if question.user != request.user:
            raise Denied("question_of_another")
        caller = await self.callers.of(request)
        dataset = None
        if question.dataset:
            dataset = await self.start.datasets.get(caller, question.dataset, Action.SUBMIT)
        await self._start(request, caller, question, dataset)

    async def stop(self, request: Request) -> None:
        """*Stop the rest* on the card."""
        stopped, refused = await self.sweeps.stop(await self.callers.of(request), request.text)
        said = [texts.stopped(stopped)] if stopped else []
        if refused:
            said.append(texts.not_stopped(len(refused), quoted(sentence(refused[0]), 500)))
        await request.answer(line(sentences(*said) or texts.nothing_to_stop()))

    async def _open(self, request: Request, dataset: Dataset) -> None:
        offered = await self.start.models.base(request.channel, dataset.report)
        if not offered and dataset.report is not None:
            raise await self.start.models.untrainable(request.channel, dataset.report)
        await self.modals.open(request, modal.sweep_modal(dataset, offered, request.channel))

    async def _words(
        self, caller: Caller, typed: dict[str, str], dataset: Dataset | None
    ) -> tuple[dict[str, str], Pairing]:
        """What was typed, with every model and the validation file by its id."""
        words = dict(typed)
        pairing = await self.start.take_validation(caller, words, dataset)
        models = values_of(words).get("model", [])
        if models:
            named = [await self.start.model_lookup.named(caller, model) for model in models]
            words["model"] = ",".join([await self.start.requests.word_of(caller, model) for model in named])
        else:
            words |= await self.start.chosen_model(caller, words, dataset)
        return words, pairing

    async def _plan(
        self, caller: Caller, question: Question, dataset: Dataset | None, pairing: Pairing = UNPAIRED
    ) -> Message:
        request = self._request(question, dataset)
        varied = request.configurations[0].words
        return plan.plan_message(
            dataset.name if dataset else question.file_id or "",
            request.configurations,
            await self.sweeps.plan(caller, request),
            msgspec.json.encode(question).decode(),
            fixed={name: text for name, text in question.words.items() if name not in varied and name != RANDOM},
            pairing=pairing,
        )

    async def _start(self, request: Request, caller: Caller, question: Question, dataset: Dataset | None) -> None:
        origin = await self.callers.origin(request, thread_of(request, dataset))
        sweep = await self.sweeps.start(caller, self._request(question, dataset), origin, question.key)
        await request.answer(plan.started(await self.store.jobs(sweep)))

    def _request(self, question: Question, dataset: Dataset | None) -> SweepRequest:
        """Raises Invalid."""
        return SweepRequest(configurations(question.words, question.key), dataset, question.file_id)
