"""`finetune-bot run`: the bot itself, put together from its parts."""

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import structlog
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from app import compose, connecting
from app.features.administration import digest_messages, digests, may_approve
from app.health import Health, health_app
from app.schedule import Task, keep, schedule
from app.services import Services, make_services
from app.terminal.commands import carry_out
from app.terminal.socket import listening
from app.terminal.use_cases import use_cases
from app.tracking import trackers
from bot.audit import note_roles
from bot.deployments.following import DeploymentFollower
from bot.digest.sending import DigestSender
from bot.errors import Invalid, StartError
from bot.evaluations.repeats import EvaluationRepeats
from bot.jobs.follow import Follower
from bot.jobs.submit import Submitter
from bot.notices.deliver import Delivery
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.redact import redact
from bot.settings import Settings, load
from bot.store.database import Database
from bot.store.digests import SqliteDigestPlans
from bot.store.evaluations import SqliteEvaluationStore
from bot.store.inbox import SqliteInbox
from bot.store.missed_channels import SqliteMissedChannels
from bot.store.outbox import SqliteOutbox
from bot.store.tracking import SqliteTrackingStore
from bot.sweeps.progress import SweepProgress
from bot.timing import Timing
from bot.tracking.tracking import Tracking
from bot.worker_processes import Pool, WorkerPools
from handlers.bolt import build
from handlers.compare.listeners import CompareListeners
from handlers.datasets.listeners import DatasetListeners
from handlers.evaluations.listeners import EvaluationListeners
from handlers.exports.listeners import ExportListeners
from handlers.generation.listeners import GenerationListeners
from handlers.home.listeners import HomeListeners
from handlers.inbox import Inbox
from handlers.judges.listeners import JudgeListeners
from handlers.missed import Backfill
from handlers.moves.listeners import MoveListeners
from handlers.outgoing.cards import CardKeeper
from handlers.outgoing.charts import Charts
from handlers.outgoing.group_messages import GroupMessages
from handlers.outgoing.notice_poster import SlackNoticePoster
from handlers.rehearsals.listeners import RehearsalListeners
from handlers.scheduled_training.listeners import ScheduledTrainingListeners
from texts import starting as texts

log = structlog.get_logger()

# What may take time at the end. With `Timing.drain`, a second of the schedule's and one for what the inbox cuts off
# these are 8 s, for whoever stops a service kills it after ten.
_DISCONNECT_SECONDS = 1.0
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
        listeners: Mapping[type[object], object],
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
        client, who = await connecting.slack(settings)
        connected = await connecting.providers(configured)
        for provider in connected:
            stack.push_async_callback(provider.close)
        hosting = connecting.hosting(configured)
        for one in hosting.values():
            stack.push_async_callback(one.close)
        providers = Providers(*connected, configs=[one.config for one in configured], hosting=hosting)
        database = await Database.open(settings.finetune_data)
        stack.push_async_callback(database.close)
        inbox_store = SqliteInbox(database)
        unread = SqliteMissedChannels(database)
        last_heard = await unread.last_heard()
        services = await make_services(settings, timing, client, who, providers, database, pools or WorkerPools())
        await note_roles(services.audit, services.people.roles.in_words(), time.time())
        if pools is None:
            stack.callback(services.pools.close)

        charts = Charts(
            services.jobs,
            services.cards,
            services.poster,
            services.pools,
            calm=max(settings.finetune_poll_seconds, 5),
        )
        language = services.languages.place
        listeners = await compose.listeners(services)
        datasets, compare = _of(listeners, DatasetListeners), _of(listeners, CompareListeners)
        evaluating, judging = _of(listeners, EvaluationListeners), _of(listeners, JudgeListeners)
        generating = _of(listeners, GenerationListeners)
        exporting, moving = _of(listeners, ExportListeners), _of(listeners, MoveListeners)
        sweeps = SweepProgress(services.groups, services.jobs, notices_channel=settings.finetune_notices_channel)
        rehearsing = _of(listeners, RehearsalListeners)
        groups = GroupMessages(services.groups, sweeps, moving.progress, rehearsing.progress)
        notices = SlackNoticePoster(
            services.jobs,
            groups,
            services.poster,
            charts,
            digest_messages(services),
            language,
            may_approve(services),
            services.providers.abilities,
        )
        delivery = Delivery(SqliteOutbox(database), notices, look_every=timing.look_every, backoff=timing.notice)
        keeper = CardKeeper(
            services.jobs,
            groups,
            services.cards,
            services.poster,
            charts,
            language=language,
            abilities=services.providers.abilities,
            look_every=timing.look_every,
            between_edits=timing.between_edits,
            backoff=timing.notice,
        )
        tasks = [
            keep("second pass", datasets.reports.run_second_pass),
            keep("outbox", delivery.run),
            keep("cards", keeper.run),
            keep("comparisons", compare.keeper.run),
            keep("evaluations", evaluating.runs.run),
            keep("evaluations shown", evaluating.keeper.run),
            keep("checks of judges", judging.runs.run),
            keep("checks of judges shown", judging.keeper.run),
            keep("generations", generating.runs.run),
            keep("generations shown", generating.keeper.run),
            keep("exports", exporting.keeper.run),
            keep("moves", moving.progress.run),
            keep("rehearsals", rehearsing.progress.run),
            keep("homes", _of(listeners, HomeListeners).keeper.run),
        ]
        stack.push_async_callback(_stop, tasks, services.submitter)
        trainings = Task("scheduled trainings", 60.0, _of(listeners, ScheduledTrainingListeners).runs.tick)
        await stack.enter_async_context(
            schedule([*_tasks(services, inbox_store, settings.finetune_poll_seconds), trainings])
        )

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
            _webhook(one.webhook_path, provider, one.webhook_secret, services.followers[provider.name])
            for provider, one in zip(connected, configured, strict=True)
            if one.webhook_secret is not None
        ]
        handler = await _connect(app, settings, timing, client, backfill, stack)
        if handler is None:
            bot.port = await _listen(app, settings, webhooks, stack)
        elif webhooks:
            log.warning("OPENAI_WEBHOOK_SECRET has no effect in Socket Mode: nothing listens for webhooks.")
        if settings.health_port is not None:
            health = Health(database, services.followers, handler.client.is_connected if handler else None)
            at = settings.health_host, settings.health_port, "HEALTH"
            bot.health_port = await _serve(health_app(health), *at, stack)
        log.info("recovered", unfinished=unfinished)
        # Slack lets some fifty channels a minute be read, so neither the start nor a stop waits for that.
        tasks.append(reading := keep("backfill", backfill.run))
        stack.callback(reading.cancel)
        yield bot


