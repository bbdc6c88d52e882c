"""Several workspaces of one app behind one server, and Slack's way to install it there.

    teams = [Team("T0SANDBOX1", "Sandbox", "sandbox"), Team("T0SECOND01", "Second", "second")]
    async with ManyWorkspaces(data=tmp_path, manifest=Path("manifest.yml"), teams=teams) as slack:
        AsyncOAuthSettings(client_id=slack.client_id, authorization_url=slack.authorize_url, ...)
        person = SandboxClient(slack.page_of("T0SECOND01"))

A workspace's page, files and response URLs stand below /w/TEAM/; a call of the Web API goes to the workspace whose
token it carries. The people and channels of all workspaces have the same ids, so that nothing is told apart by them.
OAuth as in docs.slack.dev/authentication/installing-with-oauth and using-token-rotation (read 2026-11-30).
"""

import base64
import binascii
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.app_endpoints import arguments, bearer
from sandbox.manifest import Manifest
from sandbox.model import Json
from sandbox.security import is_this_machine
from sandbox.seed import ANA
from sandbox.server import Sandbox, create_app
from sandbox.settings import Settings
from sandbox.slack_errors import SlackError, fail
from sandbox.state import SandboxState
from sandbox.workspace import SANDBOX, Team

ORGANISATION = "E0SANDBOX1"
TOKEN_LIFE = 12 * 3600
_CODE_LIFE = 600.0


@dataclass(frozen=True, slots=True)
class _Grant:
    """What somebody allowed: `team` is a workspace's id, or the organisation's."""

    team: str
    redirect_uri: str
    until: float


