"""`finetune-bot run`: the bot itself, put together from its parts."""

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog
from slack_bolt.app.async_app import AsyncApp

from app import compose, connecting, traces
from app.background import Listeners, by_the_clock, loops
from app.health import Health, health_app
from app.job_page import job_page
from app.listening import connect, listen, serve, webhook
from app.logs import set_up_logging
from app.metrics import Metrics
from app.schedule import keep, schedule
from app.services import Services, make_services
from app.terminal.commands import carry_out
from app.terminal.socket import listening
from app.terminal.use_cases import use_cases
from bot.audit import note_roles
from bot.jobs.submit import Submitter
from bot.providers.registry import Providers
from bot.settings import Settings, load
from bot.store.backlog import SqlBacklog
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.missed_channels import SqlMissedChannels
from bot.timing import Timing
from bot.worker_processes import Pool, WorkerPools
from handlers.bolt import build
from handlers.inbox import Inbox
from handlers.missed import Backfill
from handlers.outgoing.card_links import card_link

log = structlog.get_logger()

# With `Timing.drain`, a second of the schedule's, one of what hears, and one for what the inbox cuts off these are 8 s,
# for whoever stops a service kills it after ten.
_STOP_SECONDS = 2.5
_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def run_command() -> int:
    """Run until SIGINT or SIGTERM. Raises StartError where it cannot start."""
    settings = load()
    set_up_logging(settings.finetune_log_level)
    asyncio.run(_until_stopped(settings))
    return 0


async def _until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(getattr(signal, name), stop.set)
    async with running(settings) as bot:
        # What is loaded by now is no garbage. To look through it takes 150 ms, in which nobody is served.
        gc.collect()
        gc.freeze()
        # What comes later leaves few cycles: every 700 objects, looking through all of them took 17 ms every 13 s.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        print(f"bot ready: {bot.name} in {bot.team_name}", flush=True)  # noqa: T201
        for pool in (Pool.QUICK, Pool.REPORT):  # or the first file would wait for its process
            bot.services.pools.warm(pool)
        await stop.wait()


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
        app: AsyncApp,
    ) -> None:
        self.name = name
        self.team_name = team_name
        self.services = services
        self.listeners = listeners
        self.inbox = inbox
        self.app = app
        self.port: int | None = None
        self.health_port: int | None = None


@asynccontextmanager
async def running(
    settings: Settings, timing: Timing = Timing(), pools: WorkerPools | None = None
) -> AsyncIterator[Bot]:
    """The bot, from its first to its last moment. It closes its worker processes, but not `pools` of somebody else.

    Raises StartError, with one sentence, where it cannot start.
    """
    async with contextlib.AsyncExitStack() as stack:
        configured = connecting.configured(settings)
        connecting.require(settings, configured)
        traces.record(settings, stack.enter_context(contextlib.ExitStack()))
        client, who = await connecting.slack(settings)
        connected = await connecting.providers(configured)
        for provider in connected:
            stack.push_async_callback(provider.close)
        hosting = connecting.hosting(configured)
        for one in hosting.values():
            stack.push_async_callback(one.close)
        providers = Providers(*connected, configs=[one.config for one in configured], hosting=hosting)
        database = await Database.open(settings.finetune_data, settings.finetune_database)
        stack.push_async_callback(database.close)
        inbox_store = SqlInbox(database)
        unread = SqlMissedChannels(database)
        last_heard = await unread.last_heard()
        services = await make_services(settings, timing, client, who, providers, database, pools or WorkerPools())
        await note_roles(services.audit, services.people.roles.in_words(), time.time())
        if pools is None:
            stack.callback(services.pools.close)

        listeners = await compose.listeners(services)
        tasks = loops(services, listeners)
        stack.push_async_callback(_stop, tasks, services.submitter)
        await stack.enter_async_context(schedule(by_the_clock(services, listeners)))

        secret = settings.slack_signing_secret
        checked = secret.get_secret_value() if secret and not settings.slack_app_token else None
        app, inbox = build(
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
        )
        stack.push_async_callback(inbox.drain, timing.drain)
        # What was left unfinished comes first, then what is new.
        await services.submitter.recover()
        unfinished = await inbox.recover(app)
        commands = partial(carry_out, use_cases(services, bot_runs=True))
        await stack.enter_async_context(listening(settings.finetune_data, commands))
        bot = Bot(str(who.get("user") or "bot"), str(who.get("team") or ""), services, listeners, inbox, app)
        backfill = Backfill(
            inbox,
            unread,
            services.datasets,
            services.incoming_files,
            services.poster,
            lambda: inbox.recover(app),
            bot_user=services.bot_user,
            team=services.team,
            backoff=timing.read_back,
        )
        if last_heard is not None:
            await backfill.was_away(last_heard)
        webhooks = [
            webhook(one.webhook_path, provider, one.webhook_secret, services.followers[provider.name])
            for provider, one in zip(connected, configured, strict=True)
            if one.webhook_secret is not None
        ]
        pages = []
        if settings.finetune_public_url is not None:
            pages.append(job_page(services.job_links, partial(card_link, services.cards, services.poster)))
        handler = await connect(app, settings, timing, client, backfill, stack)
        if handler is None:
            bot.port = await listen(app, settings, [*webhooks, *pages], stack)
        elif webhooks:
            log.warning("OPENAI_WEBHOOK_SECRET has no effect in Socket Mode: nothing listens for webhooks.")
        if settings.health_port is not None:
            health = Health(database, services.followers, handler.client.is_connected if handler else None)
            answered = pages if handler else []
            if settings.metrics_token is not None or not answered:
                answered = [*answered, Metrics(health, SqlBacklog(database), settings).route()]
            else:
                log.warning("/metrics needs METRICS_TOKEN where links to jobs lead to the same port.")
            at = settings.health_host, settings.health_port, "HEALTH"
            bot.health_port = await serve(health_app(health, answered), *at, stack)
        elif handler and pages:
            log.warning("FINETUNE_PUBLIC_URL has no effect: nothing listens in Socket Mode without HEALTH_PORT.")
        log.info("recovered", unfinished=unfinished)
        # Slack lets some fifty channels a minute be read, so neither the start nor a stop waits for that.
        tasks.append(reading := keep("backfill", backfill.run))
        stack.callback(reading.cancel)
        yield bot


async def _stop(tasks: list[asyncio.Task[None]], submitter: Submitter) -> None:
    """All at once; whatever does not end in time ends with the process, and is gone on with at the next start."""
    for task in tasks:
        task.cancel()
    await asyncio.wait([*tasks, asyncio.create_task(submitter.close())], timeout=_STOP_SECONDS)
