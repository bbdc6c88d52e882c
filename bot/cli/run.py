"""`finetune-bot run`: the bot itself, put together from its parts."""

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web
from openai import AsyncOpenAI
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.access import Policy
from bot.audit import note_roles
from bot.cli.schedule import Task, schedule
from bot.datasets.copies import Copies
from bot.errors import Invalid, NotFound, StartError
from bot.jobs.follow import Follower
from bot.jobs.line import Line
from bot.jobs.submit import Submitter
from bot.models.catalogue import Catalogue
from bot.notices.deliver import Delivery
from bot.providers.interface import ProviderError, Refused, Unintelligible
from bot.providers.openai_protocol import OpenAIProtocol
from bot.redact import redact
from bot.settings import Settings, load
from bot.spending.admission import Rules
from bot.spending.approval import Approvals
from bot.store.audit import SqliteAuditLog
from bot.store.conversations import SqliteConversationStore
from bot.store.database import Database
from bot.store.datasets import SqliteDatasetStore
from bot.store.inbox import SqliteInbox
from bot.store.jobs import SqliteJobStore
from bot.store.outbox import SqliteCardStore, SqliteOutbox
from bot.store.spending import SqliteBudgetStore
from bot.store.subscriptions import SqliteSubscriptions
from bot.store.timeline import SqliteDeliveries
from bot.store.unread import SqliteUnread
from handlers.app import build
from handlers.backfill import Backfill
from handlers.cards import CardKeeper
from handlers.checks import Checks, Lane
from handlers.inbox import Inbox
from handlers.people import People, Roles
from handlers.pictures import Pictures
from handlers.poster import Poster
from handlers.services import Services
from handlers.speaker import SlackSpeaker

log = structlog.get_logger()

# What may take time at the end. With a second of the schedule's and one for what the inbox cuts off these are 8 s, for
# whoever stops a service kills it after ten.
_DISCONNECT_SECONDS = 1.0
_DRAIN_SECONDS = 2.5
_STOP_SECONDS = 2.5
_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_SCOPES_HEADER = "x-oauth-scopes"


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
        for lane in (Lane.QUICK, Lane.REPORT):  # or the first file would wait for its process
            bot.services.checks.warm(lane)
        await stop.wait()


class Bot:
    """A running bot. `port` is HTTP mode's."""

    def __init__(self, name: str, team_name: str, services: Services, inbox: Inbox, app: AsyncApp) -> None:
        self.name = name
        self.team_name = team_name
        self.services = services
        self.inbox = inbox
        self.app = app
        self.port: int | None = None


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Bot]:
    """The bot, from its first to its last moment. Raises StartError, with one sentence, where it cannot start."""
    async with contextlib.AsyncExitStack() as stack:
        client, who = await _slack(settings)
        provider = await _provider(settings)
        stack.push_async_callback(provider.close)
        database = await Database.open(settings.finetune_data)
        stack.push_async_callback(database.close)
        inbox_store = SqliteInbox(database)
        unread = SqliteUnread(database)
        last_heard = await unread.last_heard()
        services = await _services(settings, client, who, provider, database)
        await note_roles(services.audit, services.people.roles.in_words(), time.time())
        stack.callback(services.checks.close)

        pictures = Pictures(
            services.jobs,
            services.cards,
            services.poster,
            services.checks,
            calm=max(settings.finetune_poll_seconds, 5),
        )
        delivery = Delivery(SqliteOutbox(database), SlackSpeaker(services.poster, pictures))
        keeper = CardKeeper(services.jobs, services.cards, services.poster, pictures)
        tasks = [
            asyncio.create_task(services.second_pass.run(services), name="second pass"),
            asyncio.create_task(delivery.run(), name="outbox"),
            asyncio.create_task(keeper.run(), name="cards"),
        ]
        stack.push_async_callback(_stop, tasks, services.submitter)
        await stack.enter_async_context(schedule(_tasks(services, inbox_store, settings.finetune_poll_seconds)))

        secret = settings.slack_signing_secret
        checked = secret.get_secret_value() if secret and not settings.slack_app_token else None
        app, inbox = build(client, checked, services, inbox_store)
        stack.push_async_callback(inbox.drain, _DRAIN_SECONDS)
        # What was left unfinished comes first, then what is new.
        await services.submitter.recover()
        unfinished = await inbox.recover(app)
        bot = Bot(str(who.get("user") or "bot"), str(who.get("team") or ""), services, inbox, app)
        backfill = Backfill(services, inbox, unread, lambda: inbox.recover(app))
        if last_heard is not None:
            await backfill.was_away(last_heard)
        bot.port = await _listen(
            app, settings, client, _webhooks(settings, provider, services.follower), backfill, stack
        )
        log.info("recovered", unfinished=unfinished)
        # Slack lets some fifty channels a minute be read, so neither the start nor a stop waits for that.
        tasks.append(reading := asyncio.create_task(backfill.run(), name="backfill"))
        stack.callback(reading.cancel)
        yield bot


