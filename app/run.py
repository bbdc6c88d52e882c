"""`finetune-bot run`: the bot itself, put together from its parts."""

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp

from app import compose
from app.background import Background, Listeners
from app.health import Health, health_app
from app.job_page import job_page
from app.listening import connect, listen, serve, webhook
from app.logs import set_up_logging
from app.metrics import Metrics
from app.schedule import keep
from app.services import Services, make_services
from app.shared_folder import require_shared
from app.stores import open_store
from app.tenancy import OneOfMany, Tenancy
from app.terminal.commands import carry_out
from app.terminal.socket import listening
from app.terminal.use_cases import use_cases
from bot.audit import note_roles
from bot.changes import CHANGES
from bot.membership import Membership
from bot.settings import Settings
from bot.store.backlog import SqlBacklog
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.missed_channels import SqlMissedChannels
from bot.store.processes import FencedDatabase, SqlProcesses
from bot.timing import Timing
from bot.worker_processes import Pool, WorkerPools
from handlers.bolt import build
from handlers.inbox import Inbox
from handlers.missed import Backfill
from handlers.outgoing.card_links import card_link
from handlers.worker import Worker

log = structlog.get_logger()

_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def run_command(settings: Settings) -> int:
    """Run until SIGINT or SIGTERM. Raises StartError where it cannot start."""
    set_up_logging(settings.finetune_log_level)
    asyncio.run(until_stopped(partial(_ready, settings)))
    return 0


@dataclass(frozen=True)
class Ready:
    """`what` is ready, in words, until it is `over` or somebody stops it."""

    what: str
    over: asyncio.Event


@asynccontextmanager
async def _ready(settings: Settings) -> AsyncIterator[Ready]:
    async with running(settings) as bot:
        for pool in (Pool.QUICK, Pool.REPORT):  # or the first file would wait for its process
            bot.services.pools.warm(pool)
        yield Ready(f"{bot.name} in {bot.team_name}", bot.services.membership.lost)


async def until_stopped(work: Callable[[], AbstractAsyncContextManager[Ready]]) -> None:
    """Begins `work`, and begins it anew where it is over before somebody stops it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(getattr(signal, name), stop.set)
    while not stop.is_set():
        await _carry_out(work, stop)


async def _carry_out(work: Callable[[], AbstractAsyncContextManager[Ready]], stop: asyncio.Event) -> None:
    async with work() as ready:
        # What is loaded by now is no garbage. To look through it takes 150 ms, in which nobody is served.
        gc.collect()
        gc.freeze()
        # What comes later leaves few cycles: every 700 objects, looking through all of them took 17 ms every 13 s.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        print(f"bot ready: {ready.what}", flush=True)  # noqa: T201
        ends = [asyncio.create_task(event.wait()) for event in (stop, ready.over)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()


@dataclass
class Bot:
    """A running bot. `listeners`: what was put together for each class that a feature names. `port` is HTTP mode's,
    `health_port` that on which it says how it is."""

    name: str
    team_name: str
    services: Services
    listeners: Listeners
    background: Background
    app: AsyncApp
    inbox: Inbox
    worker: Worker
    backfill: Backfill
    port: int | None = None
    health_port: int | None = None

    async def watch(self, is_connected: Callable[[], Awaitable[bool]]) -> None:
        """Looks, until it is cancelled, whether Slack's socket is open, and has read back what was missed."""
        await self.backfill.watch(is_connected, look_every=self.services.timing.connection_look)


@asynccontextmanager
async def running(
    settings: Settings,
    timing: Timing = Timing(),
    pools: WorkerPools | None = None,
    one_of_many: OneOfMany | None = None,
) -> AsyncIterator[Bot]:
    """The bot, from its first to its last moment. It closes its worker processes, but not `pools` of somebody else.
    `one_of_many`: this is for one of several workspaces, and whoever runs them hears Slack for it.

    Raises StartError, with one sentence, where it cannot start.
    """
    async with contextlib.AsyncExitStack() as stack:
        if one_of_many is None:
            tenancy = await Tenancy.of_its_own(settings, stack)
        else:
            tenancy = Tenancy.of_many(settings, one_of_many, stack)
        database, membership = await _join(settings, tenancy, stack)
        last_heard = await SqlMissedChannels(database).last_heard()
        if pools is None:
            pools = WorkerPools()
            stack.callback(pools.close)
        providers = tenancy.providers(database)
        services = await make_services(
            settings, timing, tenancy.client, tenancy.who, providers, database, pools, membership
        )
        await note_roles(services.audit, services.people.roles.in_words(), time.time())
        health = Health(database, services.followers, membership)
        # From before Slack is heard until it is heard no more, so that whoever watches sees both.
        health_port = await _tell_health(services, health, tenancy, stack)
        bot = await _put_together(services, tenancy, stack)
        bot.health_port = health_port
        await _answer_terminal(services, stack)
        await _go_on(bot, last_heard)
        await _hear(bot, health, tenancy, stack)
        # Slack lets some fifty channels a minute be read, so neither the start nor a stop waits for that.
        reading = bot.background.read_back(bot.backfill)
        stack.callback(reading.cancel)
        with health.hearing():
            yield bot


