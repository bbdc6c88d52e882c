"""Evaluating models: by command, by buttons of jobs, in the window; and the buttons of cards and results."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog
from slack_sdk.models.blocks import Option

from bot.access import Action, Caller
from bot.authority import Authority
from bot.errors import Ambiguous, BotError, Denied, Invalid, NotFound
from bot.evaluations.evaluation import Evaluation, Plan
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.runs import EvaluationRuns
from bot.models.lookup import ModelLookup
from bot.notices.interfaces import PostRefused
from handlers.blocks.model_name import model_options, named
from handlers.blocks.parts import line
from handlers.blocks.text import person, quoted
from handlers.callers import Callers
from handlers.evaluations import modal, question
from handlers.evaluations.answer_files import AnswerFiles
from handlers.evaluations.choice import Choice
from handlers.evaluations.choosing import Choosing
from handlers.evaluations.command_words import Words, read_command
from handlers.evaluations.drift_blocks import repeated
from handlers.evaluations.dropped_graders import DroppedGraders
from handlers.evaluations.plan_words import plan_words
from handlers.languages import Languages
from handlers.modals import Modals
from handlers.outgoing.run_keeper import RunKeeper
from handlers.request import Request
from handlers.web.poster import Poster
from texts.errors import sentence
from texts.evaluations import result as texts
from texts.language import speaking
from training_files import TrainingFileError

log = structlog.get_logger()

_MOST_WINDOWS: Final = 1_000


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the buttons of the question bring back. `key` is the command's: it names the evaluation, however often one
    is pressed."""

    key: str
    user: str
    choice: Choice


