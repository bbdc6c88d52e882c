"""Checks blocks as Slack does: types, fields, lengths, counts, and the surfaces that allow each block.

Every check names a row of slack_errors.csv. The details are worded as in Slack where that is known
("must be less than 3001 characters [json-pointer:/blocks/0/text/text]").
"""

from typing import Any

from sandbox.elements import CHILDREN, flat
from sandbox.model import Json
from sandbox.slack_errors import fail, limit
from sandbox.validation.data import check_chart, check_data_table, check_table, check_tables_and_charts
from sandbox.validation.elements import check_count, check_element, check_fields, check_length, check_text
from sandbox.workspace import Workspace

MESSAGE, MODAL, HOME = "message", "modal", "home"
ALL = frozenset({MESSAGE, MODAL, HOME})

BLOCKS: dict[str, tuple[frozenset[str], str, str]] = {
    "section": (ALL, "", "text fields accessory expand"),
    "header": (ALL, "text", "level"),
    "divider": (ALL, "", ""),
    "context": (ALL, "elements", ""),
    "actions": (ALL, "elements", ""),
    "context_actions": (frozenset({MESSAGE}), "elements", ""),
    "image": (ALL, "alt_text", "image_url slack_file title"),
    "input": (ALL, "label element", "hint optional dispatch_action"),
    "markdown": (ALL, "text", ""),
    "rich_text": (ALL, "elements", ""),
    "table": (frozenset({MESSAGE}), "rows", "column_settings"),
    "data_table": (frozenset({MESSAGE}), "caption rows", "page_size row_header_column_index"),
    "data_visualization": (frozenset({MESSAGE}), "title chart", ""),
    "alert": (frozenset({MODAL}), "text", "level"),
    "card": (ALL, "", "hero_image icon title subtitle body actions"),
    "carousel": (frozenset({MESSAGE, HOME}), "elements", ""),
    "container": (
        frozenset({MESSAGE}),
        "child_blocks",
        "title rich_text_title subtitle width icon is_collapsible default_collapsed has_header_divider",
    ),
    "task_card": (frozenset({MESSAGE}), "task_id title", "status details output sources"),
    "plan": (frozenset({MESSAGE}), "title", "tasks"),
    "file": (frozenset({MESSAGE}), "external_id source", ""),
    "video": (
        ALL,
        "alt_text title thumbnail_url video_url",
        "author_name description provider_name provider_icon_url title_url",
    ),
}
"""Block type -> surfaces that allow it, required fields, optional fields (besides type and block_id)."""

INSIDE: dict[str, tuple[str, str, frozenset[str]]] = {
    "container": (
        "child_blocks",
        "block.container.children",
        frozenset({"actions", "context", "divider", "file", "header", "image"})
        | frozenset({"input", "rich_text", "section", "table", "video"}),
    ),
    "carousel": ("elements", "block.carousel.cards", frozenset({"card"})),
    "plan": ("tasks", "block.count", frozenset({"task_card"})),
}
"""Block type -> the field with blocks inside of it, the row with their number, their types."""
TASK_STATES = ("pending", "in_progress", "complete", "error")
ALERTS = ("default", "info", "warning", "error", "success")

RICH = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}


def check_blocks(blocks: Any, surface: str, workspace: Workspace, *, most: str = "block.count") -> list[Json]:
    """The blocks. `most` is the row with the number of blocks that the surface allows."""
    if not isinstance(blocks, list):
        fail("block.format", "must be an array [json-pointer:/blocks]")
    if len(blocks) > limit(most):
        fail(most, f"no more than {limit(most)} items allowed [json-pointer:/blocks]")
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        _block(block, surface, workspace, f"/blocks/{index}")
    for block in flat(blocks):
        block_id = block.get("block_id")
        if block_id and block["type"] != "markdown":
            check_length(block_id, "block.id", "/blocks/*/block_id")
            if block_id in seen:
                fail("block.id.twice", f"block_id already exists: {block_id} [json-pointer:/blocks]")
            seen.add(block_id)
    _check_totals(flat(blocks))
    return blocks


