"""Slack and the provider as the settings name them: asked once at the start, so that what is wrong is said then."""

from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import structlog
from openai import AsyncOpenAI
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import StartError
from bot.providers.interface import ProviderError, Refused, Unintelligible
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.vendors import vendor_of
from bot.redact import redact
from bot.settings import SLACK_API_URL, Settings
from bot.unreachable import why_unreachable
from texts.errors import sentence

log = structlog.get_logger()

# What manifest.yml asks for; a test holds the two together.
NEEDED_SCOPES: Final = frozenset(
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
        "reactions:write",
        "usergroups:read",
        "users:read",
    }
)
_SCOPES_HEADER: Final = "x-oauth-scopes"


# Slack's kinds of token by how they begin (docs.slack.dev, "Tokens", read 2026-11-28); where an app rotates its tokens
# "xoxe." stands before.
_KINDS: Final = {
    "xoxb-": "a bot's token",
    "xapp-": "an app-level token",
    "xoxp-": "a person's token",
    "xoxe-": "a refresh token",
    "xwfp-": "a workflow's token",
}


def require(settings: Settings) -> None:
    """Nobody is asked before all that is needed is there and of its kind. Raises StartError, which names every setting
    that is not; a token in the wrong place is sent nowhere.
    """
    bot, app, key = _value(settings.slack_bot_token), _value(settings.slack_app_token), _value(settings.openai_api_key)
    complaints = []
    if _kind(bot) == "an app-level token" and _kind(app) == "a bot's token":
        complaints.append(
            "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: the bot's token begins with xoxb-, the app's with xapp-."
        )
    else:
        if not bot:
            complaints.append(
                "SLACK_BOT_TOKEN is missing. Put the bot's token (xoxb-…, from OAuth & Permissions of your Slack app) "
                "into the environment or a file .env. To try the bot without Slack: finetune-bot try."
            )
        elif _kind(bot) != "a bot's token":
            what = _kind(bot) or "no token of Slack's"
            complaints.append(
                f"SLACK_BOT_TOKEN is {what}. The bot's token begins with xoxb- and stands under OAuth & Permissions."
            )
        if not app and settings.slack_signing_secret is None:
            complaints.append(
                "SLACK_APP_TOKEN is missing. Create an app-level token (xapp-…, scope connections:write) under Basic "
                "Information, or set SLACK_SIGNING_SECRET to receive Slack's requests over HTTP."
            )
        elif app and _kind(app) != "an app-level token":
            what = _kind(app) or "no token of Slack's"
            complaints.append(
                f"SLACK_APP_TOKEN is {what}. The app-level token begins with xapp- and stands under Basic Information."
            )
    if not key:
        complaints.append(
            "OPENAI_API_KEY is missing. Put the provider's key into the environment or a file .env; for your own "
            "trainer, the key that `finetune-bot trainer keys create` prints."
        )
    for name, value in (("OPENAI_API_KEY", key), ("SLACK_SIGNING_SECRET", _value(settings.slack_signing_secret))):
        if kind := _kind(value):
            complaints.append(f"{name} holds {kind} of Slack's. Put that into its own setting, and the right one here.")
    if complaints:
        raise StartError(" ".join(complaints))


def _value(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""


def _kind(token: str) -> str | None:
    """Which kind of Slack's tokens it is, if one."""
    return _KINDS.get(token.removeprefix("xoxe.")[:5])


async def slack(settings: Settings) -> tuple[AsyncWebClient, dict[str, object]]:
    """A client whose token works, and who it says that we are."""
    client = AsyncWebClient(
        token=_value(settings.slack_bot_token),
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
    except (aiohttp.ClientError, OSError) as error:
        check = "the network" if settings.slack_api_url == SLACK_API_URL else "the network, and SLACK_API_URL"
        why = sentence(why_unreachable(error, settings.slack_api_url))
        raise StartError(f"Slack cannot be reached. {why} Check {check}.") from error


async def provider(settings: Settings) -> OpenAIProtocol:
    """A provider that takes our key; one that is down at the moment is no reason not to start."""
    client = AsyncOpenAI(api_key=_value(settings.openai_api_key), base_url=settings.openai_base_url, max_retries=0)
    # By the address: what messages call the provider is anybody's choice.
    vendor = vendor_of(client.base_url.host)
    provider = OpenAIProtocol(settings.provider_name, client, vendor=vendor)
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
        log.warning("The provider refuses; I go on and keep trying.", provider=provider.name, why=sentence(error))
    except Unintelligible as error:
        await provider.close()
        raise StartError(_not_the_protocol(settings, "its answer is something else")) from error
    except ProviderError as error:
        log.warning(
            "The provider does not answer; I go on and keep trying.", provider=provider.name, why=sentence(error)
        )
    return provider


def _not_the_protocol(settings: Settings, why: str) -> str:
    address = settings.openai_base_url or "its usual address"
    return (
        f"{settings.provider_name} does not speak OpenAI's protocol at {redact(address)} ({why}). "
        "Check OPENAI_BASE_URL; it usually ends in /v1."
    )