L = TypeVar("L")


def _of(listeners: Mapping[type[object], object], kind: type[L]) -> L:
    found = listeners[kind]
    assert isinstance(found, kind)
    return found


def _tasks(services: Services, inbox: SqliteInbox, poll_seconds: float) -> list[Task]:
    repeats = EvaluationRepeats(SqliteEvaluationStore(services.database), services.datasets)
    deployments = DeploymentFollower(services.jobs, services.providers, services.model_uses)
    told = trackers(services.settings, services.pools)
    tracking = Tracking(
        SqliteTrackingStore(services.database),
        services.jobs,
        told,
        private=services.settings.finetune_track_private,
        between=services.timing.tracking,
    )
    return [
        *([Task("tracking", min(10.0, services.timing.tracking), tracking.tick)] if told else []),
        *(
            Task(f"follow {name}", min(1.0, poll_seconds), follower.tick)
            for name, follower in services.followers.items()
        ),
        Task("queue", min(1.0, poll_seconds), services.job_queue.tick),
        *([Task("deployments", max(1.0, poll_seconds), deployments.tick)] if services.providers.deploys else []),
        Task("models", 600.0, services.lost_models.look),
        Task("retirements", 600.0, services.retirement_warnings.look),
        Task("remind", 600.0, services.approvals.remind),
        Task("remind of sweeps", 600.0, services.group_approvals.remind),
        Task("digests", 60.0, DigestSender(SqliteDigestPlans(services.database), digests(services)).look),
        Task("repeat evaluations", 600.0, repeats.tick),
        Task("forget", 24 * 3600.0, inbox.forget_old),
    ]


def _webhook(path: str, provider: OpenAIProtocol, secret: SecretStr, follower: Follower) -> web.RouteDef:
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


async def _connect(
    app: AsyncApp,
    settings: Settings,
    timing: Timing,
    client: AsyncWebClient,
    backfill: Backfill,
    stack: contextlib.AsyncExitStack,
) -> AsyncSocketModeHandler | None:
    """Socket Mode; None where there is no app token."""
    if settings.slack_app_token is None:
        return None
    handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value(), web_client=client)
    stack.push_async_callback(_disconnect, handler)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    watch = partial(backfill.watch, handler.client.is_connected, look_every=timing.connection_look)
    watching = keep("connection", watch)
    stack.callback(watching.cancel)
    return handler


async def _listen(
    app: AsyncApp, settings: Settings, webhooks: list[web.RouteDef], stack: contextlib.AsyncExitStack
) -> int:
    """HTTP mode."""
    web_app = app.web_app("/slack/events", port=settings.http_port)
    web_app.add_routes(webhooks)
    return await _serve(web_app, settings.http_host, settings.http_port, "HTTP", stack)


async def _serve(
    web_app: web.Application, host: str, port: int, settings: str, stack: contextlib.AsyncExitStack
) -> int:
    """The port that it listens on, until the stack is closed. `settings`: what those of host and port begin with."""
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=_DISCONNECT_SECONDS)
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


async def _disconnect(handler: AsyncSocketModeHandler) -> None:
    """A WebSocket that is in trouble may never answer its close."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DISCONNECT_SECONDS):
            await handler.close_async()  # type: ignore[no-untyped-call]


async def _stop(tasks: list[asyncio.Task[None]], submitter: Submitter) -> None:
    """All at once; whatever does not end in time ends with the process, and is gone on with at the next start."""
    for task in tasks:
        task.cancel()
    await asyncio.wait([*tasks, asyncio.create_task(submitter.close())], timeout=_STOP_SECONDS)


def set_up_logging(level: str) -> None:
    """Readable lines on a terminal, JSON lines elsewhere; no secret passes."""
    names = logging.getLevelNamesMapping()
    if level.upper() not in names:
        raise StartError(texts.unknown_log_level(level))

    def without_secrets(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}

    on_terminal = sys.stderr.isatty()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(names[level.upper()]),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # A long tick is not an incident, and Bolt logs whole payloads below this level.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
