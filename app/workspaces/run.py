"""`finetune-bot run` for many workspaces: what they share, and their hosting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from app import connecting, traces
from app.health import Health, health_app
from app.listening import serve
from app.logs import set_up_logging
from app.metrics import Metrics
from app.run import Ready, until_stopped
from app.schedule import keep
from app.socket_mode import SocketMode
from app.stores import open_store
from app.terminal.messages import Answer, Asked
from app.terminal.socket import listening
from app.workspaces.hosting import Hosting
from app.workspaces.install_flow import InstallFlow
from app.workspaces.requirements import required
from app.workspaces.router import Router, events_route
from app.workspaces.slack_tokens import web_client
from app.workspaces.terminal import carry_out
from bot.encryption import Unopened
from bot.errors import StartError
from bot.settings import Settings
from bot.store.backlog import SqlBacklog
from bot.store.database import Database
from bot.store.installations import SqlInstallations
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from bot.workspaces.workspaces import Workspaces

log = structlog.get_logger()

_LOOK_EVERY: Final = 30.0


def run_command(settings: Settings) -> int:
    """Run until SIGINT or SIGTERM. Raises StartError where it cannot start."""
    set_up_logging(settings.finetune_log_level)
    allow_many_files()
    asyncio.run(until_stopped(partial(_ready, settings)))
    return 0


def allow_many_files() -> None:
    """Open at a time: as many as the system lets a process have. A workspace has seven (`benchmarks/workspaces.py`),
    so the 1,024 with which a process begins would do for 140 of them."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@dataclass(frozen=True)
class Hosted:
    """`port`: where people install the app, and in HTTP mode where Slack is heard."""

    hosting: Hosting
    workspaces: Workspaces
    port: int
    health_port: int | None


@contextlib.asynccontextmanager
async def hosted(
    settings: Settings, timing: Timing = Timing(), pools: WorkerPools | None = None
) -> AsyncIterator[Hosted]:
    """All workspaces in which the app is installed, from the first to the last moment. Raises StartError."""
    async with contextlib.AsyncExitStack() as stack:
        ring = required(settings)
        configured = connecting.configured(settings)
        connecting.require_of_many(settings, configured)
        traces.record(settings, stack.enter_context(contextlib.ExitStack()))
        for provider in await connecting.providers(configured):  # whether they take our keys; each bot has its own
            await provider.close()
        database = await open_store(settings)
        stack.push_async_callback(database.close)
        workspaces = Workspaces(SqlInstallations(database, ring))
        if pools is None:
            pools = WorkerPools()
            stack.callback(pools.close)
        awake = asyncio.Event()
        hosting = Hosting(settings, timing, pools, workspaces)
        stack.push_async_callback(hosting.close)
        try:
            await hosting.look()
        except Unopened as error:
            raise StartError(error.kind, **error.values) from error
        await stack.enter_async_context(listening(settings.finetune_data, partial(_command, workspaces, awake)))
        looking = keep("workspaces", lambda: _look(hosting, awake))
        stack.callback(looking.cancel)
        router = Router(hosting, workspaces, web_client(settings), awake.set)
        routes = InstallFlow(settings, workspaces, hosting.look).routes()
        handler = await _connect(settings, router, stack)
        hosting.connected = handler.is_connected if handler else None
        if handler is None:
            assert settings.slack_signing_secret is not None
            routes.append(events_route(router, settings.slack_signing_secret.get_secret_value()))
        port = await _serve(settings, routes, stack)
        health_port = await _health(settings, database, hosting, stack)
        yield Hosted(hosting, workspaces, port, health_port)


async def _command(workspaces: Workspaces, awake: asyncio.Event, asked: Asked) -> Answer:
    answer = await carry_out(workspaces, asked)
    awake.set()
    return answer


async def _look(hosting: Hosting, awake: asyncio.Event) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await awake.wait()
        awake.clear()
        await hosting.look()


async def _connect(settings: Settings, router: Router, stack: contextlib.AsyncExitStack) -> SocketMode | None:
    """One connection for all workspaces; None where there is no app token."""
    if settings.slack_app_token is None:
        return None
    token = settings.slack_app_token.get_secret_value()
    await connecting.asked(lambda: router.client.apps_connections_open(app_token=token), "SLACK_APP_TOKEN", settings)
    handler = SocketMode(router, token, router.client)
    stack.push_async_callback(handler.close)
    await handler.connect()
    return handler


async def _serve(settings: Settings, routes: list[web.RouteDef], stack: contextlib.AsyncExitStack) -> int:
    web_app = web.Application()
    web_app.add_routes(routes)
    return await serve(web_app, settings.http_host, settings.http_port, "HTTP", stack)


async def _health(
    settings: Settings,
    database: Database,
    hosting: Hosting,
    stack: contextlib.AsyncExitStack,
) -> int | None:
    if settings.health_port is None:
        return None
    health = Health(database, hosting.followers, None)
    health.connected = hosting.connected
    stack.enter_context(health.hearing())
    metrics = Metrics(health, partial(_backlogs, hosting), settings)
    at = settings.health_host, settings.health_port, "HEALTH"
    return await serve(health_app(health, [metrics.route()]), *at, stack)


def _backlogs(hosting: Hosting) -> dict[str, SqlBacklog]:
    """Of the stores of all bots that run; they are open."""
    return {team: SqlBacklog(bot.services.database) for team, bot in hosting.bots.items()}


@contextlib.asynccontextmanager
async def _ready(settings: Settings) -> AsyncIterator[Ready]:
    async with hosted(settings) as all_of_them:
        names = [bot.team_name for bot in all_of_them.hosting.bots.values()]
        yield Ready(f"{len(names)} workspaces" if names else "no workspace yet", asyncio.Event())
