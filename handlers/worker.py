"""Works off what was stored of what Slack sent: each request to its end, errors shown to the person.

The work is marked done when it returns. After a crash, what was not marked is dispatched again.
"""

import asyncio
import contextlib
import time
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.backoff import Backoff
from bot.errors import BotError
from bot.notices.interfaces import PostDoubtful, PostError, PostLater
from bot.providers.interface import ProviderError
from bot.store.inbox import Entry, SqlInbox
from bot.timing import Timing
from handlers.blocks import errors
from handlers.inbox import Inbox
from handlers.languages import Languages
from handlers.open_modal import OpenModal
from handlers.parsing import kind_of, request_of, thread_of
from handlers.request import Request
from handlers.routing import Listener
from handlers.turns import Turn, TurnAmongProcesses, Turns
from handlers.web.poster import Poster
from handlers.web.web_api import REACH, Reach
from telemetry import traces
from texts import inbox as texts
from texts.errors import sentence
from texts.language import speaking
from texts.provider_errors import explain, explain_no_answer
from training_files import TrainingFileError
from training_files.redact import redact

log = structlog.get_logger()

# How often work is begun in which the process died each time, while Slack took what was to be said.
_MOST_ATTEMPTS = 3
# Once the pauses are over the person is told; where Slack does not take that either, the longest pause is repeated
# until it does, for an hour at most.
_LONGEST_AWAY = 3600.0


