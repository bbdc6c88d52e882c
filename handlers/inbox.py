"""What Slack sends is stored before it is acknowledged, and processed once.

A global middleware commits the payload under Slack's own id of it; a redelivery finds that id and is only
acknowledged. The listener's work is marked done when it returns. After a crash, what was not marked is
dispatched again.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.models.blocks import Option

from bot import instruments
from bot.backoff import Backoff
from bot.errors import BotError, Invalid
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import PostDoubtful, PostError, PostLater
from bot.providers.interface import ProviderError
from bot.redact import redact
from bot.store.inbox import Entry, SqlInbox
from bot.timing import Timing
from handlers.blocks import errors, modals
from handlers.blocks.message import Message
from handlers.chat.threads import ChatThreads
from handlers.languages import Languages
from handlers.message_changes import SUBTYPES, message_change
from handlers.parsing import key_of, kind_of, request_of
from handlers.request import Request
from handlers.routing import Listener, Modal
from handlers.turns import Turn, TurnAmongProcesses, Turns
from handlers.web.poster import REACH, Poster, Reach
from telemetry import traces
from texts import inbox as texts
from texts import modals as modal_texts
from texts.errors import sentence
from texts.language import speaking
from texts.provider_errors import explain, explain_no_answer
from training_files import TrainingFileError

log = structlog.get_logger()

# How often work is begun in which the process died each time, while Slack took what was to be said.
_MOST_ATTEMPTS = 3
# By its subtype, what a person wrote, rather than an edit or a notice.
_SAID = {None, "file_share", "thread_broadcast"}
# Slack waits for three for what a menu offers.
_SEARCH_SECONDS = 2.5
# Besides messages, and what is looked at more closely.
_EVENTS = {"app_mention", "file_deleted", "function_executed", "link_shared", "member_joined_channel"}
# What people do with a thread that is a session of the agent.
_SESSION = {"agent_session_stopped", "agent_session_title_changed"}
# Once the pauses are over the person is told; where Slack does not take that either, the longest pause is repeated
# until it does, for an hour at most.
_LONGEST_AWAY = 3600.0


class Inbox:
    """`bot_user` is the bot's own Slack id.
    `finished` is called after everything that was processed to its end. `backoff`: between attempts of the work;
    `reply`: of an answer in a thread. `modal`: as `Timing.modal`. `alone`: no other process hears what Slack sends."""

    def __init__(
        self,
        store: SqlInbox,
        poster: Poster,
        *,
        languages: Languages,
        threads: ChatThreads,
        bot_user: str,
        finished: Callable[[], None],
        backoff: Backoff = Timing.inbox,
        reply: Backoff = Timing.reply,
        modal: float = Timing.modal,
        alone: bool = True,
    ) -> None:
        self._store = store
        self._poster = poster
        self._languages = languages
        self._threads = threads
        self._bot_user = bot_user
        self._finished = finished
        self._backoff = backoff
        self._reply = reply
        self._modal = modal
        self._alone = alone
        self._turns = Turns()
        self._working: set[asyncio.Task[Any]] = set()
        # Keys that this process has taken on: not to be dispatched a second time by `recover`.
        self._taken: set[str] = set()
        # Storing a key and taking it on are one step, or `recover` could leave what it found to a delivery that in turn
        # takes it for known. One lock for each, because what arrives together is written together.
        self._taking = KeyedLocks()

    async def middleware(
        self, body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Commit, then let Bolt find the listener. What does not concern the bot is acknowledged and not kept."""
        if body.get("type") == "block_suggestion":  # changes nothing, and is answered at once
            await next()
            return None
        if "inbox_key" in context:  # was committed by an earlier process, or found by us
            await next()
            return None
        kind = kind_of(body)
        with traces.span(f"slack {kind}", kind="server") as span, instruments.ACKNOWLEDGED.labels(kind).time():
            outcome, answer = await self._accept(body, context)
            instruments.PAYLOADS.labels(kind, outcome).inc()
            span.set(outcome=outcome)
            if answer is None:
                context["inbox_traceparent"] = span.context.traceparent
                await next()
        return answer

    async def _accept(self, body: dict[str, Any], context: AsyncBoltContext) -> tuple[str, BoltResponse | None]:
        """What became of a payload, and what Slack is answered where that is all."""
        key = key_of(body)
        received_at = time.time()
        try:
            if key is None or not await self._concerns_us(body):
                return "ignored", BoltResponse(status=200, body="")
            async with self._taking.of(key):
                is_new = await self._store.accept(key, body, received_at, thread=_thread_of(body))
                if is_new:
                    self._taken.add(key)
        except BotError as error:
            return "refused", _not_taken(body, error)
        if not is_new:
            log.info("redelivery", key=key)
            return "repeated", BoltResponse(status=200, body="")
        context["inbox_key"] = key
        context["inbox_received_at"] = received_at
        return "accepted", None

    def listener(self, work: Listener) -> Callable[..., Awaitable[None]]:
        """A Bolt listener that acknowledges at once; `work` is then done, once, to its end."""

        async def listen(ack: Callable[[], Awaitable[Any]], body: dict[str, Any], context: AsyncBoltContext) -> None:
            await acknowledge(ack)
            self.begin(work, body, context)

        listen.__name__ = getattr(work, "__name__", "listen")
        return listen

    def search(self, find: Callable[[Request], Awaitable[Sequence[Option]]]) -> Callable[..., Awaitable[None]]:
        """A Bolt listener for what is typed into a menu; nothing is offered where that fails, or takes too long."""

        async def searched(ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
            request = self._request("search", body, is_retry=False, received_at=None)
            found: Sequence[Option] = ()
            try:
                async with asyncio.timeout(_SEARCH_SECONDS):
                    with speaking(await self._languages.person(request.user)):
                        found = await find(replace(request, text=str(body.get("value") or "").strip()))
            except (BotError, ProviderError, PostError, TimeoutError) as error:
                log.info("nothing found", why=str(error) or "timeout")
            await acknowledge(ack, options=[option.to_dict() for option in found])

        return searched

    def submission(self, modal: Modal[Any], work: Listener) -> Callable[..., Awaitable[None]]:
        """A Bolt listener for a modal that was sent off, with `work` as its listener.

        It is acknowledged once the outcome is known: a refusal or answer within `modal.seconds` (Slack waits for three)
        is shown in the modal, which keeps what was typed. A later one is given as for any request.
        """

        async def submitted(
            ack: Callable[..., Awaitable[Any]], body: dict[str, Any], context: AsyncBoltContext
        ) -> None:
            if modal.check and (wrong := await self._wrong(modal.check, body)):
                await acknowledge(ack, response_action="errors", errors=wrong)
                await self.settle(str(context["inbox_key"]))
                return
            if context.get("inbox_again"):  # after a crash the modal is long gone
                await acknowledge(ack)
                self.begin(work, body, context)
                return
            if modal.waiting is not None:
                with speaking(await self._languages.person(str(body["user"]["id"]))):
                    view = modal.waiting()
                await acknowledge(ack, response_action="update", view=view.to_dict())
                self.begin(work, body, context)
                return
            open_modal = _OpenModal(body["view"])
            task = self.begin(work, body, context, open_modal)
            waited_for: set[asyncio.Future[Any]] = {task, open_modal.outcome}
            await asyncio.wait(waited_for, timeout=modal.seconds * self._modal, return_when=asyncio.FIRST_COMPLETED)
            await acknowledge(ack, **open_modal.close())

        return submitted

    async def _wrong(self, check: Callable[[dict[str, Any]], dict[str, str]], body: dict[str, Any]) -> dict[str, str]:
        with speaking(await self._languages.person(str(body["user"]["id"]))):
            return check(body["view"]["state"]["values"])

    def begin(
        self, work: Listener, body: dict[str, Any], context: AsyncBoltContext, open_modal: "_OpenModal | None" = None
    ) -> asyncio.Task[None]:
        """Begin `work` on an acknowledged request, and return: Slack has its answer when the listener ends."""
        turn = self._turn(body, str(context["inbox_key"]))
        task = asyncio.create_task(self._work(work, body, context, open_modal, turn), name=str(context["inbox_key"]))
        task.add_done_callback(lambda _: turn.end())
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    def _turn(self, body: dict[str, Any], key: str) -> Turn:
        thread = _thread_of(body)
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
        open_modal: "_OpenModal | None",
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
        open_modal: "_OpenModal | None",
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
            await self._finish(key, failed=failed)
            outcome = "failed" if failed else "done"
            span.set(kind=kind_of(body), outcome=outcome)
            log.info("processed", key=key, outcome=outcome, seconds=round(time.monotonic() - began, 3))
        except asyncio.CancelledError:  # the process is told to stop, which is not the message's doing
            with contextlib.suppress(BotError):
                await self._store.excuse(key)
            raise
        except Exception:  # the store cannot be written: what it holds is gone on with at the next start
            log.exception("left unfinished", key=key)
            if not self._alone:  # or what is said next in its thread would wait until then
                self._taken.discard(key)

    def _request(self, key: str, body: dict[str, Any], *, is_retry: bool, received_at: float | None) -> Request:
        return request_of(self._poster, key, body, is_retry=is_retry, received_at=received_at, backoff=self._reply)

    async def _carry_out(self, work: Listener, request: Request, open_modal: "_OpenModal | None", reach: Reach) -> bool:
        began = asyncio.get_running_loop().time()
        delays = iter(self._backoff)
        while True:
            try:
                await work(open_modal.answering(request) if open_modal else request)
                return True
            except (PostLater, PostDoubtful) as error:
                delay = next(delays, None)
                if delay is None:
                    await _tell(request, error)
                    if not reach.is_away or asyncio.get_running_loop().time() - began > _LONGEST_AWAY:
                        return False
                    delay = self._backoff.longest
                log.info("slack has trouble, again in a moment", key=request.key, why=str(error), seconds=delay)
                await asyncio.sleep(delay)
                again = self._request(request.key, request.body, is_retry=True, received_at=request.received_at)
                request = replace(again, turn=request.turn)
            except Exception as error:
                await _tell(request, error, open_modal)
                return False

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return bool(self._working)

    async def settle(self, key: str) -> None:
        """Mark as done what needs no work (a modal that was refused with errors)."""
        await self._finish(key)

    async def _finish(self, key: str, *, failed: bool = False) -> None:
        await self._store.finish(key, failed=failed)
        instruments.PROCESSED.labels("failed" if failed else "done").inc()
        self._taken.discard(key)
        self._finished()

    async def offer(self, body: dict[str, Any]) -> bool:
        """Take in something that Slack did not deliver but that we found ourselves. False if it is known."""
        key = key_of(body)
        return key is not None and await self._store.accept(key, body, thread=_thread_of(body), claimed=False)

    async def recover(self, app: AsyncApp) -> int:
        """Dispatch again what was not finished, and no other process has in hand; how many."""
        taken = 0
        for entry in await self._store.unclaimed():
            if await self._take(entry.key):
                taken += 1
                await self._go_on_with(entry, app)
        return taken

    async def take_over(self, app: AsyncApp, *, look_every: float = 1.0) -> None:
        """Go on with what other processes leave when they end, and with what was left here, until cancelled."""
        while True:
            await asyncio.sleep(look_every)
            try:
                await self.recover(app)
            except BotError as error:  # the store takes nothing for now
                log.warning("not looked for what others left", why=str(error))

    async def _take(self, key: str) -> bool:
        """False for what is taken already, here or by another process, or was done since it was read."""
        async with self._taking.of(key):
            if key in self._taken or not await self._store.claim(key):
                return False
            self._taken.add(key)
            return True

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
            await self._finish(entry.key, failed=True)

    async def _give_up(self, key: str, body: dict[str, Any], received_at: float) -> None:
        """Give up a request that kills the process each time, and tell its sender."""
        log.error("given up", key=key)
        try:
            request = self._request(key, body, is_retry=True, received_at=received_at)
            with speaking(await self._languages.answers(request.answers_in, request.user)):
                await request.answer(errors.failure(*texts.given_up()))
        except Exception:
            log.exception("could not tell", key=key)
        await self._finish(key, failed=True)

    async def drain(self, seconds: float) -> None:
        """Let what is under way come to its end; what does not is cut off and done again next time."""
        if self._working:
            _, late = await asyncio.wait(set(self._working), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)

    async def _concerns_us(self, body: dict[str, Any]) -> bool:
        """Most messages in a channel are none of our business, and are not kept."""
        event = body.get("event")
        if body.get("type") != "event_callback" or not isinstance(event, dict):
            return True
        said = str(event.get("channel")), event.get("thread_ts"), str(event.get("user"))
        if event.get("type") == "app_home_opened":
            return event.get("tab") in {"home", "messages"}
        if event.get("type") in _SESSION:
            return await self._threads.is_meant(*said)
        if event.get("type") != "message":
            return event.get("type") in _EVENTS
        if event.get("subtype") in SUBTYPES:
            change = message_change(event)
            return change is not None and await self._threads.is_meant(change.channel, change.thread_ts, change.user)
        if event.get("subtype") not in _SAID or event.get("bot_id"):
            return False
        if event.get("user") == self._bot_user:  # files that we uploaded come without a bot_id
            return False
        if event.get("files") or event.get("channel_type") == "im":
            return True
        return await self._threads.is_meant(*said)


def _thread_of(body: dict[str, Any]) -> str | None:
    """The thread in which something is said, where all is done in the order in which it was said."""
    event = body.get("event") or {}
    is_said = event.get("type") in {"message", "app_mention"} and event.get("thread_ts") and not event.get("subtype")
    return f"{event['channel']}/{event['thread_ts']}" if is_said else None


def _not_taken(body: dict[str, Any], error: BotError) -> BoltResponse:
    """What could not be stored is not acknowledged: Slack sends an event again, and shows people a warning at what they
    pressed. A command it repeats never, and shows its sender what is answered."""
    log.error("not taken", why=str(error))
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence(error)})
    return BoltResponse(status=503, body="")


