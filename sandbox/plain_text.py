"""Messages as plain text, for tests and for use without a browser."""

import re
from collections.abc import Iterable

from sandbox.model import Json, Message
from sandbox.workspace import Workspace


def thread_text(workspace: Workspace, messages: Iterable[Message], *, names: bool = True) -> str:
    """One paragraph for each message: author, then text; files and buttons in brackets."""
    out = []
    for message in messages:
        author = workspace.users.get(message.user)
        text = message_text(workspace, message)
        out.append(f"{author.real_name if author else message.user}: {text}" if names else text)
    return "\n".join(out) + ("\n" if names else "")


def message_text(workspace: Workspace, message: Message) -> str:
    parts = [block_text(b) for b in message.blocks] if message.blocks else [message.text]
    for attachment in message.attachments or []:
        parts += [block_text(b) for b in attachment.get("blocks") or []]
        parts += [str(attachment.get("text") or attachment.get("fallback") or "")]
    for file_id in message.files:
        file = workspace.files[file_id]
        parts.append("[file deleted]" if file.state == "deleted" else f"[file {file.name}]")
    return mrkdwn_text(workspace, "\n".join(p for p in parts if p))


def block_text(block: Json) -> str:
    match block.get("type"):
        case "section":
            parts = [_text(block.get("text")), *(_text(f) for f in block.get("fields") or [])]
            parts.append(element_text(block.get("accessory") or {}))
            return "\n".join(p for p in parts if p)
        case "header" | "markdown":
            return _text(block.get("text"))
        case "context" | "actions" | "context_actions":
            return " ".join(filter(None, (element_text(e) for e in block.get("elements") or [])))
        case "image":
            return f"[image {block.get('alt_text', '')}]"
        case "divider":
            return "---"
        case "input":
            return f"{_text(block.get('label'))}: {element_text(block.get('element') or {})}"
        case "rich_text":
            return "\n".join(_rich(e) for e in block.get("elements") or [])
        case "table" | "data_table":
            rows = [" | ".join(_cell(c) for c in row) for row in block.get("rows") or []]
            return "\n".join([*filter(None, [block.get("caption")]), *rows])
        case "data_visualization":
            chart = block["chart"]
            series = chart.get("series") or [{"name": "", "data": chart.get("segments")}]
            lines = [f"{s['name']}: " * bool(s["name"]) + _points(s["data"]) for s in series]
            return "\n".join([f"[{chart['type']} chart {block['title']}]", *lines])
        case "task_card":
            status, output = block.get("status", ""), block.get("output") or ""
            output = block_text(output) if isinstance(output, dict) else output
            return " ".join(str(p) for p in (f"[{status}]", block.get("title", ""), output) if p)
        case "plan":
            return "\n".join([_text(block.get("title")), *map(block_text, block.get("tasks") or [])])
        case "alert":
            return _text(block.get("text"))
        case "card":
            parts = [_text(block.get(name)) for name in ("title", "subtitle", "body")]
            return "\n".join(p for p in (*parts, " ".join(map(element_text, block.get("actions") or []))) if p)
        case "carousel":
            return "\n".join(map(block_text, block.get("elements") or []))
        case "container":
            title = block.get("rich_text_title")
            parts = [block_text(title) if title else _text(block.get("title")), _text(block.get("subtitle"))]
            return "\n".join(p for p in (*parts, *map(block_text, block["child_blocks"])) if p)
        case _:
            return ""


def element_text(element: Json) -> str:
    match element.get("type"):
        case "button" | "icon_button":
            return f"[{_text(element.get('text'))}]"
        case "image":
            return f"[image {element.get('alt_text', '')}]"
        case "mrkdwn" | "plain_text":
            return _text(element)
        case "feedback_buttons":
            return f"[{_text(element['positive_button']['text'])}] [{_text(element['negative_button']['text'])}]"
        case None:
            return ""
        case kind:
            return f"[{_text(element.get('placeholder')) or kind}]"


def mrkdwn_text(workspace: Workspace, text: str) -> str:
    """Links, mentions and dates resolved, entities unescaped; emphasis stays as typed."""

    def link(match: re.Match[str]) -> str:
        inner, _, label = match[1].partition("|")
        if inner.startswith("@"):
            user = workspace.users.get(inner[1:])
            return "@" + (user.real_name if user else inner[1:])
        if inner.startswith("#"):
            channel = workspace.channels.get(inner[1:])
            return "#" + (channel.name if channel else label or inner[1:])
        if inner.startswith("!date^"):
            return label
        if inner.startswith("!subteam^"):
            group = inner.partition("^")[2]
            return "@" + (label.lstrip("@") or workspace.group_names.get(group) or group)
        if inner.startswith("!"):
            return "@" + inner[1:].partition("^")[0]
        return f"{label} ({inner})" if label and label != inner else inner

    text = re.sub(r"<([@#!]?[^<>\n]+)>", link, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("text") or "")
    return str(value or "")


def _rich(element: Json) -> str:
    match element.get("type"):
        case "rich_text_list":
            ordered = element.get("style") == "ordered"
            rows = enumerate((_rich(e) for e in element.get("elements") or []), 1)
            return "\n".join(f"{n}. {row}" if ordered else f"• {row}" for n, row in rows)
        case "rich_text_section" | "rich_text_preformatted" | "rich_text_quote":
            return "".join(_rich(e) for e in element.get("elements") or [])
        case "user":
            return f"<@{element.get('user_id')}>"
        case "channel":
            return f"<#{element.get('channel_id')}>"
        case "broadcast":
            return f"<!{element.get('range')}>"
        case "emoji":
            return f":{element.get('name')}:"
        case "link":
            return str(element.get("text") or element.get("url"))
        case _:
            return str(element.get("text") or element.get("fallback") or "")


def _points(points: list[Json]) -> str:
    return ", ".join(f"{point['label']} {point['value']:g}" for point in points)


def _cell(cell: Json) -> str:
    return block_text(cell) if cell.get("type") == "rich_text" else _text(cell)
