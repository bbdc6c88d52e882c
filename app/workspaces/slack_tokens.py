"""Slack, asked for one workspace's tokens and identity."""

from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from bot.workspaces.installation import Tokens
from bot.workspaces.workspaces import NotRefreshed

REVOKED: Final = frozenset({"account_inactive", "invalid_auth", "token_revoked", "team_access_not_granted"})
"""Slack's errors for a token that will never be taken again. An expired one may be refreshed."""
_MAY_PASS: Final = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})


def web_client(settings: Settings, token: str | None = None) -> AsyncWebClient:
    # As in app/connecting.py: repeating is the poster's decision.
    base_url = settings.slack_api_url.rstrip("/") + "/"
    return AsyncWebClient(token=token, base_url=base_url, timeout=30, retry_handlers=[])


async def refreshed(settings: Settings, client: AsyncWebClient, refresh_token: str, now: float) -> Tokens:
    """Raises NotRefreshed."""
    secret = settings.slack_client_secret
    try:
        answer = await client.oauth_v2_access(
            client_id=settings.slack_client_id or "",
            client_secret=secret.get_secret_value() if secret else "",
            grant_type="refresh_token",
            refresh_token=refresh_token,
        )
        token, following = str(answer["access_token"]), str(answer["refresh_token"])
        return Tokens(token, following, now + float(answer["expires_in"]))
    except SlackApiError as error:
        code = str(error.response.get("error") or "")
        raise NotRefreshed(code, final=code not in _MAY_PASS) from error
    except (aiohttp.ClientError, OSError, KeyError, TypeError, ValueError) as error:
        raise NotRefreshed(type(error).__name__, final=False) from error
