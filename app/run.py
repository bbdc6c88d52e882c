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
from typing import TypeAlias

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from app import compose, connecting, traces
from app.background import Listeners, by_the_clock, loops, own_loops
from app.health import Health, health_app
from app.job_page import job_page
from app.listening import connect, listen, serve, webhook
from app.logs import set_up_logging
from app.metrics import Metrics
from app.schedule import keep, schedule
from app.services import Services, make_services
from app.shared_folder import require_shared
from app.stores import open_store
from app.terminal.commands import carry_out
from app.terminal.socket import listening
from app.terminal.use_cases import use_cases
from bot.audit import note_roles
from bot.changes import CHANGES
from bot.jobs.submit import Submitter
from bot.membership import Membership
from bot.providers.interface import Provider
from bot.providers.registry import Providers
from bot.providers.shared_account import SharedAccount
from bot.settings import Settings
from bot.store.backlog import SqlBacklog
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.jobs import SqlJobStore
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

# With `Timing.drain`, a second of the schedule's, two of what hears, and one for what the inbox cuts off these are 9 s,
# for whoever stops a service kills it after ten.
_STOP_SECONDS = 2.5
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


@dataclass(frozen=True)
class OneOfMany:
    """What Slack is for one workspace of several: a client whose token is kept fresh, and the bot's identity.
    `shares_account`: with others, at the provider."""

    client: AsyncWebClient
    who: dict[str, object]
    shares_account: bool


Watch: TypeAlias = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
"""Looks, until it is cancelled, whether the bot is connected, and reads back what it missed."""


