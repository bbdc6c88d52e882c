"""Renders the workspace as HTML for one person. All text is escaped by Jinja or by mrkdwn.py."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup

from sandbox import markdown, mrkdwn
from sandbox.dates import date_text
from sandbox.elements import options_of, raw_of
from sandbox.emoji import EMOJI
from sandbox.entered_text import from_mrkdwn
from sandbox.manifest import Shortcut
from sandbox.model import Channel, File, Json, Message, User, View
from sandbox.page import charts
from sandbox.samples import samples
from sandbox.state import SandboxState
from sandbox.workflows import Execution
from sandbox.workspace import Workspace

HERE = Path(__file__).parent.parent
SHOWN = 150
"""How many of the newest messages are shown; older ones are available through the API."""
TOGETHER = 300
"""Messages of one person within this time (seconds) are shown under one name."""
LANGUAGES = {
    "en-US": "English (US)",
    "en-GB": "English (UK)",
    "zh-CN": "简体中文",
    "de-DE": "Deutsch",
    "ja-JP": "日本語",
}
"""The languages that the page offers."""
COLORS = ("#b4532a", "#2f6f4f", "#6b4fa0", "#1f6f8b", "#a63d5c", "#7a6a1c", "#3f5aa6")

_env = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)
_env.globals["options_of"] = options_of
_env.filters["dotted"] = lambda name: f".{name}"
_env.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Holder:
    """The message or view around an interactive element: the fields of its requests, and its present state."""

    fields: Json
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    in_modal: bool = False

    def vals(self, block: Json, element: Json) -> str:
        ids = {"block_id": block["block_id"], "action_id": element.get("action_id", "")}
        return json.dumps(self.fields | ids | {"button_value": element.get("value", "")})

    def raw(self, block: Json, element: Json) -> Any:
        """The value that is chosen or entered now."""
        held = self.state.get(block["block_id"], {}).get(element.get("action_id", ""))
        return "" if held is None else raw_of(held)


class Renderer:
    """Renders for one person in one channel."""

    def __init__(
        self, state: SandboxState, user: User, channel: Channel, *, thread: str = "", tz: str = "", read: str = ""
    ) -> None:
        self.state = state
        self.ws = state.workspace
        self.user = user
        self.channel = channel
        self.thread = thread
        self.tz = tz or user.tz
        self.read = read
        """The last message that the person had read when they opened the page; "" for none."""
        self.tab = "messages"
        self.nav = False
        """On a narrow screen: show the list of channels instead of the channel."""
        self._rendered: dict[tuple[str, bool], tuple[Any, Markup]] = {}
        self._items: dict[str, Markup] = {}
        self._before: dict[str, tuple[Any, dict[str, Markup]]] = {}

    # Whole regions

    def page(self, **more: Any) -> str:
        return self._render("page.html", **more)

    def region(self, name: str, *, oob: bool = False) -> str:
        """One region of the page: sidebar, messages, thread, modal, status."""
        return self._render(f"{name}.html", oob=oob)

    def update(self, name: str) -> str:
        """The region as it is now, or only the messages in it that have changed.

        A streamed answer changes one message dozens of times, in a channel with perhaps a hundred others.
        """
        if name not in ("messages", "thread"):
            return self.region(name, oob=True)
        self._items = {}
        html = self.region(name, oob=True)
        items = self._items
        listed = self.messages() if name == "messages" else self.thread_messages()
        statuses = self.status(self.thread if name == "thread" else "")
        frame = ([(m.ts, divider) for m, _, divider in listed], statuses)
        before, self._before[name] = self._before.get(name), (frame, items)
        if before is None or before[0] != frame:
            return html
        changed = [html for key, html in items.items() if html != before[1].get(key)]
        return "\n".join(str(html).replace("<li ", '<li hx-swap-oob="outerMorph" ', 1) for html in changed)

    def item(self, render: Callable[..., Markup], m: Message, together: bool, in_thread: bool) -> Markup:
        """One message, rendered again only when something that it shows has changed."""
        state = (
            m.version,
            self.locale,
            together,
            [r.ts for r in self.replies(m)],
            self.status(m.ts),
            self.session_of(m.ts),
            [(f.state, f.mimetype) for f in self.files(m)],
            json.dumps(self.state.interactions.message_state.get((self.user.id, m.ts))),
            [self.image_url(b) for b in m.blocks or [] if b["type"] == "image"],
        )
        known = self._rendered.get((m.ts, in_thread))
        if known is None or known[0] != state:
            known = self._rendered[m.ts, in_thread] = (state, render(m, together, in_thread))
        self._items[m.ts] = known[1]
        return known[1]

    def _render(self, template: str, **more: Any) -> str:
        context: dict[str, Any] = {"oob": False} | more
        return _env.get_template(template).render(p=self, **context)

    # For the templates

    @property
    def bot(self) -> User:
        return self.ws.users[Workspace.BOT]

    @property
    def locale(self) -> str:
        return self.user.locale or self.ws.locale

    @property
    def people(self) -> list[User]:
        return [u for u in self.ws.users.values() if u.selectable]

    @property
    def reader(self) -> mrkdwn.Reader:
        return mrkdwn.Reader(
            self.user.id,
            self.tz,
            self.locale,
            {u.id: u.real_name for u in self.ws.users.values()},
            {c.id: c.name for c in self.ws.channels.values() if c.name},
            lambda channel: self.url(channel) if channel in self.ws.channels else "",
            self.inside,
            self.ws.group_names,
        )

    def inside(self, address: str) -> str:
        """A permalink of the workspace as a URL of this person's page; empty for any other URL."""
        archives = f"{self.ws.base_url}/archives/"
        if not address.startswith(archives):
            return ""
        return f"/archives/{address.removeprefix(archives)}{'&' if '?' in address else '?'}as={self.user.name}"

    def url(self, channel: str = "", thread: str = "", *, user: str = "", tab: str = "") -> str:
        address = f"/u/{user or self.user.name}/{channel or self.channel.id}"
        if thread:
            address += f"?thread={thread}"
        return address + (f"?tab={tab}" if tab else "")

    def do(self, what: str) -> str:
        return f"/u/{self.user.name}/do/{what}"

    def live_url(self) -> str:
        now = f"thread={self.thread}&tab={self.tab}&tz={self.tz}&read={self.read}"
        return f"/u/{self.user.name}/{self.channel.id}/live?{now}"

    def is_away(self) -> bool:
        """Whether the app is not connected. With delivery by HTTP there is no connection to tell."""
        deliverer = self.state.deliverer
        return not deliverer.settings.http_delivery and deliverer.sockets.count == 0

    def first_unread(self) -> str:
        """The ts of the message below the "New" line; "" if all or none are new."""
        if not self.read:
            return ""
        shown = (m for m, _, _ in self.messages())
        return next((m.ts for m in shown if m.ts > self.read and m.user != self.user.id and not m.subtype), "")

    def sidebar_channels(self) -> list[Channel]:
        mine = [c for c in self.ws.channels.values() if not c.is_im and self.user.id in c.members]
        return sorted(mine, key=lambda c: c.name)

    def bot_dm(self) -> Channel:
        return self.ws.im(self.user.id)

    def languages(self) -> dict[str, str]:
        """Language code -> its name, including the person's own."""
        return {self.locale: self.locale} | LANGUAGES

    def unread(self, channel: Channel) -> int:
        return 0 if channel.id == self.channel.id else self.ws.unread(channel, self.user.id)

    def title(self) -> str:
        return self.bot.real_name if self.channel.is_im else f"#{self.channel.name}"

    def messages(self) -> list[tuple[Message, bool, str]]:
        """The channel's messages as (message, same author as before, day divider above)."""
        seen = [
            m
            for m in self.ws.messages(self.channel.id)
            if (not m.is_reply or m.broadcast) and m.ephemeral_to in ("", self.user.id)
        ]
        return self._grouped(seen[-SHOWN:], days=True)

    def thread_messages(self) -> list[tuple[Message, bool, str]]:
        seen = [
            m
            for m in self.ws.messages(self.channel.id)
            if self.thread in (m.ts, m.thread_ts) and m.ephemeral_to in ("", self.user.id)
        ]
        return self._grouped(seen, days=False)

    def _grouped(self, messages: list[Message], *, days: bool) -> list[tuple[Message, bool, str]]:
        out: list[tuple[Message, bool, str]] = []
        before: Message | None = None
        day = ""
        for message in messages:
            today = date_text(int(float(message.ts)), "{day_divider_pretty}", self.tz, self.locale)
            divider = today if days and today != day else ""
            day = today
            together = (
                before is not None
                and not divider
                and before.user == message.user
                and before.ephemeral_to == message.ephemeral_to
                and float(message.ts) - float(before.ts) < TOGETHER
                and before.subtype in ("", "file_share")
                and message.subtype in ("", "file_share")
            )
            out.append((message, together, divider))
            before = message
        return out

    def author(self, message: Message) -> User:
        return self.ws.users.get(message.user) or User(message.user, "someone", "Somebody", self.ws.TEAM)

    def time_of(self, ts: str, form: str = "{time}") -> str:
        return date_text(int(float(ts)), form, self.tz, self.locale)

    def iso(self, ts: str) -> str:
        return datetime.fromtimestamp(float(ts), UTC).isoformat(timespec="seconds")

    def replies(self, message: Message) -> list[Message]:
        if message.is_reply or not message.thread_ts:
            return []
        return [m for m in self.ws.thread(message.channel, message.ts) if m.is_reply]

    def repliers(self, replies: list[Message]) -> list[User]:
        return [self.ws.users[u] for u in dict.fromkeys(m.user for m in replies) if u in self.ws.users][:4]

    def status(self, thread: str) -> str:
        return self.state.statuses.get(self.channel.id, thread)

    def prompts(self) -> tuple[str, list[Json]]:
        return self.state.user_actions.prompts(self.channel)

    def session_of(self, thread: str) -> tuple[str, str, bool] | None:
        """Title and status of the agent's session of a thread, and whether it can be stopped."""
        session = self.state.agents.session(self.channel.id, thread)
        return (session.title, session.status, self.state.user_actions.can_stop(session)) if session else None

    def can_act_on(self, message: Message) -> bool:
        return message.user == self.user.id or self.user.is_admin

    def shortcuts(self, *, on_message: bool) -> list[Shortcut]:
        return self.state.manifest.offered_shortcuts(on_message=on_message)

    def entered(self, message: Message) -> str:
        return from_mrkdwn(self.ws, message.text)

    def reactions(self, message: Message) -> list[tuple[str, str, int, bool, str]]:
        return [
            (name, EMOJI.get(name, f":{name}:"), len(users), self.user.id in users, ", ".join(self.ws.names(users)))
            for name, users in message.reactions.items()
        ]

    def files(self, message: Message) -> list[File]:
        return [self.ws.files[f] for f in message.files if f in self.ws.files]

    def file_url(self, file: File, *, download: bool = False) -> str:
        """Relative, so that it works with any host name of the sandbox."""
        api = file.to_api("", self.ws.TEAM, ready=True)
        return str(api["url_private_download" if download else "url_private"])

    def image_url(self, block: Json) -> str:
        """The URL of an image block's image if the sandbox has it; other images are not loaded."""
        slack_file = block.get("slack_file")
        if isinstance(slack_file, dict):
            wanted = slack_file.get("id") or str(slack_file.get("url", "")).rpartition("/files-pri/")[2]
            file_id = str(wanted).partition("/")[0].rpartition("-")[2]
            file = self.ws.files.get(file_id)
            return self.file_url(file) if file is not None and file.state == "hosted" else ""
        address = str(block.get("image_url") or "")
        base = self.ws.base_url + "/"
        return "/" + address.removeprefix(base) if address.startswith(base) else ""

    def samples(self) -> dict[str, str]:
        """Sample files: name -> label."""
        return {file.name: about for file, about in samples(self.state.samples).items()}

    def commands(self) -> list[Json]:
        known = [
            {"command": c.command, "hint": c.usage_hint, "description": c.description}
            for c in self.state.manifest.commands
        ]
        return [*known, {"command": "/invite", "hint": "@name", "description": "Add a person to this channel"}]

    def mentionable(self) -> list[Json]:
        return [
            {"name": u.real_name, "handle": u.name, "bot": u.is_bot}
            for u in self.ws.users.values()
            if u.id in self.channel.members and u.id != self.user.id
        ]

    def modal(self) -> View | None:
        return self.state.views.top(self.user.id)

    def stack(self) -> list[View]:
        return self.state.views.stacks.get(self.user.id, [])

    def executions(self) -> list[Execution]:
        """Steps that this person has run, the newest first."""
        return [e for e in reversed(self.state.workflows.executions.values()) if e.user == self.user.id]

    def home(self) -> View | None:
        return self.state.views.homes.get(self.user.id)

    # Interactive elements

    def holder(self, message: Message) -> Holder:
        state = self.state.interactions.message_state.get((self.user.id, message.ts), {})
        start: dict[str, dict[str, Json]] = {}
        for block, element, held in self.state.interactions.initial_message_state(message):
            start.setdefault(block, {})[element] = held
        merged = {b: start.get(b, {}) | state.get(b, {}) for b in {*start, *state}}
        return Holder({"channel": message.channel, "ts": message.ts}, merged)

    def view_holder(self, view: View) -> Holder:
        return Holder({"view_id": view.id}, view.state, view.errors, in_modal=view.body["type"] == "modal")

    def users_for_select(self) -> list[Json]:
        return [{"value": u.id, "text": u.real_name} for u in self.ws.users.values() if u.id != "USLACKBOT"]

    def channels_for_select(self) -> list[Json]:
        return [{"value": c.id, "text": f"#{c.name}"} for c in self.sidebar_channels()]

    def user_options(self) -> list[Json]:
        return [
            {"value": o["value"], "text": {"type": "plain_text", "text": o["text"]}} for o in self.users_for_select()
        ]

    def channel_options(self) -> list[Json]:
        return [
            {"value": o["value"], "text": {"type": "plain_text", "text": o["text"]}} for o in self.channels_for_select()
        ]

    def local_input(self, raw: Any) -> str:
        return self.time_of(str(raw), "{date_num}T{time}") if raw else ""

    # Text

    def text(self, value: Any) -> Markup:
        """A text object, or a message's text."""
        if isinstance(value, dict):
            if value.get("type") == "plain_text":
                return Markup(mrkdwn.plain_to_html(str(value.get("text", ""))))
            value = value.get("text", "")
        return Markup(mrkdwn.to_html(str(value or ""), self.reader))

    def markdown(self, text: str) -> Markup:
        return Markup(markdown.to_html(text))

    def chart(self, title: str, chart: Json) -> Markup:
        return charts.svg(title, chart)

    def size(self, number: int) -> str:
        size = float(number)
        for unit in ("bytes", "kB", "MB"):
            if size < 1000:
                return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
            size /= 1000
        return f"{size:.1f} GB"

    def avatar(self, user: User, size: int = 36) -> Markup:
        """Initials on a colour; the bot has an icon."""
        color = "#12756b" if user.is_bot else COLORS[sum(map(ord, user.id)) % len(COLORS)]
        letters = "".join(word[0] for word in user.real_name.split()[:2]).upper() or "?"
        if user.is_bot:
            inside = Markup(
                '<g fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">'
                '<rect x="9" y="13" width="18" height="13" rx="4"/><path d="M18 13V8.5M15 19.2v.6M21 19.2v.6'
                'M6.5 18v3M29.5 18v3"/></g>'
            )
        else:
            inside = Markup(
                '<text x="18" y="18" dy=".36em" text-anchor="middle" font-size="14" font-weight="600" '
                'fill="#fff" font-family="system-ui,sans-serif">{}</text>'
            ).format(letters)
        return Markup(
            '<svg class="avatar" width="{0}" height="{0}" viewBox="0 0 36 36" aria-hidden="true">'
            '<rect width="36" height="36" rx="8" fill="{1}"/>{2}</svg>'
        ).format(size, color, inside)

    def now(self) -> int:
        return int(time.time())