def _block(block: Any, surface: str, workspace: Workspace, at: str) -> None:
    if not isinstance(block, dict):
        fail("block.format", f"must be an object [json-pointer:{at}]")
    kind = block.get("type")
    if kind not in BLOCKS:
        fail("block.format", f"unsupported type: {kind} [json-pointer:{at}/type]")
    where, needed, allowed = BLOCKS[kind]
    if surface not in where:
        fail("block.surface", f"unsupported type in a {surface}: {kind} [json-pointer:{at}/type]")
    check_fields(block, f"{needed}", f"type block_id {allowed}", at)
    match kind:
        case "section":
            _section(block, surface, at)
        case "header":
            check_text(block["text"], "block.header.text", f"{at}/text", plain=True)
        case "context":
            check_count(block["elements"], "block.context.elements", f"{at}/elements")
            for i, element in enumerate(block["elements"]):
                _context_element(element, workspace, f"{at}/elements/{i}")
        case "actions" | "context_actions":
            check_count(block["elements"], f"block.{kind}.elements", f"{at}/elements")
            _actions(block["elements"], kind, surface, at)
        case "image":
            check_image(block, workspace, at)
        case "input":
            check_text(block["label"], "block.input.label", f"{at}/label", plain=True)
            if block.get("hint") is not None:
                check_text(block["hint"], "block.input.hint", f"{at}/hint", plain=True)
            check_element(block["element"], "input", surface, f"{at}/element")
        case "markdown":
            if not isinstance(block["text"], str) or not block["text"]:
                fail("block.markdown.text", f"must be more than 0 characters [json-pointer:{at}/text]")
        case "rich_text":
            if not isinstance(block["elements"], list) or any(
                not isinstance(e, dict) or e.get("type") not in RICH for e in block["elements"]
            ):
                fail("block.format", f"unsupported rich text element [json-pointer:{at}/elements]")
        case "table":
            check_table(block, at)
        case "data_table":
            check_data_table(block, at)
        case "data_visualization":
            check_chart(block, at)
        case "alert":
            check_text(block["text"], "block.alert.text", f"{at}/text")
            if block.get("level", "default") not in ALERTS:
                fail("block.alert.level", f"must be one of {', '.join(ALERTS)} [json-pointer:{at}/level]")
        case "card":
            _card(block, surface, workspace, at)
        case "container":
            _container(block, at)
        case "task_card":
            _task_card(block, at)
    if kind in INSIDE:
        _inside(block, surface, workspace, at)


def _section(block: Json, surface: str, at: str) -> None:
    if not block.get("text") and not block.get("fields"):
        fail("block.section.none", f"missing required field: text or fields [json-pointer:{at}]")
    if block.get("text"):
        check_text(block["text"], "block.section.text", f"{at}/text")
    if block.get("fields") is not None:
        check_count(block["fields"], "block.section.fields", f"{at}/fields")
        for i, field in enumerate(block["fields"]):
            check_text(field, "block.section.field", f"{at}/fields/{i}")
    if block.get("accessory") is not None:
        check_element(block["accessory"], "section", surface, f"{at}/accessory")


def _actions(elements: list[Any], kind: str, surface: str, at: str) -> None:
    seen: set[str] = set()
    for i, element in enumerate(elements):
        check_element(element, kind, surface, f"{at}/elements/{i}")
        action_id = element.get("action_id")
        if action_id and action_id in seen:
            fail("block.action_id.twice", f"action_id already exists: {action_id} [json-pointer:{at}]")
        seen.add(action_id or "")


def _context_element(element: Any, workspace: Workspace, at: str) -> None:
    if isinstance(element, dict) and element.get("type") == "image":
        check_image(element, workspace, at)
    else:
        check_text(element, "block.section.text", at)


def check_image(image: Json, workspace: Workspace, at: str) -> None:
    """alt_text, and exactly one source. A file must be an image that Slack has processed."""
    if not isinstance(image.get("alt_text"), str):
        fail("block.image.alt", f"missing required field: alt_text [json-pointer:{at}]")
    check_length(image["alt_text"], "block.image.alt", f"{at}/alt_text")
    if image.get("title") is not None:
        check_text(image["title"], "block.image.title", f"{at}/title", plain=True)
    slack_file, url = image.get("slack_file"), image.get("image_url")
    if (slack_file is None) == (url is None):
        fail("block.image.source", f"exactly one of image_url and slack_file is needed [json-pointer:{at}]")
    if url is not None:
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            fail("block.image.source", f"must be a valid URL [json-pointer:{at}/image_url]")
        check_length(url, "block.image.url", f"{at}/image_url")
        return
    if not isinstance(slack_file, dict) or len({"id", "url"} & set(slack_file)) != 1:
        fail("block.image.source", f"slack_file needs id or url [json-pointer:{at}/slack_file]")
    wanted = slack_file.get("id")
    if wanted is None:
        wanted = str(slack_file["url"]).partition("/files-pri/")[2].partition("/")[0].rpartition("-")[2]
    file = workspace.files.get(str(wanted))
    if file is None or not workspace.file_ready(file) or not file.is_image:
        fail("block.image.file", f"invalid slack file [json-pointer:{at}/slack_file]")


