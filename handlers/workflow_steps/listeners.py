"""*Start a fine-tune* and *Ask a model* as steps of a workflow. A refusal is the step's error (`request.answer`)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bot.access import Action, Caller
from bot.backoff import Backoff
from bot.errors import Denied, Invalid
from bot.job_requests import JobRequest
from bot.jobs.job import Job, Origin
from bot.jobs.settings import read_settings
from bot.notices.interfaces import CardStore
from bot.workflow_steps.questions import SingleQuestions
from bot.workflow_steps.steps import Outputs, WorkflowSteps
from handlers.blocks.message import Message
from handlers.blocks.text import clean, redact
from handlers.callers import Callers
from handlers.outgoing.card_links import card_link
from handlers.request import Request, is_direct
from handlers.start.command_words import read_command
from handlers.start.listeners import StartListeners, thread_of
from handlers.web import workflow_steps
from handlers.web.poster import Poster

# The next step may post an answer as it is: a model calls nobody.
_MENTION: Final = re.compile("<(?=[!@#])")
# A job's card is posted within a second or two. A step must not take Slack's fifteen minutes.
_CARD: Final = Backoff(0.1, factor=1.5, longest=2, tries=16)


@dataclass(frozen=True)
class StepListeners:
    """`start`: how a file, a model and a validation file are found for a job, too."""

    callers: Callers
    steps: WorkflowSteps
    questions: SingleQuestions
    start_listeners: StartListeners
    cards: CardStore
    poster: Poster

    async def start(self, request: Request) -> None:
        """*Start a fine-tune*: ends once the job is stored, with its id, its state and the link to its card."""
        await self._carry_out(request, Action.SUBMIT, partial(self._start, request))

    async def ask(self, request: Request) -> None:
        """*Ask a model*: ends with the whole answer."""
        await self._carry_out(request, Action.CHAT, partial(self._ask, request))

    async def _carry_out(
        self, request: Request, action: Action, make: Callable[[Caller, Origin], Awaitable[Outputs]]
    ) -> None:
        if not request.user:
            raise Denied("no_runner")
        if not request.channel or is_direct(request.channel):
            raise Invalid("step_without_channel")
        caller, origin = await self.callers.of(request), await self.callers.origin(request)
        await self.steps.require(caller, action, origin)
        outputs = await self.steps.outputs(request.key, partial(make, caller, origin))
        await workflow_steps.complete(self.poster, request.body["event"], outputs)
        await self.steps.completed(request.key)

    async def _start(self, request: Request, caller: Caller, _: Origin) -> Outputs:
        start, word = self.start_listeners, self._input(request, "file")
        words = read_command(self._input(request, "settings")).settings
        if model := self._input(request, "model"):
            words["model"] = model
        # Said to nobody: what is answered here would end the step.
        await start.files_checked(replace(request, answer=_unsaid), word or None, words.get("validation"))
        dataset, file_id = await start.training_file(caller, word or None)
        await start.take_validation(caller, words, dataset)
        words |= await start.chosen_model(caller, words, dataset)
        settings = read_settings(words)
        if isinstance(settings, dict):
            raise Invalid("settings_refused", problems=settings)
        job_request = JobRequest(settings, dataset.id if dataset else None, file_id)
        origin = await self.callers.origin(request, thread_of(request, dataset))
        job = await start.requests.submit(caller, job_request, origin, request.key)
        link = await self._link(job)
        return {"job": job.id, "state": job.state, **({"link": link} if link else {})}

    async def _ask(self, request: Request, caller: Caller, origin: Origin) -> Outputs:
        word, question = self._input(request, "model"), self._input(request, "question")
        outputs = await self.questions.ask(caller, origin, word, question)
        return {**outputs, "answer": _MENTION.sub("&lt;", clean(redact(outputs["answer"])))}

    async def _link(self, job: Job) -> str | None:
        """To the job's card; None where that is not there in time."""
        for delay in _CARD:
            if link := await card_link(self.cards, self.poster, job):
                return link
            await asyncio.sleep(delay)
        return None

    def _input(self, request: Request, name: str) -> str:
        return workflow_steps.input_of(request.body["event"], name)


async def _unsaid(_: Message) -> None:
    return None