@dataclass(frozen=True)
class EvaluationListeners:
    callers: Callers
    choosing: Choosing
    planning: EvaluationPlanning
    evaluations: Evaluations
    runs: EvaluationRuns
    keeper: RunKeeper[Evaluation]
    answer_files: AnswerFiles
    dropped: DroppedGraders
    models: ModelLookup
    authority: Authority
    modals: Modals
    languages: Languages
    poster: Poster
    # The last thing that somebody chose in a window, by the window's id: an older plan is not shown over a newer one.
    _latest: dict[str, str] = field(default_factory=dict)

    async def command(self, request: Request) -> None:
        """`/finetune evaluate MODEL[, MODEL…] on FILE [with GRADER]`: a question before anything is spent; the window
        where words are missing."""
        caller = await self.callers.of(request)
        await self.authority.require(caller, Action.EVALUATE)
        words = read_command(request.text)
        choice = await self.choosing.read(caller, words)
        if not choice.models or (choice.dataset is None and choice.job is None):
            if request.trigger_id is None:
                raise Invalid("evaluate_words")
            await self._open(request, caller, choice, request.thread_ts)
            return
        origin = await self.callers.origin(request)
        plan = await self.planning.plan(caller, origin, await self.choosing.request(caller, choice))
        asked = Asked(request.key, request.user, choice)
        if words.confirmed and plan.free:
            await self._start(request, caller, asked)
        else:
            await request.answer(question.question(plan, msgspec.json.encode(asked).decode()))

    async def confirmed(self, request: Request) -> None:
        """*Start* below the question."""
        request, asked = _asked(request)
        await self._start(request, await self.callers.of(request), asked)

    async def change(self, request: Request) -> None:
        """*Change…* below the question."""
        _, asked = _asked(request)
        await self._open(request, await self.callers.of(request), asked.choice, request.thread_ts)

    async def not_now(self, request: Request) -> None:
        await request.in_place.answer(question.not_started())

    async def of_job(self, request: Request) -> None:
        """*Evaluate* on the card of a job, or on another message in its thread, and above its checkpoints."""
        caller = await self.callers.of(request)
        job_id, _, how = request.text.partition(" ")
        of_job = await self.planning.of_job(caller, job_id, checkpoints=how == "checkpoints")
        message = request.body.get("message") or {}
        await self._open(
            request, caller, Choice(of_job.models, job=job_id), message.get("thread_ts") or message.get("ts")
        )

    async def with_grader(self, request: Request) -> None:
        """*Evaluate with it* below a grader that was dropped; in a model's thread that model, beside what it was made
        from."""
        caller = await self.callers.of(request)
        choice = msgspec.json.decode(request.text, type=Choice)
        await self.choosing.grader_files.get(caller, str(choice.grader))
        if choice.models:
            with contextlib.suppress(NotFound, Ambiguous):
                meant = await self.choosing.read(caller, Words(choice.models))
                choice = msgspec.structs.replace(choice, models=meant.models, job=meant.job)
        await self._open(request, caller, choice, request.thread_ts)

    async def changed(self, request: Request) -> None:
        """Something was chosen in the window: another plan."""
        view = request.body["view"]
        state, values = modal.state_of(view), view["state"]["values"]
        caller = await self.callers.of(request)
        try:
            choice = msgspec.structs.replace(modal.read(values), job=state.job, seed=state.seed)
        except Invalid as error:
            log.info("not a choice yet", why=str(error))
            return
        choice = await self.choosing.visible(caller, choice)
        state = msgspec.structs.replace(state, job=choice.job)
        await self._show_plan(request, caller, state, choice, view["id"])

    async def submitted(self, request: Request) -> None:
        """The window."""
        view = request.body["view"]
        state = modal.state_of(view)
        caller = await self.callers.of(request)
        choice = msgspec.structs.replace(modal.read(view["state"]["values"]), job=state.job, seed=state.seed)
        origin = await self.callers.origin(request, state.thread_ts)
        caller = msgspec.structs.replace(caller, key=f"view/{view['id']}")
        evaluation = await self.evaluations.start(caller, origin, await self.choosing.request(caller, choice))
        await self.keeper.begin(evaluation)
        await self.runs.look()

    async def search_models(self, request: Request) -> Sequence[Option]:
        """What is typed into the menu of models."""
        caller = await self.callers.of(request)
        if not self.authority.allows(caller, Action.EVALUATE):
            return []
        found = await self.models.search(caller, caller.posts_in, request.text)
        return model_options(await self.models.names(caller, found))

    # The card

    async def pause(self, request: Request) -> None:
        await self.evaluations.pause(await self.callers.of(request), request.text)
        await self.keeper.look()

    async def resume(self, request: Request) -> None:
        await self.evaluations.resume(await self.callers.of(request), request.text)
        await self.runs.look()
        await self.keeper.look()

    async def cancel(self, request: Request) -> None:
        await self.evaluations.cancel(await self.callers.of(request), request.text)
        await self.keeper.look()

    # What came of it

    async def promote(self, request: Request) -> None:
        """*Promote*: the model is the channel's from now on; everybody in the thread hears of it."""
        evaluation_id, _, model = request.text.partition(" ")
        await self.evaluations.promote(await self.callers.of(request), evaluation_id, model)
        with speaking(await self.languages.place(request.channel, request.user)):
            told = line(texts.promoted(person(request.user), named(model)))
        await self.poster.post_once(
            request.channel,
            told,
            idempotency_key=request.key,
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=request.thread_ts,
        )

    async def repeat(self, request: Request) -> None:
        """*Repeat weekly*, and *Stop repeating*; everybody in the thread hears of it."""
        evaluation_id, _, typed = request.text.partition(" ")
        days = int(typed) if typed.isdigit() and int(typed) else None
        known = await self.evaluations.repeat(await self.callers.of(request), evaluation_id, days)
        with speaking(await self.languages.place(request.channel, request.user)):
            told = repeated(known, request.user, days)
        await self.poster.post_once(
            request.channel,
            told,
            idempotency_key=request.key,
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=request.thread_ts,
        )

    async def all_answers(self, request: Request) -> None:
        """*All answers*: as files in the thread, for everybody."""
        caller = await self.callers.of(request)
        link = await self.answer_files.share(caller, await self.evaluations.get(caller, request.text))
        if link is not None and not request.is_retry:
            await request.answer(question.files_there(link))

    async def ask_more(self, request: Request) -> None:
        """*Ask more*: the window, with the same models and as many examples as would be needed."""
        evaluation_id, _, n = request.text.partition(" ")
        await self._again(request, evaluation_id, n=int(n) if n.isdigit() else None)

    async def another_grader(self, request: Request) -> None:
        """*With another grader*: the window, with the same models and examples, whose answers are known."""
        await self._again(request, request.text)

    async def _again(self, request: Request, evaluation_id: str, *, n: int | None = None) -> None:
        caller = await self.callers.of(request)
        known = await self.evaluations.get(caller, evaluation_id)
        choice = Choice(
            known.models, known.dataset_id, None, n or known.n, known.samples, job=known.job_id, seed=known.seed
        )
        if n is not None:
            choice = msgspec.structs.replace(choice, grader=await self.choosing.grader_of(caller, known))
        await self._open(request, caller, choice, request.thread_ts or known.thread_ts)

    async def _start(self, request: Request, caller: Caller, asked: Asked) -> None:
        """Start what was asked for, once, and say where it is."""
        caller = msgspec.structs.replace(caller, key=asked.key)
        origin = await self.callers.origin(request, request.thread_ts)
        evaluation = await self.evaluations.start(caller, origin, await self.choosing.request(caller, asked.choice))
        link = await self.keeper.begin(evaluation)
        await self.runs.look()
        await request.answer(question.begun(link))

    async def _open(self, request: Request, caller: Caller, choice: Choice, thread_ts: str | None) -> None:
        """The window, at once; what it would take follows."""
        state = modal.State(request.channel, thread_ts, choice.job, choice.seed)
        view = modal.evaluation_modal(
            state,
            choice,
            names=await self.choosing.models.names(caller, choice.models),
            files=await self.choosing.files(caller),
            graders=await self.choosing.graders(caller),
            plan="",
        )
        view_id = await self.modals.open(request, view)
        if choice.models and (choice.dataset or choice.job):
            await self._show_plan(request, caller, state, choice, view_id)

    async def _show_plan(
        self, request: Request, caller: Caller, state: modal.State, choice: Choice, view_id: str
    ) -> None:
        self._latest[view_id] = request.key
        while len(self._latest) > _MOST_WINDOWS:
            del self._latest[next(iter(self._latest))]
        view = modal.evaluation_modal(
            state,
            choice,
            names=await self.choosing.models.names(caller, choice.models),
            files=await self.choosing.files(caller),
            graders=await self.choosing.graders(caller),
            plan=await self._plan_words(request, caller, state, choice),
        )
        if self._latest.get(view_id) != request.key:
            return
        try:
            await self.poster.update_view(view_id, view.to_dict())
        except PostRefused as error:
            log.info("window not updated", why=str(error))

    async def _plan_words(self, request: Request, caller: Caller, state: modal.State, choice: Choice) -> str:
        """Or why there is no plan yet."""
        if not choice.models or choice.grader == "" or not (choice.dataset or choice.job):
            return ""
        try:
            origin = await self.callers.origin(request, state.thread_ts)
            plan: Plan = await self.planning.plan(caller, origin, await self.choosing.request(caller, choice))
        except (BotError, TrainingFileError) as error:
            return quoted(sentence(error), 1000)
        return plan_words(plan)


def _asked(request: Request) -> tuple[Request, Asked]:
    """Raises Denied where somebody else was asked."""
    request = request.in_place
    asked = msgspec.json.decode(request.text, type=Asked)
    if asked.user != request.user:
        raise Denied("question_of_another")
    return request, asked