class Bot:
    """A running bot. `listeners`: what was put together for each class that a feature names. `port` is HTTP mode's,
    `health_port` that on which it says how it is."""

    def __init__(
        self,
        name: str,
        team_name: str,
        services: Services,
        listeners: Listeners,
        inbox: Inbox,
        worker: Worker,
        app: AsyncApp,
    ) -> None:
        self.name = name
        self.team_name = team_name
        self.services = services
        self.listeners = listeners
        self.inbox = inbox
        self.worker = worker
        self.app = app
        self.watch: Watch
        self.port: int | None = None
        self.health_port: int | None = None


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
        configured = connecting.configured(settings)
        if one_of_many is None:
            connecting.require(settings, configured)
            traces.record(settings, stack.enter_context(contextlib.ExitStack()))
            client, who = await connecting.slack(settings)
            connected = await connecting.providers(configured)
        else:
            client, who, connected = one_of_many.client, one_of_many.who, connecting.unasked(configured)
        for provider in connected:
            stack.push_async_callback(provider.close)
        hosting = connecting.hosting(configured)
        for one in hosting.values():
            stack.push_async_callback(one.close)
        alone = settings.finetune_database is None or one_of_many is not None
        database = await open_store(settings, alone=alone)
        stack.push_async_callback(database.close)
        if settings.finetune_database is None:  # nobody else writes to it
            CHANGES.set(database.changes)
        configs = [one.config for one in configured]
        used: list[Provider] = [*connected]
        if one_of_many is not None and one_of_many.shares_account:
            store, team = SqlJobStore(database), str(who["team_id"])
            used = [SharedAccount(*both, team, store) for both in zip(connected, configs, strict=True)]
        providers = Providers(*used, configs=configs, hosting=hosting)
        membership = Membership(SqlProcesses(database), alone=alone, app=f"{who['team_id']}/{who['user_id']}")
        await membership.join()
        stack.push_async_callback(membership.leave)
        if not membership.alone:
            database = FencedDatabase(database, membership.process)
            beating = keep("lease", membership.run)
            stack.callback(beating.cancel)
            await require_shared(settings.finetune_data, membership)
        inbox_store = SqlInbox(database, membership.process)
        unread = SqlMissedChannels(database)
        last_heard = await unread.last_heard()
        services = await make_services(
            settings, timing, client, who, providers, database, pools or WorkerPools(), membership
        )
        await note_roles(services.audit, services.people.roles.in_words(), time.time())
        if pools is None:
            stack.callback(services.pools.close)
        pages = []
        if settings.finetune_public_url is not None:
            pages.append(job_page(services.job_links, partial(card_link, services.cards, services.poster)))
        in_socket_mode = one_of_many is None and settings.slack_app_token is not None
        health = Health(database, services.followers, membership)
        # From before Slack is heard until it is heard no more, so that whoever watches sees both.
        health_port = await _tell_health(settings, health, database, pages if in_socket_mode else [], stack)

        listeners = await compose.listeners(services)
        tasks = own_loops(listeners)
        stack.push_async_callback(_stop, tasks, services.submitter)
        duties = await stack.enter_async_context(contextlib.AsyncExitStack())

        secret = settings.slack_signing_secret
        checked = secret.get_secret_value() if secret and not settings.slack_app_token else None
        app, inbox, worker = build(
            client,
            checked,
            inbox_store,
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
        commands = partial(carry_out, use_cases(services, bot_runs=True))
        process = "" if alone else membership.process
        await stack.enter_async_context(listening(settings.finetune_data, commands, process))
        bot = Bot(str(who.get("user") or "bot"), str(who.get("team") or ""), services, listeners, inbox, worker, app)
        bot.health_port = health_port
        backfill = Backfill(
            inbox,
            unread,
            services.datasets,
            services.incoming_files,
            services.poster,
            lambda: worker.recover(app),
            bot_user=services.bot_user,
            team=services.team,
            backoff=timing.read_back,
        )

        async def lead() -> None:
            """Do what one process must do for all. What was left unfinished comes first, then what is new."""
            tasks.extend(loops(services, listeners))
            await duties.enter_async_context(schedule(by_the_clock(services, listeners)))
            await services.submitter.recover()
            if not membership.alone:
                tasks.append(keep("submissions", services.submitter.run))

        async def lead_later() -> None:
            await membership.until_leading()
            await lead()
            tasks.append(keep("backfill", backfill.run))

        if membership.leads:
            await lead()
        unfinished = await worker.recover(app)
        log.info("recovered", process=membership.process, leads=membership.leads, unfinished=unfinished)
        if not membership.alone:
            tasks.append(keep("unclaimed", partial(worker.take_over, app)))
        if last_heard is not None and membership.count == 1:  # or somebody heard what Slack said
            await backfill.was_away(last_heard)
        bot.watch = partial(backfill.watch, look_every=timing.connection_look)
        webhooks = [
            webhook(one.webhook_path, provider, one.webhook_secret, services.followers[provider.name])
            for provider, one in zip(connected, configured, strict=True)
            if one.webhook_secret is not None
        ]
        if in_socket_mode:
            health.connected = await connect(app, settings, timing, client, backfill, stack)
            if webhooks:
                log.warning("OPENAI_WEBHOOK_SECRET has no effect in Socket Mode: nothing listens for webhooks.")
        elif one_of_many is None:
            bot.port = await listen(app, settings, [*webhooks, *pages], stack)
        # Slack lets some fifty channels a minute be read, so neither the start nor a stop waits for that.
        tasks.append(keep("backfill", backfill.run) if membership.leads else asyncio.create_task(lead_later()))
        stack.callback(tasks[-1].cancel)
        with health.hearing():
            yield bot


async def _tell_health(
    settings: Settings,
    health: Health,
    database: Database,
    pages: list[web.RouteDef],
    stack: contextlib.AsyncExitStack,
) -> int | None:
    """The port on which it is told; None where there is none. `pages` are answered there, too."""
    if settings.health_port is None:
        if pages:
            log.warning("FINETUNE_PUBLIC_URL has no effect: nothing listens in Socket Mode without HEALTH_PORT.")
        return None
    if settings.metrics_token is not None or not pages:
        pages = [*pages, Metrics(health, SqlBacklog(database), settings).route()]
    else:
        log.warning("/metrics needs METRICS_TOKEN where links to jobs lead to the same port.")
    at = settings.health_host, settings.health_port, "HEALTH"
    return await serve(health_app(health, pages), *at, stack)


async def _stop(tasks: list[asyncio.Task[None]], submitter: Submitter) -> None:
    """All at once; whatever does not end in time ends with the process, and is gone on with at the next start."""
    for task in tasks:
        task.cancel()
    await asyncio.wait([*tasks, asyncio.create_task(submitter.close())], timeout=_STOP_SECONDS)
