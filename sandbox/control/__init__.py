"""The control API: what a person does on the page, a test does here (docs/sandbox.md lists it all).

Every address takes and gives JSON and needs the key. People and channels go by id or by name.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.control import people, reading, trouble
from sandbox.control.ask import ACTS, Answer, Ask, BadRequest
from sandbox.control.reading import messages_of
from sandbox.model import Json
from sandbox.plain import thread_text
from sandbox.room import Room

__all__ = ["ACTS", "BadRequest", "people", "reading", "routes", "trouble"]


def routes(room: Room) -> list[BaseRoute]:
    def endpoint(run: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            fields: Json = dict(request.query_params)
            if request.method == "POST" and await request.body():
                try:
                    body = await request.json()
                except ValueError as e:
                    raise BadRequest(f"the body is not JSON: {e}") from e
                fields |= body
            return JSONResponse({"ok": True} | await run(Ask(room, fields)))

        return answer

    async def text(request: Request) -> Response:
        ask = Ask(room, dict(request.query_params))
        ws = room.workspace
        return PlainTextResponse(thread_text(ws, messages_of(ask)))

    return [
        *(Route(f"/control/{path}", endpoint(run), methods=["GET", "POST"]) for path, run in ACTS.items()),
        Route("/control/text", text),
    ]
