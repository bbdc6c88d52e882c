"""Which workspace something from Slack is for. What is for none of ours is refused, and handed to nobody."""

import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from app.workspaces.hosting import Hosting
from bot.workspaces.workspaces import Workspaces

log = structlog.get_logger()

_NO_RETRY: Final[dict[str, str | Sequence[str]]] = {"x-slack-no-retry": "1"}


class Router:
    """Stands where Bolt's Socket Mode handler expects an app. `wake`: has the hosting look at what is
    installed."""

    def __init__(
        self, hosting: Hosting, workspaces: Workspaces, client: AsyncWebClient, wake: Callable[[], None]
    ) -> None:
        self.logger = logging.getLogger("slack_bolt")
        self.client = client
        self._hosting = hosting
        self._workspaces = workspaces
        self._wake = wake

    async def async_dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        body = request.body
        if body.get("type") == "url_verification":
            return BoltResponse(status=200, body=json.dumps({"challenge": body.get("challenge")}))
        if body.get("ssl_check"):
            return BoltResponse(status=200, body="")
        team = request.context.team_id
        if team is None or request.context.is_enterprise_install:
            log.warning("refused: for no single workspace", kind=body.get("type"))
            return BoltResponse(status=403, body="", headers=_NO_RETRY)
        if (left := _left(body)) is not None:
            await left(self._workspaces, team, float(body.get("event_time") or time.time()))
            self._wake()  # to erase may take longer than Slack waits
            return BoltResponse(status=200, body="")
        bot = self._hosting.bot_of(team)
        if bot is not None:
            return await bot.app.async_dispatch(request)
        if await self._hosting.is_installed(team):
            return BoltResponse(status=503, body="")  # it starts; events come again
        log.warning("refused: not installed there", workspace=team, kind=body.get("type"))
        return BoltResponse(status=403, body="", headers=_NO_RETRY)


def _left(body: dict[str, Any]) -> Callable[[Workspaces, str, float], Awaitable[bool]] | None:
    """What to do where the app was removed, or its token revoked."""
    event = body.get("event")
    match event if isinstance(event, dict) else {}:
        case {"type": "app_uninstalled"}:
            return Workspaces.remove
        case {"type": "tokens_revoked", "tokens": {"bot": [_, *_]}}:
            return Workspaces.revoke
    return None


def events_route(router: Router, signing_secret: str) -> web.RouteDef:
    """HTTP mode: what carries Slack's signature is dispatched."""
    verifier = SignatureVerifier(signing_secret)

    async def hear(request: web.Request) -> web.Response:
        bolt_request = await to_bolt_request(request)
        headers = {name: values[0] for name, values in bolt_request.headers.items()}
        if not verifier.is_valid_request(bolt_request.raw_body, headers):
            return web.Response(status=401)
        return await to_aiohttp_response(await router.async_dispatch(bolt_request))

    return web.post("/slack/events", hear)