class ManyWorkspaces(Sandbox):
    """`rotates`: whether the app rotates its tokens. The first of the `teams` is the one that a Sandbox has."""

    def __init__(
        self, *, data: Path, manifest: Path, teams: Sequence[Team], settings: Settings | None = None, rotates: bool
    ) -> None:
        super().__init__(data=data, manifest=manifest, settings=settings)
        self.client_id, self.client_secret = f"1.{secrets.randbelow(10**12)}", secrets.token_hex(16)
        self.rotates = rotates
        self.token_life: float = TOKEN_LIFE
        self.states = {SANDBOX.id: self.state}
        for team in teams[1:]:
            given = {"key": self.key, "app_token": self.app_token, "signing_secret": self.signing_secret}
            self.states[team.id] = SandboxState(
                data / team.id,
                Manifest.read(manifest),
                None,
                self.state.settings,
                given,
                team,
                self.state.deliverer.sockets,
            )
        self.refreshes: list[str] = []
        """Teams whose token was refreshed, one for each time."""
        self._codes: dict[str, _Grant] = {}
        self._refresh_tokens: dict[str, str] = {}

    @property
    def authorize_url(self) -> str:
        return f"{self.url}/oauth/v2/authorize"

    def page_of(self, team: str) -> str:
        return f"{self.url}/w/{team}/?key={self.key}"

    def uninstall(self, team: str) -> None:
        """Somebody removes the app from the workspace: its tokens end, and Slack tells the app."""
        state = self.states[team]
        state.bot_tokens.clear()
        state.events.tell({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [state.workspace.BOT]}})
        state.events.tell({"type": "app_uninstalled"})

    async def stop(self) -> None:
        for state in list(self.states.values())[1:]:
            await state.close()
        await super().stop()

    def _app(self) -> ASGIApp:
        apps: dict[str, ASGIApp] = {}
        for team, state in self.states.items():
            state.base_url = state.workspace.base_url = f"{self.url}/w/{team}"
            apps[team] = create_app(state, self._allowed_hosts)
        oauth = Starlette(
            routes=[
                Route("/oauth/v2/authorize", self._ask, methods=["GET"]),
                Route("/oauth/v2/authorize", self._decide, methods=["POST"]),
                Route("/api/oauth.v2.access", self._access, methods=["POST"]),
                Route("/api/auth.revoke", self._revoke, methods=["GET", "POST"]),
            ]
        )

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if path.startswith("/oauth/") or path in ("/api/oauth.v2.access", "/api/auth.revoke"):
                await oauth(scope, receive, send)
                return
            team = SANDBOX.id
            if path.startswith("/w/"):
                team, _, rest = path.removeprefix("/w/").partition("/")
                if team not in apps:
                    await PlainTextResponse("no such workspace", 404)(scope, receive, send)
                    return
                scope = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}
            elif path.startswith("/api/"):
                team = self._team_of(Headers(scope=scope).get("authorization", "").partition(" ")[2]) or team
            await apps[team](scope, receive, send)

        return dispatch

    def _team_of(self, token: str) -> str | None:
        return next((team for team, state in self.states.items() if token in state.bot_tokens), None)

    # The page

    async def _ask(self, request: Request) -> Response:
        """Slack's question whether to install the app, and where."""
        if not is_this_machine(request.headers.get("host", ""), self._allowed_hosts):
            return PlainTextResponse("This sandbox answers only under this machine's own names (Host).", 403)
        if request.query_params.get("client_id") != self.client_id:
            return PlainTextResponse("invalid_client_id", 400)
        choices = [(team, state.workspace.name) for team, state in self.states.items()]
        choices.append((ORGANISATION, "the whole organisation"))
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(request.query_params.get(name, ""))}">'
            for name in ("state", "redirect_uri")
        )
        buttons = "".join(
            f'<p><button name="team" value="{team}">Allow in {escape(name)}</button></p>' for team, name in choices
        )
        name = escape(self.state.manifest.bot_name)
        return HTMLResponse(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Install {name}</title>"
            f"<h1>{name} is requesting permission to access a Slack workspace</h1>"
            f'<form method="post">{hidden}{buttons}<p><button name="team" value="">Cancel</button></p></form></html>'
        )

    async def _decide(self, request: Request) -> Response:
        async with request.form() as form:
            team, state, redirect_uri = (str(form.get(name) or "") for name in ("team", "state", "redirect_uri"))
        if urlsplit(redirect_uri).scheme not in ("http", "https"):
            return PlainTextResponse("bad_redirect_uri", 400)
        answer = {"code": self.grant(team, redirect_uri), "state": state} if team else {"error": "access_denied"}
        return RedirectResponse(f"{redirect_uri}?{urlencode(answer | {'state': state})}", 302)

    def grant(self, team: str, redirect_uri: str) -> str:
        """The code that Slack gives once somebody has allowed it."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = _Grant(team, redirect_uri, time.time() + _CODE_LIFE)
        return code

    # oauth.v2.access and auth.revoke

    async def _access(self, request: Request) -> Response:
        try:
            args = await arguments(request)
            if _client(request, args) != (self.client_id, self.client_secret):
                fail("oauth.client")
            if args.get("grant_type") == "refresh_token":
                team = self._refresh_tokens.pop(str(args.get("refresh_token")), None)
                if team is None:
                    fail("oauth.refresh")
                self.refreshes.append(team)
            else:
                grant = self._codes.pop(str(args.get("code")), None)
                if grant is None or grant.until < time.time() or grant.redirect_uri != args.get("redirect_uri", ""):
                    fail("oauth.code")
                team = grant.team
            return JSONResponse(self._installed(team))
        except SlackError as error:
            return JSONResponse(error.to_api())

    def _installed(self, team: str) -> Json:
        org_wide = team == ORGANISATION
        state = self.state if org_wide else self.states[team]
        token = f"xoxb-{team}-{secrets.token_hex(12)}"
        rotated: Json = {}
        if self.rotates:
            refresh = f"xoxe-1-{secrets.token_hex(16)}"
            self._refresh_tokens[refresh] = team
            token = f"xoxe.{token}"
            rotated = {"refresh_token": refresh, "expires_in": int(self.token_life)}
        state.bot_tokens[token] = time.time() + self.token_life if self.rotates else None
        return {
            "ok": True,
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(sorted(state.manifest.scopes)),
            "bot_user_id": state.workspace.BOT,
            "app_id": state.workspace.APP,
            "team": None if org_wide else {"id": team, "name": state.workspace.name},
            "enterprise": {"id": ORGANISATION, "name": "Sandbox Ltd"} if org_wide else None,
            "is_enterprise_install": org_wide,
            "authed_user": {"id": ANA},
        } | rotated

    async def _revoke(self, request: Request) -> Response:
        team = self._team_of(bearer(request))
        if team is not None:
            del self.states[team].bot_tokens[bearer(request)]
        return JSONResponse({"ok": True, "revoked": True} if team else {"ok": False, "error": "invalid_auth"})


def _client(request: Request, args: Json) -> tuple[str, str]:
    """The app's id and secret, from HTTP Basic as SDKs send them, or from the form."""
    kind, _, word = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            id, _, secret = base64.b64decode(word, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return id, secret
    return str(args.get("client_id") or ""), str(args.get("client_secret") or "")