def _card(block: Json, surface: str, workspace: Workspace, at: str) -> None:
    if not any(block.get(name) for name in ("hero_image", "title", "actions", "body")):
        fail("block.card.none", f"missing required field: hero_image, title, actions or body [json-pointer:{at}]")
    for name in ("title", "subtitle", "body"):
        if block.get(name) is not None:
            check_text(block[name], f"block.card.{name}", f"{at}/{name}")
    for name in ("icon", "hero_image"):
        if block.get(name) is not None:
            check_image(block[name], workspace, f"{at}/{name}")
    if block.get("actions") is not None:
        check_count(block["actions"], "block.card.actions", f"{at}/actions")
        _actions(block["actions"], "card", surface, f"{at}/actions")


def _container(block: Json, at: str) -> None:
    if block.get("title") is None and block.get("rich_text_title") is None:
        fail("block.container.title", f"missing required field: title or rich_text_title [json-pointer:{at}]")
    if block.get("title") is not None:
        check_text(block["title"], "block.container.title", f"{at}/title", plain=True)
    if block.get("subtitle") is not None:
        check_text(block["subtitle"], "block.container.title", f"{at}/subtitle")
    if block.get("width", "standard") not in ("narrow", "standard", "wide", "full"):
        fail("block.container.width", f"must be narrow, standard, wide or full [json-pointer:{at}/width]")
    if block.get("default_collapsed") and not block.get("is_collapsible"):
        fail("block.container.collapsed", f"default_collapsed needs is_collapsible [json-pointer:{at}]")


def _task_card(block: Json, at: str) -> None:
    for name in ("task_id", "title"):
        if not isinstance(block[name], str) or not block[name]:
            fail("block.task", f"must be a string [json-pointer:{at}/{name}]")
    if block.get("status", "pending") not in TASK_STATES:
        fail("block.task", f"must be one of {', '.join(TASK_STATES)} [json-pointer:{at}/status]")
    for name in ("details", "output"):
        if block.get(name) is not None and not (
            isinstance(block[name], dict) and block[name].get("type") == "rich_text"
        ):
            fail("block.task", f"must be rich_text [json-pointer:{at}/{name}]")


def _inside(block: Json, surface: str, workspace: Workspace, at: str) -> None:
    """Blocks inside of this one."""
    field, row, allowed = INSIDE[block["type"]]
    if block.get(field) is None:
        return
    check_count(block[field], row, f"{at}/{field}")
    for i, child in enumerate(block[field]):
        kind = child.get("type") if isinstance(child, dict) else None
        if kind not in allowed:
            fail("block.inside", f"unsupported type in a {block['type']}: {kind} [json-pointer:{at}/{field}/{i}/type]")
        _block(child, surface, workspace, f"{at}/{field}/{i}")


def _check_totals(blocks: list[Json]) -> None:
    """Limits on all blocks together. `blocks` includes those inside of others."""
    if sum(len(b["text"]) for b in blocks if b["type"] == "markdown") > limit("block.markdown.text"):
        most = limit("block.markdown.text")
        fail("block.markdown.text", f"markdown blocks must be less than {most + 1} characters together")
    check_tables_and_charts(blocks)


def text_length(block: Json) -> int:
    """A block's own text in characters: without blocks inside of it. Markdown and tables have limits of their own."""
    if block["type"] in ("markdown", "table", "data_table", "carousel"):
        return 0
    return sum(_text_length(k, v) for k, v in block.items() if k not in CHILDREN)


def _text_length(key: str, value: Any) -> int:
    if isinstance(value, list):
        return sum(_text_length("", v) for v in value)
    if isinstance(value, dict):
        return sum(_text_length(k, v) for k, v in value.items())
    return len(value) if key == "text" and isinstance(value, str) else 0
