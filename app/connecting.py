"""Slack and the providers as the settings name them: asked once at the start, so that what is wrong is said then."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp
import structlog
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from app import traces, tracking
from bot.errors import StartError
from bot.providers.azure_deployments import AzureDeployments
from bot.providers.clients import client_of
from bot.providers.config import ProviderConfig
from bot.providers.configured import ConfiguredProvider, read_providers
from bot.providers.interface import ProviderError, Refused, Unintelligible
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.vendors import vendor_at
from bot.settings import SLACK_API_URL, Settings
from bot.unreachable import why_unreachable
from texts import starting as texts
from texts.errors import sentence
from texts.formats import sentences
from training_files.redact import redact, remember_secret

log = structlog.get_logger()

# What manifest.yml asks for; a test holds the two together.
NEEDED_SCOPES: Final = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
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
# Besides, where jobs have links: docs/administration.md says which lines the manifest needs.
LINK_SCOPES: Final = frozenset({"links:read", "links:write"})
_SCOPES_HEADER: Final = "x-oauth-scopes"


# How Slack's tokens begin, by their kinds (docs.slack.dev, "Tokens", read 2026-11-28); where an app rotates its tokens
# "xoxe." stands before.
_KINDS: Final = ("xoxb-", "xapp-", "xoxp-", "xoxe-", "xwfp-")


_PROVIDERS_FILE: Final = Path("providers.toml")


def configured(settings: Settings) -> list[ConfiguredProvider]:
    """The providers of the file, the default first; without one, that of the environment. Raises StartError."""
    file = settings.finetune_providers or _PROVIDERS_FILE
    if file.name == "none" or (settings.finetune_providers is None and not file.is_file()):
        return [of_environment(settings)]
    return read_providers(file)


def of_environment(settings: Settings) -> ConfiguredProvider:
    key = _value(settings.openai_api_key)
    remember_secret(key)
    address = settings.openai_base_url
    return ConfiguredProvider(
        ProviderConfig(
            name=settings.provider_name,
            models=tuple(settings.finetune_models),
            default_model=settings.finetune_default_model,
            embedding_model=settings.finetune_embedding_model,
        ),
        # By the address: what messages call the provider is anybody's choice.
        vendor_at(address),
        SecretStr(key),
        address,
        settings.openai_webhook_secret,
    )


def require(settings: Settings, providers: Sequence[ConfiguredProvider]) -> None:
    """Nobody is asked before all that is needed is there and of its kind. Raises StartError, which names every setting
    that is not; a token in the wrong place is sent nowhere.
    """
    bot, app = _value(settings.slack_bot_token), _value(settings.slack_app_token)
    complaints = []
    if _kind(bot) == "xapp-" and _kind(app) == "xoxb-":
        complaints.append(texts.tokens_swapped())
    else:
        if not bot:
            complaints.append(texts.no_bot_token())
        elif _kind(bot) != "xoxb-":
            complaints.append(texts.wrong_bot_token(texts.token_kind(_kind(bot))))
        if not app and settings.slack_signing_secret is None:
            complaints.append(texts.no_app_token())
        elif app and _kind(app) != "xapp-":
            complaints.append(texts.wrong_app_token(texts.token_kind(_kind(app))))
    _require(settings, providers, complaints)


def require_of_many(settings: Settings, providers: Sequence[ConfiguredProvider]) -> None:
    """Likewise, where workspaces bring their own tokens."""
    app = _value(settings.slack_app_token)
    complaints = []
    if not app and settings.slack_signing_secret is None:
        complaints.append(texts.no_app_token())
    elif app and _kind(app) != "xapp-":
        complaints.append(texts.wrong_app_token(texts.token_kind(_kind(app))))
    _require(settings, providers, complaints)


def _require(settings: Settings, providers: Sequence[ConfiguredProvider], complaints: list[str]) -> None:
    if not all(one.key.get_secret_value() for one in providers):
        complaints.append(texts.no_provider_key())
    complaints += tracking.complaints(settings) + traces.complaints(settings)
    key = _value(settings.openai_api_key)
    for name, value in (("OPENAI_API_KEY", key), ("SLACK_SIGNING_SECRET", _value(settings.slack_signing_secret))):
        if kind := _kind(value):
            complaints.append(texts.token_in_the_wrong_place(name, texts.token_kind(kind)))
    if complaints:
        raise StartError(sentences(*complaints))


def _value(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""


def _kind(token: str) -> str | None:
    """Which kind of Slack's tokens it is, if one: how that begins."""
    prefix = token.removeprefix("xoxe.")[:5]
    return prefix if prefix in _KINDS else None


