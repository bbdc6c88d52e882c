"""The endpoints for the app: /api/METHOD, file download and upload, response URLs, the socket."""

import asyncio
import json
import time
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from sandbox.api import METHODS, Call, Method
from sandbox.fault_injection import Fault
from sandbox.model import Json
from sandbox.security import signed_in
from sandbox.slack_errors import SlackError, fail
from sandbox.state import SandboxState


class ClosedConnection(Response):
    """Starts a response, then closes the connection: the client cannot know whether its call took effect."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        raise ConnectionAbortedError("closed on purpose")


def routes(state: SandboxState) -> list[BaseRoute]:
    app = AppEndpoints(state)
    return [
        Route("/api/{method:path}", app.api, methods=["GET", "POST"]),
        Route("/files-pri/{team_file}/{name:path}", app.download),
        Route("/upload/v1/{token}", app.upload, methods=["POST"]),
        Route("/response/{team}/{token}", app.respond, methods=["POST"]),
        Route("/signin", app.signin),
        WebSocketRoute("/link/", app.link),
    ]


class AppEndpoints:
    def __init__(self, state: SandboxState) -> None:
        self.state = state

    # Web API methods

    async def api(self, request: Request) -> Response:
        name = request.path_params["method"].strip("/")
        headers: dict[str, str] = {"x-slack-req-id": "sandbox"}
        try:
            args = await arguments(request)
            if self.state.settings.latency:
                await asyncio.sleep(self.state.settings.latency / 2)
            fault = self.state.faults.take(name, json.dumps(args, ensure_ascii=False))
            if fault is not None and fault.kind != "drop":
                return await fault_response(fault)
            method = METHODS.get(name)
            if method is None:
                fail("method.unknown", req_method=name)
            self._authorize(method, request, args)
            headers["x-oauth-scopes"] = ",".join(sorted(self.state.manifest.scopes))
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
            self.state.limits.count(name, method.tier)
            body = await method.run(Call(self.state, args))
            if self.state.settings.latency:
                await asyncio.sleep(self.state.settings.latency / 2)
            if fault is not None:
                return ClosedConnection()
            return JSONResponse({"ok": True} | body, headers=headers)
        except SlackError as e:
            if e.definition.error == "ratelimited":
                headers["Retry-After"] = str(e.extra["retry_after"])
                return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
            return JSONResponse(e.to_api(), headers=headers)

    def _authorize(self, method: Method, request: Request, args: Json) -> None:
        token = bearer(request) or str(args.get("token") or "")
        known = self.state.secrets
        if not token:
            fail("token.none")
        is_known = token == known.app_token or self.state.is_bot_token(token) or self.state.workflows.knows(token)
        if not is_known:
            fail("token.bad")
        expires = self.state.bot_tokens.get(token)
        if expires is not None and expires < time.time():
            fail("token.expired")
        if self.state.token_state != "good":
            fail(f"token.{self.state.token_state}")
        if method.app_token != (token == known.app_token):
            fail("token.kind")
        if not method.app_token:
            self.state.need_scope(*method.scopes)

    # Files

    async def download(self, request: Request) -> Response:
        """A file, for the bot's token with files:read or a person; everybody else is redirected to the login page.

        That page has status 200: a client that checks only the status saves HTML (slackapi/bolt-js#2585).
        """
        fault = self.state.faults.take("files.download", str(request.url))
        if fault is not None:
            return await fault_response(fault)
        ws = self.state.workspace
        file = ws.files.get(request.path_params["team_file"].partition("-")[2])
        token = bearer(request)
        app = self.state.is_bot_token(token) and self.state.token_state == "good"
        if not signed_in(request, self.state.secrets.key) and not (app and "files:read" in self.state.manifest.scopes):
            return RedirectResponse(f"/signin?redir={quote(request.url.path)}", 302)
        path = ws.store.files / file.id if file else None
        if file is None or path is None or file.state != "hosted" or not path.is_file():
            return HTMLResponse("<!doctype html><title>404</title><p>This file was not found.", 404)
        if app and not ws.app_reads(file):
            return RedirectResponse(f"/signin?redir={quote(request.url.path)}", 302)
        inline = file.is_image and not request.path_params["name"].startswith("download/")
        return FileResponse(
            path,
            media_type=file.mimetype,
            filename=file.name or "file",
            content_disposition_type="inline" if inline else "attachment",
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"},
        )

    async def signin(self, request: Request) -> Response:
        return HTMLResponse(
            "<!DOCTYPE html><html lang=en><title>Sandbox | Slack</title><h1>Sign in to Sandbox</h1>"
            "<p>You need to sign in to see this page.</html>"
        )

    async def upload(self, request: Request) -> Response:
        fault = self.state.faults.take("files.upload")
        if fault is not None and fault.kind != "drop":
            return await fault_response(fault)
        opened = self.state.uploads.take(request.path_params["token"])
        if opened is None:
            return PlainTextResponse("upload address unknown or used", 404)
        file_id, length = opened
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form() as form:
                parts = [v for v in form.values() if not isinstance(v, str)]
                data = await parts[0].read() if parts else b""
        else:
            data = await request.body()
        if len(data) != length:
            return PlainTextResponse(f"expected {length} bytes, got {len(data)}", 400)
        self.state.workspace.fill_file(self.state.workspace.files[file_id], data)
        return ClosedConnection() if fault else PlainTextResponse(f"OK - {len(data)}")

    # Response URLs and the socket

    async def respond(self, request: Request) -> Response:
        """A response_url. It needs no token: knowing the URL is the permission."""
        fault = self.state.faults.take("response_url")
        if fault is not None and fault.kind != "drop":
            return await fault_response(fault)
        try:
            hook = self.state.response_urls.use(request.path_params["token"])
            if hook is None:
                return PlainTextResponse("no_text", 404)
            payload = await request.json()
            if not isinstance(payload, dict):
                fail("response_url.body")
            self.state.responses.answer(hook, payload)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        except SlackError as e:
            status = 404 if e.definition.error in ("used_url", "expired_url") else 400
            return JSONResponse(e.to_api(), status)
        return ClosedConnection() if fault else PlainTextResponse("ok")

    async def link(self, ws: WebSocket) -> None:
        after = self.state.settings.refresh_sockets_after
        await self.state.deliverer.sockets.serve(ws, self.state.workspace.APP, refresh_after=after)


async def arguments(request: Request) -> Json:
    """The call's arguments, from query, form and JSON body together."""
    args: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            body = await request.json()
        except ValueError:
            fail("args.json")
        if not isinstance(body, dict):
            fail("args.json")
        args |= body
    elif kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        async with request.form() as form:
            args |= {k: v for k, v in form.items() if isinstance(v, str)}
    return args


def bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def fault_response(fault: Fault) -> Response:
    """The response of a call that is made to fail."""
    match fault.kind:
        case "error":
            return JSONResponse({"ok": False, "error": fault.value or "internal_error"})
        case "ratelimited":
            headers = {"Retry-After": fault.value or "1"}
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
        case "status":
            return PlainTextResponse("upstream connect error", int(fault.value or 500))
        case "timeout":
            await asyncio.sleep(float(fault.value or 60))
            return ClosedConnection()
        case "garbage":
            return HTMLResponse("<!doctype html><title>Oops</title>")
        case _:
            return ClosedConnection()