async def _services(
    settings: Settings,
    client: AsyncWebClient,
    who: dict[str, object],
    provider: OpenAIProtocol,
    database: Database,
) -> Services:
    jobs = SqliteJobStore(database)
    datasets = SqliteDatasetStore(database)
    conversations = SqliteConversationStore(database)
    copies = Copies(settings.finetune_data / "files", settings.finetune_max_file_mb * 1_000_000)
    copies.remove_leftovers()
    poster = Poster(client)
    team = str(who["team_id"])
    elsewhere = settings.finetune_notices_channel

    async def locate(dataset_id: str) -> tuple[Path, str]:
        dataset = await datasets.get(dataset_id)
        if dataset is None or dataset.deleted_at is not None or not copies.path(dataset.sha256).exists():
            raise NotFound("The training file was deleted before it was uploaded. Drop it again and start anew.")
        return copies.path(dataset.sha256), dataset.sha256

    rules = Rules(
        settings.finetune_approval_above,
        settings.finetune_approve_unknown_prices,
        tuple(dict.fromkeys((*settings.finetune_approvers, *settings.finetune_admins))),
        settings.finetune_max_running,
    )
    submitter = Submitter(jobs, provider, locate, rules=rules, notices_channel=elsewhere)
    return Services(
        settings=settings,
        policy=Policy(settings.finetune_allow_guests, settings.finetune_allow_other_organisations),
        bot_user=str(who["user_id"]),
        team=team,
        jobs=jobs,
        cards=SqliteCardStore(database),
        datasets=datasets,
        copies=copies,
        conversations=conversations,
        provider=provider,
        submitter=submitter,
        follower=Follower(jobs, provider, poll_seconds=settings.finetune_poll_seconds, notices_channel=elsewhere),
        catalogue=Catalogue(provider, jobs, wanted=settings.finetune_models, default=settings.finetune_default_model),
        deliveries=SqliteDeliveries(database),
        subscriptions=SqliteSubscriptions(database),
        audit=SqliteAuditLog(database),
        rules=rules,
        budgets=SqliteBudgetStore(database),
        approvals=Approvals(jobs, notices_channel=elsewhere),
        line=Line(jobs, provider.name, submitter.release, most_running=rules.most_running),
        people=People(
            poster,
            team,
            Roles(settings.finetune_admins, settings.finetune_approvers, settings.finetune_members),
        ),
        poster=poster,
        checks=Checks(),
        conversation_threads=await conversations.threads(),
    )


async def _slack(settings: Settings) -> tuple[AsyncWebClient, dict[str, object]]:
    """A client whose token works, and who it says that we are."""
    if settings.slack_bot_token is None:
        raise StartError(
            "SLACK_BOT_TOKEN is missing. Put the bot's token (xoxb-…, from OAuth & Permissions of your Slack app) "
            "into the environment or a file .env. To try the bot without Slack: finetune-bot try"
        )
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise StartError(
            "SLACK_APP_TOKEN is missing. Create an app-level token (xapp-…, scope connections:write) under Basic "
            "Information, or set SLACK_SIGNING_SECRET to receive Slack's requests over HTTP."
        )
    client = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url.rstrip("/") + "/",
        timeout=30,
        # Repeating is the poster's decision: the SDK would repeat posts that may have arrived.
        retry_handlers=[],
    )
    answer = await _asked(client.auth_test, "SLACK_BOT_TOKEN", settings)
    if not answer.get("bot_id"):
        raise StartError(
            "SLACK_BOT_TOKEN cannot be used. It is a person's token (xoxp-…); the bot's begins with xoxb- and stands "
            "under OAuth & Permissions."
        )
    granted = {scope.strip() for scope in str(answer.headers.get(_SCOPES_HEADER, "")).split(",") if scope.strip()}
    if granted and (missing := NEEDED_SCOPES - granted):
        log.warning(
            "The app lacks scopes; some things will not work. Add them under OAuth & Permissions and reinstall.",
            missing=sorted(missing),
        )
    if settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        await _asked(lambda: client.apps_connections_open(app_token=token), "SLACK_APP_TOKEN", settings)
    return client, dict(answer.data) if isinstance(answer.data, dict) else {}


# What manifest.yml asks for; a test holds the two together.
NEEDED_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "usergroups:read",
        "users:read",
    }
)