class Worker:
    """`inbox` takes requests on, `store` keeps them. `backoff`: between attempts of the work; `reply`: of an answer in
    a thread. `alone`: no other process hears what Slack sends."""

    def __init__(
        self,
        inbox: Inbox,
        store: SqlInbox,
        poster: Poster,
        languages: Languages,
        *,
        backoff: Backoff = Timing.inbox,
        reply: Backoff = Timing.reply,
        alone: bool = True,
    ) -> None:
        self._inbox = inbox
        self._store = store
        self._poster = poster
        self._languages = languages
        self._backoff = backoff
        self._reply = reply
        self._alone = alone
        self._turns = Turns()
        self._working: set[asyncio.Task[Any]] = set()
        self._left = asyncio.Event()

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return bool(self._working)

    def begin(
        self, work: Listener, body: dict[str, Any], context: AsyncBoltContext, open_modal: OpenModal | None = None
    ) -> asyncio.Task[None]:
        """Begin `work` on an acknowledged request, and return: Slack has its answer when the listener ends."""
        turn = self._turn(body, str(context["inbox_key"]))
        task = asyncio.create_task(self._work(work, body, context, open_modal, turn), name=str(context["inbox_key"]))
        task.add_done_callback(lambda _: turn.end())
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    def _turn(self, body: dict[str, Any], key: str) -> Turn:
        thread = thread_of(body)
        if thread is None:
            return Turn()
        if self._alone:
            return self._turns.take(thread)
        return TurnAmongProcesses(partial(self._store.is_first, key))

    async def _work(
        self,
        work: Listener,
        body: dict[str, Any],
        context: AsyncBoltContext,
        open_modal: OpenModal | None,
        turn: Turn,
    ) -> None:
        """Run the work; errors are shown to the person."""
        with traces.span("work", parent=context.get("inbox_traceparent")) as span:
            await self._worked(work, body, context, open_modal, turn, span)

    async def _worked(
        self,
        work: Listener,
        body: dict[str, Any],
        context: AsyncBoltContext,
        open_modal: OpenModal | None,
        turn: Turn,
        span: traces.Span,
    ) -> None:
        key = str(context["inbox_key"])
        began = time.monotonic()
        reach = Reach(partial(self._store.excuse, key))
        REACH.set(reach)
        try:
            await self._store.begin(key)
            request = self._request(
                key,
                body,
                is_retry=bool(context.get("inbox_again")),
                received_at=context.get("inbox_received_at"),
            )
            request = replace(request, turn=turn)
            with speaking(await self._languages.answers(request.answers_in, request.user)):
                failed = not await self._carry_out(work, request, open_modal, reach)
            # Not reached when the process is stopped in between: the next start goes on with it.
            await self._inbox.finish(key, failed=failed)
            outcome = "failed" if failed else "done"
            span.set(kind=kind_of(body), outcome=outcome)
            log.info("processed", key=key, outcome=outcome, seconds=round(time.monotonic() - began, 3))
        except asyncio.CancelledError:  # the process is told to stop, which is not the message's doing
            with contextlib.suppress(BotError):
                await self._store.excuse(key)
            raise
        except Exception:  # the store cannot be written: `take_over` goes on with what it holds
            log.exception("left unfinished", key=key)
            self._inbox.leave(key)
            self._left.set()
        finally:
            await self._inbox.ended(key)

    def _request(self, key: str, body: dict[str, Any], *, is_retry: bool, received_at: float | None) -> Request:
        return request_of(self._poster, key, body, is_retry=is_retry, received_at=received_at, backoff=self._reply)

    async def _carry_out(self, work: Listener, request: Request, open_modal: OpenModal | None, reach: Reach) -> bool:
        began = asyncio.get_running_loop().time()
        delays = iter(self._backoff)
        while True:
            try:
                return await self._attempt(work, request, open_modal)
            except (PostLater, PostDoubtful) as error:
                delay = next(delays, None)
                if delay is None:
                    with contextlib.suppress(PostError):
                        await _tell(request, error)
                    if not reach.is_away or asyncio.get_running_loop().time() - began > _LONGEST_AWAY:
                        return False
                    delay = self._backoff.longest
                log.info("slack has trouble, again in a moment", key=request.key, why=str(error), seconds=delay)
                await asyncio.sleep(delay)
                again = self._request(request.key, request.body, is_retry=True, received_at=request.received_at)
                request = replace(again, turn=request.turn)

    async def _attempt(self, work: Listener, request: Request, open_modal: OpenModal | None) -> bool:
        """False where the work failed, and the person was told. Raises PostLater, PostDoubtful: where either could not
        be said, the work is done again."""
        try:
            await work(open_modal.answering(request) if open_modal else request)
        except (PostLater, PostDoubtful):
            raise
        except Exception as error:
            await _tell(request, error, open_modal)
            return False
        return True

    async def recover(self, app: AsyncApp) -> int:
        """Dispatch again what was not finished, and no other process has in hand; how many."""
        taken = 0
        for entry in await self._store.unclaimed():
            if await self._inbox.take(entry.key):
                taken += 1
                await self._go_on_with(entry, app)
        return taken

    async def take_over(self, app: AsyncApp, *, look_every: float = 1.0) -> None:
        """Go on with what was left here, and with what other processes leave when they end, until cancelled."""
        while True:
            if self._alone:
                await self._left.wait()
            await asyncio.sleep(look_every)
            self._left.clear()
            try:
                await self.recover(app)
            except BotError as error:  # the store takes nothing for now
                log.warning("not looked for what was left", why=str(error))
                self._left.set()

    async def _go_on_with(self, entry: Entry, app: AsyncApp) -> None:
        body = dict(entry.payload)
        if entry.attempts >= _MOST_ATTEMPTS:
            await self._give_up(entry.key, body, entry.received_at)
            return
        context = {
            "inbox_key": entry.key,
            "inbox_again": True,
            "inbox_received_at": entry.received_at,
            "inbox_traceparent": entry.traceparent,
        }
        bolt_request = AsyncBoltRequest(mode="socket_mode", body=body, context=context)
        response = await app.async_dispatch(bolt_request)
        if response.status == 404:
            # An earlier version knew what to do with it.
            log.warning("nobody takes this", key=entry.key)
            await self._inbox.finish(entry.key, failed=True)

    async def _give_up(self, key: str, body: dict[str, Any], received_at: float) -> None:
        """Give up a request that kills the process each time, and tell its sender."""
        log.error("given up", key=key)
        try:
            request = self._request(key, body, is_retry=True, received_at=received_at)
            with speaking(await self._languages.answers(request.answers_in, request.user)):
                await request.answer(errors.failure(*texts.given_up()))
        except Exception:
            log.exception("could not tell", key=key)
        await self._inbox.finish(key, failed=True)

    async def drain(self, seconds: float) -> None:
        """Let what is under way come to its end; what does not is cut off and done again next time."""
        if self._working:
            _, late = await asyncio.wait(set(self._working), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)


async def _tell(request: Request, error: Exception, open_modal: OpenModal | None = None) -> None:
    """The one place where an error becomes a message."""
    if isinstance(error, ProviderError):
        said = redact(sentence(error))
        if error.is_answer:
            said = texts.provider_answered(error.provider, said)
        explained = explain_no_answer if error.no_answer else explain
        message = errors.failure(said, explained(error.as_job_error()))
    elif isinstance(error, BotError | TrainingFileError):
        message = errors.refusal(sentence(error))
    elif isinstance(error, PostError):
        log.warning("slack refused", key=request.key, why=str(error))
        message = errors.failure(*texts.slack_trouble(str(error)))
    else:
        log.exception("work failed", key=request.key, exc_info=error)
        message = errors.failure(*texts.our_fault(request.key.rsplit("/", 1)[-1]))
    if open_modal is None or not open_modal.refuse(error, message):
        await request.answer(message)
