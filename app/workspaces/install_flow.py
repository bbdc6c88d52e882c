"""Installing the app in a workspace: Bolt's OAuth flow, with our pages and our store."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from app import connecting
from app.workspaces import pages
from app.workspaces.slack_tokens import web_client
from bot.errors import BotError
from bot.settings import Settings
from bot.workspaces.installation import Installation, Tokens
from bot.workspaces.workspaces import STATE_SECONDS, Workspaces
from training_files.redact import remember_secret

log = structlog.get_logger()

INSTALL: Final = "/slack/install"
REDIRECT: Final = "/slack/oauth_redirect"


class OrgWide(BoltError):
    """The app was allowed for a whole organisation, not for one workspace."""


class _States(AsyncOAuthStateStore):
    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        return await self._workspaces.issue_state()

    async def async_consume(self, state: str) -> bool:
        return await self._workspaces.consume_state(state)


class _Installations(AsyncInstallationStore):
    """Only `async_save` is asked for: who is installed where, `Hosting` knows."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def async_save(self, installation: SlackInstallation) -> None:
        token, team = installation.bot_token, installation.team_id
        if not token or not team:
            raise BoltError("no workspace, or no token")
        remember_secret(token)
        expires = installation.bot_token_expires_at
        tokens = Tokens(token, installation.bot_refresh_token, float(expires) if expires is not None else None)
        kept = Installation(
            team=team,
            name=installation.team_name or team,
            bot_user=installation.bot_user_id or "",
            installed_by=installation.user_id,
            installed_at=time.time(),
            scopes=tuple(installation.bot_scopes or ()),
            tokens=tokens,
        )
        try:
            await self._workspaces.install(kept)
        except BotError as error:
            raise BoltError(str(error)) from error


class InstallFlow(AsyncOAuthFlow):
    """`installed` is called once a workspace is stored, so that its bot is ready when the page says so."""

    def __init__(self, settings: Settings, workspaces: Workspaces, installed: Callable[[], Awaitable[None]]) -> None:
        secret = settings.slack_client_secret
        super().__init__(
            client=web_client(settings),
            settings=AsyncOAuthSettings(
                client_id=settings.slack_client_id,
                client_secret=secret.get_secret_value() if secret else None,
                scopes=sorted(connecting.NEEDED_SCOPES),
                user_scopes=[],
                redirect_uri=f"{settings.finetune_public_url}{REDIRECT}",
                install_path=INSTALL,
                redirect_uri_path=REDIRECT,
                authorization_url=settings.slack_authorize_url,
                installation_store=_Installations(workspaces),
                state_store=_States(workspaces),
                state_expiration_seconds=int(STATE_SECONDS),
                callback_options=AsyncCallbackOptions(success=self._succeeded, failure=self._failed),
            ),
        )
        self._installed = installed

    def routes(self) -> list[web.RouteDef]:
        async def install(request: web.Request) -> web.Response:
            return await to_aiohttp_response(await self.handle_installation(await to_bolt_request(request)))

        async def redirect(request: web.Request) -> web.Response:
            asked = await to_bolt_request(request)
            try:
                return await to_aiohttp_response(await self.handle_callback(asked))
            except (aiohttp.ClientError, OSError) as error:
                log.warning("not installed, Slack is not reached", why=type(error).__name__)
                return await to_aiohttp_response(self._page(asked, "no_connection", 502))

        return [web.get(INSTALL, install), web.get(REDIRECT, redirect)]

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:
        return pages.offer(pages.language_of(request.headers), url)

    async def store_installation(self, request: AsyncBoltRequest, installation: SlackInstallation) -> None:
        if installation.is_enterprise_install or not installation.team_id:
            # Nothing of it is kept, and Slack forgets it, too.
            try:
                await self.client.auth_revoke(token=installation.bot_token)
            except (SlackApiError, aiohttp.ClientError, OSError) as error:
                log.warning("an organisation's token was not revoked", why=type(error).__name__)
            raise OrgWide("org_wide")
        await self.settings.installation_store.async_save(installation)

    async def _succeeded(self, args: AsyncSuccessArgs) -> BoltResponse:
        await self._installed()
        name, team = args.installation.team_name or "", args.installation.team_id or ""
        return self._answer(pages.success(pages.language_of(args.request.headers), name, team), 200)

    async def _failed(self, args: AsyncFailureArgs) -> BoltResponse:
        reason = "org_wide" if isinstance(args.error, OrgWide) else args.reason
        log.warning("not installed", why=reason, error=str(args.error or ""))
        return self._page(args.request, reason, args.suggested_status_code)

    def _page(self, request: AsyncBoltRequest, reason: str, status: int) -> BoltResponse:
        return self._answer(pages.failure(pages.language_of(request.headers), reason, INSTALL), status)

    def _answer(self, html: str, status: int) -> BoltResponse:
        cookie = self.settings.state_utils.build_set_cookie_for_deletion()
        return BoltResponse(status=status, body=html, headers={**pages.HEADERS, "Set-Cookie": [cookie]})
