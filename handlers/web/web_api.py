"""Calls of Slack's Web API: rate limits, retries, and errors that say whether a call was carried out.

A call that Slack certainly did not carry out (429, no connection) is repeated here. One that it may have carried out is
not: it raises PostDoubtful.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import instruments
from bot.backoff import Backoff
from bot.errors import BotError
from bot.notices.interfaces import PostDoubtful, PostError, PostLater, PostRefused
from bot.timing import Timing
from handlers.web.rate_limits import Bucket, Budgets, Priority
from handlers.web.streams import Streams
from telemetry import traces

log = structlog.get_logger()

_RATE_LIMITED = {"ratelimited", "rate_limited"}
# Slack's own trouble: the call may have half succeeded (method pages, read 2026-11-21).
_SERVER_TROUBLE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_MOST_TRIES = 5
_BACKOFF = Backoff(0.5, longest=5)
# Done twice these are the same as done once, so that a doubt about them needs no answer.
_REPEATABLE = {
    "auth.test",
    "chat.getPermalink",
    "chat.unfurl",
    "chat.update",
    "conversations.history",
    "conversations.info",
    "conversations.list",
    "conversations.members",
    "conversations.replies",
    "files.info",
    "reactions.add",
    "reactions.remove",
    "usergroups.users.list",
    "users.info",
}
_MOST_REPEATS = 3
# The SDK would put their arguments, a model's whole answer, into the address (slack_sdk 3.47).
_IN_BODY = {"functions.completeError", "functions.completeSuccess"}
NO_CONNECTION = "no_connection"


@dataclass
class Reach:
    """Whether Slack answers the calls of one piece of work. `on_trouble` is called for each that it did not answer;
    `is_away`: whether the last one was such."""

    on_trouble: Callable[[], Awaitable[None]]
    is_away: bool = False


REACH: ContextVar[Reach | None] = ContextVar("reach", default=None)
"""Of the work that this task and those it begins belong to."""


class WebApi:
    """`require` raises where this process may say nothing, because another does its work; `processes`: how many share
    Slack's limits."""

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        pace: float = Timing.pace,
        require: Callable[[], None] = lambda: None,
        processes: Callable[[], int] = lambda: 1,
    ) -> None:
        self._client = client
        self._require = require
        self._budgets = Budgets(pace, processes=processes)
        self.streams = Streams(self._budgets)

    async def call(
        self,
        method: str,
        arguments: dict[str, Any],
        *,
        priority: Priority = Priority.MILESTONE,
        channel: str = "",
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call the Web API; with `repeat`, what Slack certainly did not carry out, or may carry out twice, is repeated.

        Raises PostRefused (Slack's error code), PostLater after several 429s, PostDoubtful.
        """
        bucket = self._budgets.bucket(method, channel)
        for attempt in range(_MOST_TRIES):
            await _turn(bucket, method, priority)
            try:
                return await self._once(method, arguments)
            except PostError as error:
                failure = error
            rate_limited = isinstance(failure, PostLater) and str(failure) != NO_CONNECTION
            if isinstance(failure, PostLater) and rate_limited:
                bucket.block(failure.retry_after)
            if not repeat or attempt >= _repeats(failure, method):
                raise failure
            log.info("slack has trouble", method=method, why=str(failure))
            if not rate_limited:
                await asyncio.sleep(_BACKOFF.delay(attempt + 1))
        raise AssertionError("not reached")

    async def turn(self, method: str, *, priority: Priority, channel: str = "") -> None:
        """Wait until a call may be made; `call_now` makes it, with what is to be said by then."""
        await _turn(self._budgets.bucket(method, channel), method, priority)

    async def call_now(self, method: str, arguments: dict[str, Any], *, channel: str = "") -> dict[str, Any]:
        """A call whose token was taken before. Raises like `call`, but never waits and never repeats."""
        try:
            return await self._once(method, arguments)
        except PostLater as error:
            if str(error) != NO_CONNECTION:
                self._budgets.bucket(method, channel).block(error.retry_after)
            raise

    async def _once(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Slack's answer to one call. Raises a PostError for whatever else comes of it."""
        try:
            self._require()
        except BotError as error:  # as good as no connection: nothing was sent
            raise PostLater(NO_CONNECTION, 10) from error
        async with noted(method):
            try:
                response: AsyncSlackResponse
                if method in _IN_BODY:
                    response = await self._client.api_call(method, json=dict(arguments))
                else:
                    response = await getattr(self._client, method.replace(".", "_"))(**arguments)
            except SlackApiError as error:
                raise _failure(error) from error
            except aiohttp.ClientConnectorError as error:
                raise PostLater(NO_CONNECTION, 10) from error
            except (aiohttp.ClientError, TimeoutError) as error:
                raise PostDoubtful(type(error).__name__) from error
            except (AttributeError, UnicodeDecodeError) as error:
                # The SDK takes every answer with status 200 for JSON; this one was text, or half a letter (slack_sdk
                # 3.47, read 2026-11-21).
                raise PostDoubtful("no_json") from error
        return dict(response.data) if isinstance(response.data, dict) else {}

    def has_room(self, method: str, channel: str = "") -> bool:
        """Whether a call would be made at once."""
        return self._budgets.bucket(method, channel).has_room()


async def _turn(bucket: Bucket, method: str, priority: Priority) -> None:
    """Take a token for a call of `method`."""
    began = time.monotonic()
    await bucket.take(priority)
    instruments.SLACK_WAITED.labels(method).inc(time.monotonic() - began)


@contextlib.contextmanager
def _measured(method: str) -> Iterator[None]:
    """Count a call by what comes of it, and measure how long it takes."""
    outcome, began = "ok", time.monotonic()
    try:
        yield
    except PostError as error:
        outcome = _OUTCOMES[type(error)] if str(error) != NO_CONNECTION else NO_CONNECTION
        raise
    finally:
        instruments.SLACK_CALLS.labels(method, outcome).inc()
        instruments.SLACK_SECONDS.labels(method).observe(time.monotonic() - began)


_OUTCOMES = {PostRefused: "refused", PostLater: "rate_limited", PostDoubtful: "doubtful", PostError: "failed"}


@contextlib.asynccontextmanager
async def noted(method: str) -> AsyncIterator[None]:
    """Measure a call, and keep the `Reach` of the present work by what comes of it."""
    reach = REACH.get()
    try:
        with _measured(method), traces.part(f"slack {method}", kind="client"):
            yield
    except PostRefused:
        if reach is not None:
            reach.is_away = False
        raise
    except PostError:
        if reach is not None:
            reach.is_away = True
            with contextlib.suppress(BotError):  # what came of the call matters more
                await reach.on_trouble()
        raise
    if reach is not None:
        reach.is_away = False


def _repeats(failure: PostError, method: str) -> int:
    """How often a call that ended so is made again."""
    if isinstance(failure, PostLater):
        return _MOST_TRIES - 1
    return _MOST_REPEATS if isinstance(failure, PostDoubtful) and method in _REPEATABLE else 0


def _failure(error: SlackApiError) -> PostError:
    status, headers, answer = _answer(error)
    code = str(answer.get("error") or f"status_{status}")
    if status == 429 or code in _RATE_LIMITED:
        try:
            seconds = float(headers.get("Retry-After", "5"))
        except ValueError:
            seconds = 5.0
        return PostLater(code, seconds)
    if status >= 500 or code in _SERVER_TROUBLE or "error" not in answer:
        # Without an error code it is not Slack's API that answered, but its front door or something in between.
        return PostDoubtful(code)
    if code == "missing_scope":
        return PostRefused(f"missing_scope: {answer.get('needed')}")
    return PostRefused(code)


def _answer(error: SlackApiError) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """Status, headers and JSON. The SDK leaves text, nothing, or aiohttp's own response where there was no JSON."""
    response = error.response
    if isinstance(response, AsyncSlackResponse):
        data = response.data if isinstance(response.data, dict) else {}
        return response.status_code, response.headers, data
    return int(getattr(response, "status", 200)), getattr(response, "headers", {}), {}