def slack_client(settings: Settings) -> AsyncWebClient:
    return AsyncWebClient(
        token=_value(settings.slack_bot_token),
        base_url=settings.slack_api_url.rstrip("/") + "/",
        timeout=30,
        # Repeating is the poster's decision: the SDK would repeat posts that may have arrived.
        retry_handlers=[],
    )


async def slack(settings: Settings) -> tuple[AsyncWebClient, dict[str, object]]:
    """A client with a token that works, and the bot's identity."""
    client = slack_client(settings)
    answer = await asked(client.auth_test, "SLACK_BOT_TOKEN", settings)
    if not answer.get("bot_id"):
        raise StartError(texts.persons_token())
    granted = granted_scopes(answer)
    if granted and (missing := needed_scopes(settings) - granted):
        log.warning(
            "The app lacks scopes; some things will not work. Add them under OAuth & Permissions and reinstall.",
            missing=sorted(missing),
        )
    if settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        await asked(lambda: client.apps_connections_open(app_token=token), "SLACK_APP_TOKEN", settings)
    return client, dict(answer.data) if isinstance(answer.data, dict) else {}


def needed_scopes(settings: Settings) -> frozenset[str]:
    return NEEDED_SCOPES | LINK_SCOPES if settings.finetune_public_url else NEEDED_SCOPES


def granted_scopes(answer: AsyncSlackResponse) -> frozenset[str]:
    """Those of the token with which Slack was asked; none where it does not say."""
    return frozenset(filter(None, map(str.strip, str(answer.headers.get(_SCOPES_HEADER, "")).split(","))))


async def asked(
    call: Callable[[], Awaitable[AsyncSlackResponse]], setting: str, settings: Settings
) -> AsyncSlackResponse:
    """Slack's answer, or one sentence about the token."""
    try:
        return await call()
    except SlackApiError as error:
        data = getattr(error.response, "data", None)
        if not isinstance(data, dict) or not isinstance(data.get("error"), str):
            raise StartError(texts.not_slacks_api(settings.slack_api_url)) from error
        code = redact(data["error"])
        if code == "ratelimited":
            raise StartError(texts.slack_asks_to_wait()) from error
        raise StartError(texts.token_refused(setting, code, str(error.response.get("needed")))) from error
    except (aiohttp.ClientError, OSError) as error:
        why = sentence(why_unreachable(error, settings.slack_api_url))
        usual = settings.slack_api_url == SLACK_API_URL
        raise StartError(texts.slack_unreachable(why, usual_address=usual)) from error


async def providers(configured: Sequence[ConfiguredProvider]) -> list[OpenAIProtocol]:
    """Providers that take our keys. Raises StartError, and has then closed them all."""
    made = unasked(configured)
    try:
        for provider, one in zip(made, configured, strict=True):
            await _try(provider, one.base_url)
    except StartError:
        for provider in made:
            await provider.close()
        raise
    return made


def unasked(configured: Sequence[ConfiguredProvider]) -> list[OpenAIProtocol]:
    """Providers of which nobody knows yet whether they take our keys."""
    return [
        OpenAIProtocol(
            one.config.name,
            client_of(one.vendor, one.key.get_secret_value(), one.base_url),
            vendor=one.vendor,
        )
        for one in configured
    ]


def hosting(configured: Sequence[ConfiguredProvider]) -> dict[str, AzureDeployments]:
    """By provider, where the bot may deploy models. Nobody is asked."""
    return {one.config.name: AzureDeployments(one.azure) for one in configured if one.azure is not None}


async def _try(provider: OpenAIProtocol, address: str | None) -> None:
    """One that is down at the moment is no reason not to start. Raises StartError."""
    try:
        await provider.models()
    except Refused as error:
        if error.status in {401, 403}:
            raise StartError(texts.key_refused(provider.name, redact(str(error)))) from error
        if error.status in {400, 404, 405, 422}:
            raise StartError(_not_the_protocol(provider.name, address, error.status)) from error
        log.warning("The provider refuses; I go on and keep trying.", provider=provider.name, why=sentence(error))
    except Unintelligible as error:
        raise StartError(_not_the_protocol(provider.name, address, None)) from error
    except ProviderError as error:
        log.warning(
            "The provider does not answer; I go on and keep trying.", provider=provider.name, why=sentence(error)
        )


def _not_the_protocol(name: str, address: str | None, status: int | None) -> str:
    return texts.not_the_protocol(name, redact(address) if address else texts.usual_address(), status)