async def acknowledge(ack: Callable[..., Awaitable[Any]], **answer: Any) -> None:
    """Acknowledge; if that fails the request is carried out all the same, since it is committed."""
    try:
        await ack(**answer)
    except Exception as error:
        log.warning("not acknowledged", why=type(error).__name__)


class _OpenModal:
    """A submitted modal that waits for its answer: until then, errors and answers are shown in it."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.outcome: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._title = str((view.get("title") or {}).get("text") or "Finetune Bot")
        self._fields = {block.get("block_id") for block in view.get("blocks") or []}

    def close(self) -> dict[str, Any]:
        """What Slack is answered; nothing is said here any more."""
        if not self.outcome.done():
            self.outcome.set_result({})
        return self.outcome.result()

    def answering(self, request: Request) -> Request:
        async def answer(message: Message) -> None:
            if not self._say("update", message, close=modal_texts.close_button()):
                await request.answer(message)

        return replace(request, answer=answer)

    def refuse(self, error: Exception, message: Message) -> bool:
        """At the field at fault, else on top of the form. False where it is too late."""
        if isinstance(error, Invalid) and error.field in self._fields and not self.outcome.done():
            self.outcome.set_result({"response_action": "errors", "errors": {error.field: sentence(error)}})
            return True
        return self._say("push", message, close=modal_texts.back_button())

    def _say(self, action: str, message: Message, *, close: str) -> bool:
        if self.outcome.done():
            return False
        view = modals.modal(self._title, message.blocks, close=close)
        self.outcome.set_result({"response_action": action, "view": view.to_dict()})
        return True


async def _tell(request: Request, error: Exception, open_modal: _OpenModal | None = None) -> None:
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
