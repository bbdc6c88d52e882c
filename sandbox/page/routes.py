"""The page's addresses. Each person has their own, so two tabs can be two people."""

from collections.abc import Awaitable, Callable
from typing import Any

from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.acts import Mistake
from sandbox.changes import Change
from sandbox.elements import walk
from sandbox.model import Channel, Message, User, View
from sandbox.page.live import stream
from sandbox.page.paint import HERE, Painter
from sandbox.room import Room
from sandbox.samples import samples
from sandbox.security import COOKIE
from sandbox.seed import SUPPORT

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def routes(room: Room) -> list[BaseRoute]:
    page = Page(room)
    return [
        Route("/", page.landing),
        Route("/u/{user}", page.show),
        Route("/u/{user}/{channel}", page.show),
        Route("/u/{user}/{channel}/live", page.live),
        Route("/u/{user}/do/{what}", page.do, methods=["POST"]),
        Route("/archives/{channel}/{ts}", page.permalink),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


class Page:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.ws = room.workspace

    # Looking

    async def landing(self, request: Request) -> Response:
        """The address with the key: keeps the key in a cookie and goes on to the page itself."""
        first = next(u for u in self.ws.users.values() if u.selectable)
        answer = HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox</title>'
            f'<script src="/static/landing.js" data-next="/u/{first.name}"></script>'
            f'<noscript><meta http-equiv="refresh" content="0;url=/u/{first.name}"></noscript>',
            headers=HEADERS | {"Referrer-Policy": "no-referrer"},
        )
        answer.set_cookie(
            f"{COOKIE}_{request.url.port or 80}",
            self.room.secrets.key,
            httponly=True,
            samesite="strict",
            max_age=30 * 86400,
        )
        return answer

    async def show(self, request: Request) -> Response:
        user = self._user(request)
        channel = self.ws.channel(request.path_params.get("channel", SUPPORT))
        if user is None or channel is None or user.id not in channel.members:
            return RedirectResponse("/", 303)
        painter = self._painter(request, user, channel)
        painter.nav = "nav" in request.query_params
        if channel.is_im:
            self.room.acts.open_home(user, painter.tab)
        painter.read = channel.read.get(user.id, "")
        self.ws.mark_read(channel, user.id)
        return HTMLResponse(painter.page(), headers=HEADERS)

    async def live(self, request: Request) -> Response:
        user = self._user(request)
        channel = self.ws.channel(request.path_params["channel"])
        if user is None or channel is None or user.id not in channel.members:
            return Response(status_code=404)
        return StreamingResponse(
            stream(self._painter(request, user, channel)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def permalink(self, request: Request) -> Response:
        """A message's own address, as the app got it from chat.getPermalink."""
        channel = self.ws.channel(request.path_params["channel"])
        raw = request.path_params["ts"].removeprefix("p")
        message = self.ws.message(channel.id, f"{raw[:-6]}.{raw[-6:]}") if channel else None
        readers = [u for u in self.ws.users.values() if u.selectable and channel and u.id in channel.members]
        reader = next((u for u in readers if u.name == request.query_params.get("as")), next(iter(readers), None))
        if channel is None or message is None or reader is None:
            return RedirectResponse("/", 303)
        key = message.ts.replace(".", "-")
        # With thread_ts the link is to the thread, also for the message that the thread hangs on.
        thread = message.thread_ts or (message.ts if "thread_ts" in request.query_params else "")
        if thread:
            return RedirectResponse(f"/u/{reader.name}/{channel.id}?thread={thread}#t-{key}", 303)
        return RedirectResponse(f"/u/{reader.name}/{channel.id}#m-{key}", 303)

    # Doing

    async def do(self, request: Request) -> Response:
        """Everything that a person does; what comes of it arrives over the page's live stream."""
        user = self._user(request)
        run = DEEDS.get(request.path_params["what"])
        if user is None or run is None:
            return Response(status_code=404)
        async with request.form(max_files=50) as form:
            try:
                answer = await run(Deed(self.room, user, form))
            except Mistake as e:
                self.ws.changes.publish(Change("trouble", user=user.id, text=str(e)))
                answer = None
        return answer or Response(status_code=204)

    def _user(self, request: Request) -> User | None:
        return self.ws.user(request.path_params["user"])

    def _painter(self, request: Request, user: User, channel: Channel) -> Painter:
        query = request.query_params
        painter = Painter(
            self.room,
            user,
            channel,
            thread=query.get("thread", ""),
            read=query.get("read", ""),
            tz=query.get("tz", "") or request.cookies.get("tz", "").replace("%2F", "/"),
        )
        if channel.is_im and query.get("tab") == "home":
            painter.tab = "home"
        return painter


class Deed:
    """One thing that a person does on the page, with the form it came with."""

    def __init__(self, room: Room, user: User, form: FormData) -> None:
        self.room = room
        self.user = user
        self.form = form

    def text(self, name: str) -> str:
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def channel(self) -> Channel:
        channel = self.room.workspace.channel(self.text("channel"))
        if channel is None:
            raise Mistake("There is no such channel.")
        return channel

    def message(self) -> Message:
        message = self.room.workspace.message(self.channel().id, self.text("ts"))
        if message is None or self.user.id not in self.channel().members:
            raise Mistake("That message is not here any more.")
        return message

    def view(self) -> View:
        view = self.room.views.get(self.text("view_id"))
        if view is None or view.user != self.user.id:
            raise Mistake("That window is closed already.")
        return view

    async def files(self, name: str) -> list[tuple[str, bytes]]:
        found = [f for f in self.form.getlist(name) if isinstance(f, UploadFile) and f.filename]
        return [(str(f.filename), await f.read()) for f in found]


Run = Callable[[Deed], Awaitable[Response | None]]
DEEDS: dict[str, Run] = {}


def deed(name: str) -> Callable[[Run], Run]:
    def enter(run: Run) -> Run:
        DEEDS[name] = run
        return run

    return enter


@deed("send")
async def send(deed: Deed) -> None:
    """What is in the composer: a command, a message, files, or a sample file."""
    acts, channel = deed.room.acts, deed.channel()
    text, thread_ts = deed.text("text").strip(), deed.text("thread_ts")
    files = await deed.files("files")
    if sample := deed.text("sample"):
        known = {file.name: file for file in samples(deed.room.samples)}
        if sample not in known:
            raise Mistake("There is no such sample file.")
        files.append((sample, known[sample].read_bytes()))
    if files:
        acts.drop(deed.user, channel, files, text, thread_ts)
    elif text.startswith("/") and not text.startswith("//"):
        command, _, rest = text.partition(" ")
        await acts.command(deed.user, channel, command, rest.strip(), thread_ts=thread_ts)
    elif text:
        acts.say(deed.user, channel, text, thread_ts=thread_ts)


@deed("act")
async def act(deed: Deed) -> None:
    """A button or menu of a message, the Home tab or a modal."""
    chosen: list[str] = [v for v in deed.form.getlist("value") if isinstance(v, str)]
    action_id, block_id = deed.text("action_id"), deed.text("block_id")
    if deed.text("view_id"):
        view = deed.view()
        value = _pick(view.body["blocks"], block_id, action_id, _in_modal(deed, chosen))
        await deed.room.acts.act_in_view(deed.user, view, action_id, block_id=block_id, value=value)
    else:
        message = deed.message()
        value = _pick(message.blocks or [], block_id, action_id, chosen)
        await deed.room.acts.act(deed.user, message, action_id, block_id=block_id, value=value)


def _in_modal(deed: Deed, chosen: list[str]) -> list[str]:
    name = f"f|{deed.text('block_id')}|{deed.text('action_id')}"
    typed = [v for v in deed.form.getlist(name) if isinstance(v, str)]
    return typed or chosen


def _pick(blocks: list[dict[str, Any]], block_id: str, action_id: str, values: list[str]) -> Any:
    """One value, or all of them where the element takes several."""
    for block, element in walk(blocks):
        if block["block_id"] == block_id and element.get("action_id") == action_id:
            several = element["type"] == "checkboxes" or element["type"].startswith("multi_")
            return values if several else (values[-1] if values else "")
    raise Mistake("That button is not here any more.")


@deed("suggest")
async def suggest(deed: Deed) -> Response:
    holder: View | Message = deed.view() if deed.text("view_id") else deed.message()
    options = await deed.room.acts.suggest(deed.user, holder, deed.text("action_id"), deed.text("query"))
    return HTMLResponse(_options(options))


def _options(options: list[dict[str, Any]]) -> str:
    line = Markup('<button type="button" role="option" data-value="{}">{}</button>')
    rows = [line.format(o.get("value", ""), o["text"]["text"]) for o in options[:100]]
    return str(Markup("").join(rows)) or "<p>Nothing found</p>"


@deed("submit")
async def submit(deed: Deed) -> None:
    view = deed.view()
    values: dict[str, Any] = {}
    for block, element in walk(view.body["blocks"]):
        if block["type"] != "input":
            continue
        name = f"f|{block['block_id']}|{element['action_id']}"
        if element["type"] == "file_input":
            values[block["block_id"]] = deed.room.acts.take_files(deed.user, await deed.files(name))
        else:
            typed = [v for v in deed.form.getlist(name) if isinstance(v, str)]
            values[block["block_id"]] = _pick(view.body["blocks"], block["block_id"], element["action_id"], typed)
    await deed.room.acts.submit(deed.user, view, values)


@deed("close")
async def close(deed: Deed) -> None:
    await deed.room.acts.close(deed.user, deed.view())


@deed("react")
async def react(deed: Deed) -> None:
    message, name = deed.message(), deed.text("name")
    mine = deed.user.id in message.reactions.get(name, [])
    deed.room.workspace.react(message, deed.user.id, name, add=not mine)


@deed("delete")
async def delete(deed: Deed) -> None:
    deed.room.acts.delete(deed.user, deed.message())


@deed("delete-file")
async def delete_file(deed: Deed) -> None:
    deed.room.acts.delete_file(deed.user, deed.text("file"))