async def _join(settings: Settings, tenancy: Tenancy, stack: contextlib.AsyncExitStack) -> tuple[Database, Membership]:
    """The store, and this process's place among those that work on it."""
    database = await open_store(settings, alone=tenancy.alone)
    stack.push_async_callback(database.close)
    if settings.finetune_database is None:  # nobody else writes to it
        CHANGES.set(database.changes)
    membership = Membership(SqlProcesses(database), alone=tenancy.alone, app=tenancy.app)
    await membership.join()
    stack.push_async_callback(membership.leave)
    if membership.alone:
        return database, membership
    beating = keep("lease", membership.run)
    stack.callback(beating.cancel)
    await require_shared(settings.finetune_data, membership)
    return FencedDatabase(database, membership.process), membership


async def _tell_health(
    services: Services, health: Health, tenancy: Tenancy, stack: contextlib.AsyncExitStack
) -> int | None:
    """The port on which it is told; None where there is none."""
    settings = services.settings
    pages = _job_pages(services) if tenancy.in_socket_mode else []  # else Slack's port has them
    if settings.health_port is None:
        if pages:
            log.warning("FINETUNE_PUBLIC_URL has no effect: nothing listens in Socket Mode without HEALTH_PORT.")
        return None
    if settings.metrics_token is not None or not pages:
        backlog = SqlBacklog(services.database)
        pages = [*pages, Metrics(health, lambda: {"": backlog}, settings).route()]
    else:
        log.warning("/metrics needs METRICS_TOKEN where links to jobs lead to the same port.")
    at = settings.health_host, settings.health_port, "HEALTH"
    return await serve(health_app(health, pages), *at, stack)


def _job_pages(services: Services) -> list[web.RouteDef]:
    """Where links to jobs lead."""
    if services.settings.finetune_public_url is None:
        return []
    return [job_page(services.job_links, partial(card_link, services.cards, services.poster))]


async def _put_together(services: Services, tenancy: Tenancy, stack: contextlib.AsyncExitStack) -> Bot:
    """Everything that works on what Slack sends, from here on."""
    settings, timing, membership = services.settings, services.timing, services.membership
    listeners = compose.listeners(services)
    background = Background(services, listeners)
    stack.push_async_callback(background.close)
    secret = settings.slack_signing_secret
    app, inbox, worker = build(
        tenancy.client,
        secret.get_secret_value() if secret and not settings.slack_app_token else None,
        SqlInbox(services.database, membership.process),
        listeners,
        authority=services.authority,
        people=services.people,
        poster=services.poster,
        languages=services.languages,
        bot_user=services.bot_user,
        finished=services.incoming_files.changed,
        timing=timing,
        alone=membership.alone,
    )
    stack.push_async_callback(worker.drain, timing.drain)
    backfill = Backfill(
        inbox,
        SqlMissedChannels(services.database),
        services.datasets,
        services.incoming_files,
        services.poster,
        partial(worker.recover, app),
        bot_user=services.bot_user,
        team=services.team,
        backoff=timing.read_back,
    )
    name, team_name = str(tenancy.who.get("user") or "bot"), str(tenancy.who.get("team") or "")
    return Bot(name, team_name, services, listeners, background, app, inbox, worker, backfill)


async def _answer_terminal(services: Services, stack: contextlib.AsyncExitStack) -> None:
    commands = partial(carry_out, use_cases(services, bot_runs=True))
    process = "" if services.membership.alone else services.membership.process
    await stack.enter_async_context(listening(services.settings.finetune_data, commands, process))


async def _go_on(bot: Bot, last_heard: float | None) -> None:
    """With what an earlier process left, before there is anything new. `last_heard`: when Slack was, before this."""
    membership = bot.services.membership
    if membership.leads:
        await bot.background.lead()
    unfinished = await bot.worker.recover(bot.app)
    log.info("recovered", process=membership.process, leads=membership.leads, unfinished=unfinished)
    bot.background.keep("unclaimed", partial(bot.worker.take_over, bot.app))
    if last_heard is not None and membership.count == 1:  # or somebody heard what Slack said
        await bot.backfill.was_away(last_heard)


async def _hear(bot: Bot, health: Health, tenancy: Tenancy, stack: contextlib.AsyncExitStack) -> None:
    """Slack, and providers that tell when a job has ended."""
    services, settings = bot.services, bot.services.settings
    webhooks = [
        webhook(one.webhook_path, provider, one.webhook_secret, services.followers[provider.name])
        for provider, one in zip(tenancy.connected, tenancy.configured, strict=True)
        if one.webhook_secret is not None
    ]
    if tenancy.in_socket_mode:
        health.connected = await connect(bot.app, settings, services.timing, tenancy.client, bot.backfill, stack)
        if webhooks:
            log.warning("OPENAI_WEBHOOK_SECRET has no effect in Socket Mode: nothing listens for webhooks.")
    elif tenancy.hears_slack:
        bot.port = await listen(bot.app, settings, [*webhooks, *_job_pages(services)], stack)
