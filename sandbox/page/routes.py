"""The page's routes. Each person has their own URLs, so two tabs can be two people."""

from collections.abc import Awaitable, Callable
from typing import Any

from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.changes import Change
from sandbox.elements import find_pressed, walk
from sandbox.model import Channel, Json, Message, User, View
from sandbox.page.render import HERE, Renderer
from sandbox.page.sse import stream
from sandbox.samples import samples
from sandbox.security import COOKIE
from sandbox.seed import SUPPORT
from sandbox.state import SandboxState
from sandbox.user_error import UserError
from sandbox.workspace import Workspace

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def routes(state: SandboxState) -> list[BaseRoute]:
    page = Page(state)
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
    def __init__(self, state: SandboxState) -> None:
        self.state = state

    @property
    def ws(self) -> Workspace:
        return self.state.workspace

    # Pages

    async def landing(self, request: Request) -> Response:
        """The URL with the key: stores the key in a cookie and redirects to the page."""
        first = next(u for u in self.ws.users.values() if u.selectable)
        answer = HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox</title>'
            f'<script src="/static/landing.js" data-next="/u/{first.name}"></script>'
            f'<noscript><meta http-equiv="refresh" content="0;url=/u/{first.name}"></noscript>',
            headers=HEADERS | {"Referrer-Policy": "no-referrer"},
        )
        answer.set_cookie(
            f"{COOKIE}_{request.url.port or 80}",
            self.state.secrets.key,
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
        renderer = self._renderer(request, user, channel)
        renderer.nav = "nav" in request.query_params
        if channel.is_im and renderer.tab != "workflows":
            self.state.user_actions.open_home(user, renderer.tab)
        renderer.read = channel.read.get(user.id, "")
        self.ws.mark_read(channel, user.id)
        return HTMLResponse(renderer.page(), headers=HEADERS)

    async def live(self, request: Request) -> Response:
        user = self._user(request)
        channel = self.ws.channel(request.path_params["channel"])
        if user is None or channel is None or user.id not in channel.members:
            return Response(status_code=404)
        return StreamingResponse(
            stream(self._renderer(request, user, channel)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def permalink(self, request: Request) -> Response:
        """A message's permalink, as returned by chat.getPermalink."""
        channel = self.ws.channel(request.path_params["channel"])
        raw = request.path_params["ts"].removeprefix("p")
        message = self.ws.message(channel.id, f"{raw[:-6]}.{raw[-6:]}") if channel else None
        readers = [u for u in self.ws.users.values() if u.selectable and channel and u.id in channel.members]
        reader = next((u for u in readers if u.name == request.query_params.get("as")), next(iter(readers), None))
        if channel is None or message is None or reader is None:
            return RedirectResponse("/", 303)
        key = message.ts.replace(".", "-")
        # With thread_ts the link is to the thread, even for its parent message.
        thread = message.thread_ts or (message.ts if "thread_ts" in request.query_params else "")
        if thread:
            return RedirectResponse(f"/u/{reader.name}/{channel.id}?thread={thread}#t-{key}", 303)
        return RedirectResponse(f"/u/{reader.name}/{channel.id}#m-{key}", 303)

    # Actions

    async def do(self, request: Request) -> Response:
        """Whatever a person does on the page. The result arrives through the page's live updates."""
        user = self._user(request)
        run = PAGE_ACTIONS.get(request.path_params["what"])
        if user is None or run is None:
            return Response(status_code=404)
        async with request.form(max_files=50) as form:
            try:
                answer = await run(PageAction(self.state, user, form))
            except UserError as e:
                self.ws.changes.publish(Change("toast", user=user.id, text=str(e)))
                answer = None
        return answer or Response(status_code=204)

    def _user(self, request: Request) -> User | None:
        return self.ws.user(request.path_params["user"])

    def _renderer(self, request: Request, user: User, channel: Channel) -> Renderer:
        query = request.query_params
        renderer = Renderer(
            self.state,
            user,
            channel,
            thread=query.get("thread", ""),
            read=query.get("read", ""),
            tz=query.get("tz", "") or request.cookies.get("tz", "").replace("%2F", "/"),
        )
        if channel.is_im and query.get("tab") == "home":
            renderer.tab = "home"
        if self.state.manifest.steps and query.get("tab") == "workflows":
            renderer.tab = "workflows"
        return renderer


class PageAction:
    """One action of a person on the page, with its form."""

    def __init__(self, state: SandboxState, user: User, form: FormData) -> None:
        self.state = state
        self.user = user
        self.form = form

    def text(self, name: str) -> str:
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def channel(self) -> Channel:
        channel = self.state.workspace.channel(self.text("channel"))
        if channel is None:
            raise UserError("There is no such channel.")
        return channel

    def message(self) -> Message:
        message = self.state.workspace.message(self.channel().id, self.text("ts"))
        if message is None or self.user.id not in self.channel().members:
            raise UserError("This message no longer exists.")
        return message

    def view(self) -> View:
        view = self.state.views.get(self.text("view_id"))
        if view is None or view.user != self.user.id:
            raise UserError("This modal has been closed.")
        return view

    async def files(self, name: str) -> list[tuple[str, bytes]]:
        found = [f for f in self.form.getlist(name) if isinstance(f, UploadFile) and f.filename]
        return [(str(f.filename), await f.read()) for f in found]


Run = Callable[[PageAction], Awaitable[Response | None]]
PAGE_ACTIONS: dict[str, Run] = {}


def page_action(name: str) -> Callable[[Run], Run]:
    def register(run: Run) -> Run:
        PAGE_ACTIONS[name] = run
        return run

    return register


@page_action("send")
async def send(action: PageAction) -> None:
    """Send what is in the composer: a command, a message, files, or a sample file."""
    actions, channel = action.state.user_actions, action.channel()
    text, thread_ts = action.text("text").strip(), action.text("thread_ts")
    files = await action.files("files")
    if sample := action.text("sample"):
        known = {file.name: file for file in samples(action.state.samples)}
        if sample not in known:
            raise UserError("There is no such sample file.")
        files.append((sample, known[sample].read_bytes()))
    if files:
        actions.drop(action.user, channel, files, text, thread_ts)
    elif text.startswith("/") and not text.startswith("//"):
        command, _, rest = text.partition(" ")
        await actions.command(action.user, channel, command, rest.strip(), thread_ts=thread_ts)
    elif text:
        actions.say(action.user, channel, text, thread_ts=thread_ts)


@page_action("act")
async def act(action: PageAction) -> None:
    """Press a button, or use a menu, of a message, the Home tab or a modal."""
    chosen: list[str] = [v for v in action.form.getlist("value") if isinstance(v, str)]
    if action.text("view_id"):
        view = action.view()
        block_id, action_id, element = _pressed(action, view.body["blocks"])
        value = _value(element, _in_modal(action, chosen))
        await action.state.interactions.act_in_view(action.user, view, action_id, block_id=block_id, value=value)
    else:
        message = action.message()
        block_id, action_id, element = _pressed(action, message.blocks or [])
        value = _value(element, chosen)
        await action.state.interactions.act(action.user, message, action_id, block_id=block_id, value=value)


def _pressed(action: PageAction, blocks: list[Json]) -> tuple[str, str, Json]:
    """The block_id and action_id of what was pressed, as they are now, and the element."""
    action_id = action.text("action_id")
    found = find_pressed(blocks, action_id, action.text("block_id"), action.text("button_value"))
    if found is None:
        raise UserError("This button no longer exists.")
    block, element = found
    return block["block_id"], action_id, element


def _in_modal(action: PageAction, chosen: list[str]) -> list[str]:
    name = f"f|{action.text('block_id')}|{action.text('action_id')}"
    typed = [v for v in action.form.getlist(name) if isinstance(v, str)]
    return typed or chosen


def _value(element: Json, values: list[str]) -> Any:
    """The value for an element, or all values if it takes several."""
    several = element["type"] == "checkboxes" or element["type"].startswith("multi_")
    return values if several else (values[-1] if values else "")


@page_action("suggest")
async def suggest(action: PageAction) -> Response:
    holder: View | Message = action.view() if action.text("view_id") else action.message()
    options = await action.state.interactions.suggest(
        action.user, holder, action.text("action_id"), action.text("query")
    )
    return HTMLResponse(_options(options))


def _options(options: list[dict[str, Any]]) -> str:
    line = Markup('<button type="button" role="option" data-value="{}">{}</button>')
    rows = [line.format(o.get("value", ""), o["text"]["text"]) for o in options[:100]]
    return str(Markup("").join(rows)) or "<p>Nothing found</p>"


@page_action("submit")
async def submit(action: PageAction) -> None:
    view = action.view()
    values: dict[str, Any] = {}
    for block, element in walk(view.body["blocks"]):
        if block["type"] != "input":
            continue
        name = f"f|{block['block_id']}|{element['action_id']}"
        if element["type"] == "file_input":
            values[block["block_id"]] = action.state.user_actions.take_files(action.user, await action.files(name))
        else:
            typed = [v for v in action.form.getlist(name) if isinstance(v, str)]
            values[block["block_id"]] = _value(element, typed)
    await action.state.interactions.submit(action.user, view, values)


@page_action("close")
async def close(action: PageAction) -> None:
    await action.state.interactions.close(action.user, action.view())


@page_action("locale")
async def locale(action: PageAction) -> None:
    try:
        action.state.workspace.set_locale(action.text("locale"), action.user)
    except ValueError as e:
        raise UserError(str(e)) from e


@page_action("react")
async def react(action: PageAction) -> None:
    message, name = action.message(), action.text("name")
    mine = action.user.id in message.reactions.get(name, [])
    action.state.workspace.react(message, action.user.id, name, add=not mine)


@page_action("edit")
async def edit(action: PageAction) -> None:
    action.state.user_actions.edit(action.user, action.message(), action.text("text"))


@page_action("shortcut")
async def shortcut(action: PageAction) -> None:
    """A shortcut on a message, or a global one."""
    interactions, callback_id = action.state.interactions, action.text("callback_id")
    if action.text("ts"):
        await interactions.run_message_shortcut(action.user, action.message(), callback_id)
    else:
        await interactions.run_shortcut(action.user, callback_id)


@page_action("run-step")
async def run_step(action: PageAction) -> None:
    """Run a workflow of one step, which is on this page what Workflow Builder would have made of it."""
    filled_in = {name.removeprefix("in-"): action.text(name) for name in action.form if name.startswith("in-")}
    action.state.workflows.run(action.user, action.text("step"), filled_in)


@page_action("prompt")
async def prompt(action: PageAction) -> None:
    action.state.user_actions.send_prompt(action.user, action.channel(), action.text("title"))


@page_action("stop-session")
async def stop_session(action: PageAction) -> None:
    action.state.user_actions.stop_session(action.user, action.channel(), action.text("thread_ts"))


@page_action("rename-session")
async def rename_session(action: PageAction) -> None:
    thread_ts, title = action.text("thread_ts"), action.text("title")
    action.state.user_actions.rename_session(action.user, action.channel(), thread_ts, title)


@page_action("delete")
async def delete(action: PageAction) -> None:
    action.state.user_actions.delete(action.user, action.message())


@page_action("delete-file")
async def delete_file(action: PageAction) -> None:
    action.state.user_actions.delete_file(action.user, action.text("file"))
