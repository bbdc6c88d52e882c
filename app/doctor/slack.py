"""What Slack says of the app: its tokens, its scopes, its connections and its clock.

Slack gives each event to one of an app's open connections, whichever that is: a second process with the same tokens
takes half of them. How many there are it tells only whoever opens one more, so that is done for a moment.
"""

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from app import connecting
from bot.doctor.finding import Finding, ok, warning, wrong
from bot.errors import StartError
from bot.settings import Settings
from bot.unreachable import why_unreachable
from texts import starting
from training_files.redact import redact

CLOCK_OFF: Final = 30.0
CLOCK_WRONG: Final = 240.0
"""Seconds. Whoever checks the signature of a request refuses one of five minutes ago."""

_HELLO_SECONDS: Final = 10.0


async def check_slack(settings: Settings, *, bots_here: int) -> list[Finding]:
    """`bots_here`: how many bots work with the store of these settings, so that as many connections are expected."""
    client = connecting.slack_client(settings)
    asked_at = time.time()
    try:
        who = await connecting.asked(client.auth_test, "SLACK_BOT_TOKEN", settings)
    except StartError as error:
        return [wrong("slack_refuses", error=error)]
    if not who.get("bot_id"):
        return [wrong("slack_refuses", error=StartError(starting.persons_token()))]
    between = (asked_at + time.time()) / 2
    return [
        ok("bot_token", bot=str(who.get("user")), team=str(who.get("team")), team_id=str(who.get("team_id"))),
        *_scopes(connecting.granted_scopes(who), connecting.needed_scopes(settings)),
        *_links(settings),
        *_clock(who.headers, between),
        *await _connections(client, settings, str(who["bot_id"]), bots_here=bots_here),
        *await _notices_channel(client, settings.finetune_notices_channel),
        *await _people(client, settings),
    ]


def _scopes(granted: frozenset[str], needed: frozenset[str]) -> Iterator[Finding]:
    if not granted:
        yield warning("scopes_not_told")
    elif missing := sorted(needed - granted):
        yield wrong("scopes_missing", scopes=missing)
    else:
        yield ok("scopes", count=len(needed))
    if more := sorted(granted - needed):
        yield warning("scopes_not_needed", scopes=more)


def _links(settings: Settings) -> Iterator[Finding]:
    """Whether anybody answers at the address of links to jobs."""
    if settings.finetune_public_url is None:
        return
    if settings.slack_app_token is not None and settings.health_port is None:
        yield wrong("links_lead_nowhere")
    else:
        yield ok("links", domain=str(urlsplit(settings.finetune_public_url).hostname))


def _clock(headers: Mapping[str, str], here: float) -> Iterator[Finding]:
    """`here`: this machine's clock when Slack answered."""
    try:
        # It tells whole seconds, and drops the rest.
        there = parsedate_to_datetime(headers["date"]).timestamp() + 0.5
    except (KeyError, TypeError, ValueError):
        return
    ahead = here - there
    say = ok if abs(ahead) < CLOCK_OFF else warning if abs(ahead) < CLOCK_WRONG else wrong
    yield say("clock") if say is ok else say("clock_off", seconds=round(abs(ahead)), ahead=ahead > 0)


async def _connections(client: AsyncWebClient, settings: Settings, bot_id: str, *, bots_here: int) -> list[Finding]:
    if settings.slack_app_token is None:
        return [ok("over_http", port=str(settings.http_port))]
    token = settings.slack_app_token.get_secret_value()
    try:
        opened = await connecting.asked(
            lambda: client.apps_connections_open(app_token=token), "SLACK_APP_TOKEN", settings
        )
    except StartError as error:
        return [wrong("slack_refuses", error=error)]
    url = str(opened.get("url"))
    try:
        hello = await _hello(url, client.proxy)
    except (aiohttp.ClientError, OSError, TypeError, ValueError) as error:
        return [wrong("no_socket", error=why_unreachable(error, url))]
    connected = hello.get("num_connections")
    app_id = (hello.get("connection_info") or {}).get("app_id")
    found = [_others(connected - 1, bots_here)] if isinstance(connected, int) else []
    return [*found, *await _app(client, bot_id, app_id)]


async def _hello(url: str, proxy: str | None) -> dict[str, Any]:
    """Slack's first message on a new connection, which is closed at once."""
    async with (
        asyncio.timeout(_HELLO_SECONDS),
        aiohttp.ClientSession() as session,
        session.ws_connect(url, proxy=proxy, timeout=aiohttp.ClientWSTimeout(ws_close=1)) as socket,
    ):
        while (message := await socket.receive_json()).get("type") != "hello":
            pass
    return dict(message)


def _others(others: int, bots_here: int) -> Finding:
    """`others`: connections beside the doctor's own."""
    if others > bots_here:
        return wrong("other_connections", count=others - bots_here)
    if others < bots_here:
        return warning("bot_not_connected")
    return ok("bot_connected" if bots_here else "no_connection")


async def _app(client: AsyncWebClient, bot_id: str, app_id: object) -> list[Finding]:
    """Whether both tokens are of one app: otherwise the bot speaks as one and hears what is said to the other."""
    answer, _ = await _answer(client.bots_info(bot=bot_id))
    bots_app = (answer.get("bot") or {}).get("app_id")
    if not app_id or not bots_app or app_id == bots_app:
        return []
    return [wrong("tokens_of_two_apps", bot=str(bots_app), app=str(app_id))]


async def _notices_channel(client: AsyncWebClient, channel: str | None) -> list[Finding]:
    if channel is None:
        return []
    answer, code = await _answer(client.conversations_info(channel=channel))
    if code is not None:
        return [wrong("notices_channel_unknown", channel=channel, code=code)]
    about = answer.get("channel") or {}
    name = str(about.get("name") or channel)
    if about.get("is_archived"):
        return [wrong("notices_channel_archived", channel=name)]
    return [
        ok("notices_channel", channel=name) if about.get("is_member") else wrong("not_in_notices_channel", channel=name)
    ]


async def _people(client: AsyncWebClient, settings: Settings) -> list[Finding]:
    """Whether there are those that the settings name: an id of nobody gives nobody a role, and nobody is told."""
    named = sorted({*settings.finetune_admins, *settings.finetune_approvers, *settings.finetune_members})
    there = await asyncio.gather(*(_is_there(client, one) for one in named))
    if missing := [one for one, is_there in zip(named, there, strict=True) if not is_there]:
        return [wrong("people_unknown", people=missing)]
    return [ok("people", count=len(named))] if named else []


async def _is_there(client: AsyncWebClient, person: str) -> bool:
    """`person`: or a user group. Where it is not for their sake that Slack does not tell, they count as there."""
    is_group = person.startswith("S")
    asked = client.usergroups_users_list(usergroup=person) if is_group else client.users_info(user=person)
    answer, code = await _answer(asked)
    if code in {"missing_scope", "ratelimited", "no_answer"}:
        return True
    return code is None and not (answer.get("user") or {}).get("deleted")


async def _answer(call: Awaitable[AsyncSlackResponse]) -> tuple[dict[str, Any], str | None]:
    """What Slack says, or the code of its error; "no_answer" where none came."""
    try:
        data = (await call).data
    except SlackApiError as error:
        refusal = getattr(error.response, "data", None)
        return {}, redact(str(refusal.get("error"))) if isinstance(refusal, dict) else "no_answer"
    except (aiohttp.ClientError, OSError):
        return {}, "no_answer"
    return (data, None) if isinstance(data, dict) else ({}, "no_answer")
