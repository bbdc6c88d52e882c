"""Where the bot hears: Slack by Socket Mode or HTTP, providers by webhooks, whatever watches over it by /healthz, and
whoever follows a link to a job."""

import contextlib
import errno
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from app.schedule import keep
from app.socket_mode import SocketMode
from bot.errors import Invalid, StartError
from bot.jobs.follow import Follower
from bot.providers.openai_protocol import OpenAIProtocol
from bot.settings import Settings
from bot.timing import Timing
from handlers.missed import Backfill
from texts import starting as texts

log = structlog.get_logger()

# What is being answered may come to its end.
_LAST_SECONDS: Final = 1.0


def webhook(path: str, provider: OpenAIProtocol, secret: SecretStr, follower: Follower) -> web.RouteDef:
    """Where the provider reports that a job has ended. It only wakes the follower, so one that comes twice, late or not
    at all does no harm: what is true is asked for."""

    async def hear(request: web.Request) -> web.Response:
        try:
            job = provider.job_of_webhook(await request.read(), request.headers, secret.get_secret_value())
        except Invalid as error:
            log.warning("webhook refused", why=str(error))
            return web.Response(status=400, text="The signature is not valid.")
        if job is not None:
            follower.hint(job)
        return web.Response(status=204)

    return web.post(path, hear)


async def connect(
    app: AsyncApp,
    settings: Settings,
    timing: Timing,
    client: AsyncWebClient,
    backfill: Backfill,
    stack: contextlib.AsyncExitStack,
) -> Callable[[], Awaitable[bool]]:
    """Socket Mode, until the stack is closed: whether the connection is open."""
    assert settings.slack_app_token is not None
    handler = SocketMode(app, settings.slack_app_token.get_secret_value(), client)
    stack.push_async_callback(handler.close)
    await handler.connect()
    watch = partial(backfill.watch, handler.is_connected, look_every=timing.connection_look)
    watching = keep("connection", watch)
    stack.callback(watching.cancel)
    return handler.is_connected


async def listen(
    app: AsyncApp, settings: Settings, others: list[web.RouteDef], stack: contextlib.AsyncExitStack
) -> int:
    """HTTP mode. `others`: what is answered besides Slack."""
    web_app = app.web_app("/slack/events", port=settings.http_port)
    web_app.add_routes(others)
    return await serve(web_app, settings.http_host, settings.http_port, "HTTP", stack)


async def serve(web_app: web.Application, host: str, port: int, settings: str, stack: contextlib.AsyncExitStack) -> int:
    """The port that it listens on, until the stack is closed. `settings`: what those of host and port begin with."""
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=_LAST_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = texts.taken_by_another() if taken else error.strerror or str(error)
        raise StartError(texts.port_taken(str(port), host, why, settings)) from error
    return int(runner.addresses[0][1])