async def _asked(
    call: Callable[[], Awaitable[AsyncSlackResponse]], setting: str, settings: Settings
) -> AsyncSlackResponse:
    """Slack's answer, or one sentence about the token."""
    try:
        return await call()
    except SlackApiError as error:
        data = getattr(error.response, "data", None)
        if not isinstance(data, dict) or not isinstance(data.get("error"), str):
            raise StartError(
                f"{settings.slack_api_url} does not answer as Slack's Web API does. Check SLACK_API_URL; if it is "
                "right, try again in a minute."
            ) from error
        code = redact(data["error"])
        if code == "ratelimited":
            raise StartError("Slack asks to wait (too many starts). Start again in a minute.") from error
        why = {
            "invalid_auth": "Slack does not accept it: it is wrong, or of another kind.",
            "not_allowed_token_type": "It is a token of another kind.",
            "account_inactive": "The app was removed from the workspace; install it again.",
            "token_revoked": "It was revoked; install the app again and take the new one.",
            "token_expired": "It has expired; take a new one.",
            "missing_scope": f"It lacks the scope {error.response.get('needed')}.",
        }.get(code, f"Slack answered: {code}.")
        raise StartError(f"{setting} cannot be used. {why}") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise StartError(
            f"Slack cannot be reached at {settings.slack_api_url}. Check the network, and SLACK_API_URL."
        ) from error


async def _provider(settings: Settings) -> OpenAIProtocol:
    """A provider that takes our key; one that is down at the moment is no reason not to start."""
    if settings.openai_api_key is None:
        raise StartError(
            "OPENAI_API_KEY is missing. Put the provider's key into the environment or a file .env; for your own "
            "trainer, the key that `finetune-bot trainer keys create` prints."
        )
    client = AsyncOpenAI(
        api_key=settings.openai_api_key.get_secret_value(), base_url=settings.openai_base_url, max_retries=0
    )
    provider = OpenAIProtocol(settings.provider_name, client)
    try:
        await provider.models()
    except Refused as error:
        if error.status in {401, 403}:
            await provider.close()
            raise StartError(
                f"OPENAI_API_KEY cannot be used: {provider.name} answered: {redact(str(error))}"
            ) from error
        if error.status in {400, 404, 405, 422}:
            await provider.close()
            raise StartError(_not_the_protocol(settings, f"status {error.status}")) from error
        log.warning("The provider refuses; I go on and keep trying.", provider=provider.name, why=str(error))
    except Unintelligible as error:
        await provider.close()
        raise StartError(_not_the_protocol(settings, "its answer is something else")) from error
    except ProviderError as error:
        log.warning("The provider cannot be reached; I go on and keep trying.", provider=provider.name, why=str(error))
    return provider


def _not_the_protocol(settings: Settings, why: str) -> str:
    address = settings.openai_base_url or "its usual address"
    return (
        f"{settings.provider_name} does not speak OpenAI's protocol at {redact(address)} ({why}). "
        "Check OPENAI_BASE_URL; it usually ends in /v1."
    )


def _tasks(services: Services, inbox: SqliteInbox, poll_seconds: float) -> list[Task]:
    return [
        Task("follow", min(1.0, poll_seconds), services.follower.tick),
        Task("line", min(1.0, poll_seconds), services.line.tick),
        Task("remind", 600.0, services.approvals.remind),
        Task("forget", 24 * 3600.0, inbox.forget_old),
    ]


def _webhooks(settings: Settings, provider: OpenAIProtocol, follower: Follower) -> list[web.RouteDef]:
    """Where the provider tells that a job has ended. It only wakes the follower, so one that comes twice, late or not
    at all does no harm: what is true is asked for."""
    if settings.openai_webhook_secret is None:
        return []
    secret = settings.openai_webhook_secret.get_secret_value()

    async def hear(request: web.Request) -> web.Response:
        try:
            job = provider.job_of_webhook(await request.read(), request.headers, secret)
        except Invalid as error:
            log.warning("webhook refused", why=str(error))
            return web.Response(status=400, text="The signature is not valid.")
        if job is not None:
            follower.hint(job)
        return web.Response(status=204)

    return [web.post("/openai/webhook", hear)]


async def _listen(
    app: AsyncApp,
    settings: Settings,
    client: AsyncWebClient,
    webhooks: list[web.RouteDef],
    backfill: Backfill,
    stack: contextlib.AsyncExitStack,
) -> int | None:
    """Socket Mode, or HTTP where there is no app token."""
    if settings.slack_app_token is not None:
        handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value(), web_client=client)
        stack.push_async_callback(_disconnect, handler)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        watching = asyncio.create_task(backfill.watch(handler.client.is_connected), name="connection")
        stack.callback(watching.cancel)
        if webhooks:
            log.warning("OPENAI_WEBHOOK_SECRET has no effect in Socket Mode: nothing listens for webhooks.")
        return None
    web_app = app.web_app("/slack/events", port=settings.http_port)
    web_app.add_routes(webhooks)
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=_DISCONNECT_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, settings.http_host, settings.http_port)
    try:
        await site.start()
    except OSError as error:
        why = "it is taken by another program" if error.errno == errno.EADDRINUSE else error.strerror
        raise StartError(
            f"I cannot listen on port {settings.http_port} of {settings.http_host}: {why}. Set HTTP_PORT to a free "
            "one (and HTTP_HOST to an address of this machine), or stop the other program."
        ) from error
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
        raise StartError(f"FINETUNE_LOG_LEVEL is {level}; it must be DEBUG, INFO, WARNING or ERROR.")

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
