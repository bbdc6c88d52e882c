"""Slack's mrkdwn as HTML. Everything else is escaped: the text may come from models and files.

docs.slack.dev/messaging/formatting-message-text (read 2026-11-21).
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.dates import date_text
from sandbox.emoji import shortcodes

SAFE_SCHEMES = ("http://", "https://", "mailto:", "tel:")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the text, with their language and time zone, and the names to show."""

    id: str = ""
    tz: str = "UTC"
    locale: str = "en-US"
    users: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    channel_url: Callable[[str], str] = lambda channel: ""
    inside: Callable[[str], str] = lambda address: ""
    """The page's URL for a link to a message of the workspace; empty for any other link."""
    groups: dict[str, str] = field(default_factory=dict)


def to_html(text: str, reader: Reader) -> str:
    """A whole text, with code fences, quotes and lines."""
    stash: list[str] = []

    def keep(markup: str) -> str:
        stash.append(markup)
        return f"\x00{len(stash) - 1}\x00"

    def fence(match: re.Match[str]) -> str:
        return keep(f"<pre>{_plain(match[1].strip(chr(10)))}</pre>")

    def code(match: re.Match[str]) -> str:
        return keep(f"<code>{_plain(match[1])}</code>")

    def link(match: re.Match[str]) -> str:
        return keep(_link(match[1], reader))

    text = text.replace("\x00", "")
    text = re.sub(r"```(.+?)```\n?", fence, text, flags=re.S)
    text = re.sub(r"`([^`\n]+)`", code, text)
    text = re.sub(r"<([^<>\n]+)>", link, text)
    lines: list[str] = []
    quote: list[str] = []
    everything = False
    for line in _plain(text).split("\n"):
        opened = re.match(r"(&gt;&gt;&gt;|&gt;) ?", line)
        if everything or opened:
            everything = everything or (opened is not None and opened[1] == "&gt;" * 3)
            quote.append(_emphasis(line[opened.end() :] if opened else line))
            continue
        if quote:
            lines.append(f"<blockquote>{'<br>'.join(quote)}</blockquote>")
            quote = []
        lines.append(_emphasis(line))
    if quote:
        lines.append(f"<blockquote>{'<br>'.join(quote)}</blockquote>")
    markup = "<br>".join(lines).replace("</blockquote><br>", "</blockquote>")
    markup = shortcodes(markup)
    while "\x00" in markup:  # stashed markup may contain earlier stashed markup
        markup = re.sub("\x00(\\d+)\x00", lambda m: stash[int(m[1])], markup)
    return markup.replace("</pre><br>", "</pre>")


def plain_to_html(text: str) -> str:
    """A plain_text object: only emoji and line breaks."""
    return shortcodes(html.escape(text)).replace("\n", "<br>")


def _plain(text: str) -> str:
    """Escape for HTML text that may be escaped for Slack already."""
    return html.escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _emphasis(line: str) -> str:
    """*bold*, _italic_, ~strike~ within a line, at word boundaries, as Slack has it."""
    for mark, tag in (("*", "strong"), ("_", "em"), ("~", "s")):
        m = re.escape(mark)
        line = re.sub(rf"(?<![\w{m}&;]){m}(?=\S)([^{m}]+?)(?<=\S){m}(?![\w{m}])", rf"<{tag}>\1</{tag}>", line)
    return line


def _link(inner: str, reader: Reader) -> str:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        name = reader.users.get(target[1:], label or target[1:])
        me = " me" if target[1:] == reader.id else ""
        return f'<span class="mention{me}">@{_plain(name)}</span>'
    if target.startswith("#"):
        name = reader.channels.get(target[1:], label or target[1:])
        address = html.escape(reader.channel_url(target[1:]))
        return f'<a class="mention" href="{address}">#{_plain(name)}</a>'
    if target.startswith("!date^"):
        return _date(target, label, reader)
    if target.startswith("!"):
        word, _, group = target[1:].partition("^")
        if word == "subteam":
            word = reader.groups.get(group) or group
        return f'<span class="mention all">@{_plain(label.lstrip("@") or word)}</span>'
    if target.startswith(SAFE_SCHEMES):
        address = html.escape(target.replace("&amp;", "&"))
        if own := reader.inside(target.replace("&amp;", "&")):
            return f'<a href="{html.escape(own)}">{_plain(label or target)}</a>'
        return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{_plain(label or target)}</a>'
    return _plain(f"<{inner}>")


def _date(target: str, fallback: str, reader: Reader) -> str:
    parts = target.split("^")
    if len(parts) < 3 or not re.fullmatch(r"\d{1,11}", parts[1]):
        return _plain(fallback)
    shown = _plain(date_text(int(parts[1]), parts[2], reader.tz, reader.locale))
    if len(parts) > 3 and parts[3].startswith(SAFE_SCHEMES):
        shown = f'<a href="{html.escape(parts[3])}" target="_blank" rel="noopener noreferrer">{shown}</a>'
    iso = datetime.fromtimestamp(int(parts[1]), UTC).isoformat()
    return f'<time datetime="{iso}">{shown}</time>'
