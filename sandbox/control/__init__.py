"""The control API: tests and scripts do here what people do on the page (docs/sandbox.md lists all calls).

Requests and responses are JSON, and need the key. People and channels are given by id or name.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.control import actions, administration, fault_injection, queries, workflows
from sandbox.control.queries import messages_of
from sandbox.control.request import ENDPOINTS, BadRequest, ControlRequest, Handler
from sandbox.model import Json
from sandbox.plain_text import thread_text
from sandbox.state import SandboxState

__all__ = ["ENDPOINTS", "BadRequest", "actions", "administration", "fault_injection", "queries", "routes", "workflows"]


def routes(state: SandboxState) -> list[BaseRoute]:
    def endpoint(run: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            fields: Json = dict(request.query_params)
            if request.method == "POST" and await request.body():
                try:
                    body = await request.json()
                except ValueError as e:
                    raise BadRequest(f"the body is not JSON: {e}") from e
                fields |= body
            return JSONResponse({"ok": True} | await run(ControlRequest(state, fields)))

        return answer

    async def text(request: Request) -> Response:
        wanted = ControlRequest(state, dict(request.query_params))
        ws = state.workspace
        return PlainTextResponse(thread_text(ws, messages_of(wanted)))

    return [
        *(Route(f"/control/{path}", endpoint(run), methods=["GET", "POST"]) for path, run in ENDPOINTS.items()),
        Route("/control/text", text),
    ]
