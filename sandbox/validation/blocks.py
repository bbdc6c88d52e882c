"""Checks blocks as Slack does: types, fields, lengths, counts, and the surfaces that allow each block.

Every check names a row of slack_errors.csv. The details are worded as in Slack where that is known
("must be less than 3001 characters [json-pointer:/blocks/0/text/text]").
"""

from typing import Any

from sandbox.model import Json
from sandbox.slack_errors import fail, limit
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

RICH = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}


def check_blocks(blocks: Any, surface: str, workspace: Workspace, *, most: str = "block.count") -> list[Json]:
    """The blocks. `most` is the row with the number of blocks that the surface allows."""
    if not isinstance(blocks, list):
        fail("block.format", "must be an array [json-pointer:/blocks]")
    if len(blocks) > limit(most):
        fail(most, f"no more than {limit(most)} items allowed [json-pointer:/blocks]")
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        at = f"/blocks/{index}"
        _block(block, surface, workspace, at)
        block_id = block.get("block_id")
        if block_id and block["type"] != "markdown":
            check_length(block_id, "block.id", f"{at}/block_id")
            if block_id in seen:
                fail("block.id.twice", f"block_id already exists: {block_id} [json-pointer:{at}/block_id]")
            seen.add(block_id)
    _check_totals(blocks)
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
            _table(block, at)


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


def _table(block: Json, at: str) -> None:
    check_count(block["rows"], "block.table.rows", f"{at}/rows")
    for i, row in enumerate(block["rows"]):
        check_count(row, "block.table.cells", f"{at}/rows/{i}")
        for j, cell in enumerate(row):
            if not isinstance(cell, dict) or cell.get("type") not in ("raw_text", "raw_number", "rich_text"):
                fail("block.format", f"a cell is raw_text or rich_text [json-pointer:{at}/rows/{i}/{j}]")


def _check_totals(blocks: list[Json]) -> None:
    """Limits on all blocks together."""
    if sum(len(b["text"]) for b in blocks if b["type"] == "markdown") > limit("block.markdown.text"):
        most = limit("block.markdown.text")
        fail("block.markdown.text", f"markdown blocks must be less than {most + 1} characters together")
    cells = sum(text_length(b["rows"]) for b in blocks if b["type"] == "table")
    if cells > limit("block.table.text"):
        fail("block.table.text", f"tables must be less than {limit('block.table.text') + 1} characters together")


def text_length(value: Any) -> int:
    """The length of all text in a structure, in characters."""
    if isinstance(value, list):
        return sum(map(text_length, value))
    if isinstance(value, dict):
        return sum(
            len(v) if k == "text" and isinstance(v, str) else text_length(v)
            for k, v in value.items()
            if isinstance(v, list | dict | str)
        )
    return 0
