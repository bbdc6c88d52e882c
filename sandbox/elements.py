"""Interactive elements: find them in blocks, and convert between their state and what a person entered."""

import secrets
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from sandbox.model import Json

STATEFUL = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
    "rich_text_input": "rich_text_value",
}
"""Elements that have a state, and the field that holds it (docs.slack.dev/reference/views,
"view submission payload"; read 2026-11-21)."""

INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "rich_text_value": "initial_value",
}
LISTS = ("selected_options", "selected_users", "selected_channels", "selected_conversations", "files")


def elements_of(block: Json) -> list[Json]:
    """The elements of a block that can have an action_id."""
    match block.get("type"):
        case "section":
            return [block["accessory"]] if isinstance(block.get("accessory"), dict) else []
        case "input":
            return [block["element"]] if isinstance(block.get("element"), dict) else []
        case "actions" | "context_actions":
            return [e for e in block.get("elements") or [] if isinstance(e, dict)]
        case "card":
            return [e for e in block.get("actions") or [] if isinstance(e, dict)]
        case _:
            return []


CHILDREN = ("child_blocks", "tasks")
"""Fields with blocks inside of a block. A carousel's cards are its `elements`."""


def flat(blocks: list[Json]) -> list[Json]:
    """The blocks, each followed by those inside of it."""
    found = []
    for block in blocks:
        inside = [child for name in CHILDREN for child in block.get(name) or []]
        if block.get("type") == "carousel":
            inside = block.get("elements") or []
        found += [block, *flat(inside)]
    return found


GENERATED = "~"
"""What block_ids begin with that the app did not choose: they are others after each update of the message."""


def with_ids(blocks: list[Json]) -> list[Json]:
    """The blocks with generated block_ids and action_ids where the app gave none, as in Slack."""
    blocks = deepcopy(blocks)
    for block in flat(blocks):
        if not block.get("block_id") or block.get("type") == "markdown":
            block["block_id"] = GENERATED + secrets.token_urlsafe(4)
        for element in elements_of(block):
            if element.get("type") != "image" and not element.get("action_id"):
                element["action_id"] = secrets.token_urlsafe(4)
    return blocks


def find(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[Json, Json] | None:
    """The block and the element with this action_id."""
    for block, element in walk(blocks):
        if element.get("action_id") == action_id and block_id in ("", block["block_id"]):
            return block, element
    return None


def find_pressed(blocks: list[Json], action_id: str, block_id: str, value: str) -> tuple[Json, Json] | None:
    """The same for what a person saw and pressed; `value` is what the button had then.

    The message may have been updated between, while a dialog asked whether they are sure. Slack delivers such a click.
    """
    if not block_id.startswith(GENERATED):
        return find(blocks, action_id, block_id)
    alike = [
        (block, element)
        for block, element in walk(blocks)
        if element.get("action_id") == action_id
        and element.get("value", "") == value
        and block["block_id"].startswith(GENERATED)
    ]
    return find(blocks, action_id, block_id) or next(iter(alike), None)


def walk(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for block in flat(blocks):
        for element in elements_of(block):
            yield block, element


def options_of(element: Json) -> list[Json]:
    """All options of a menu, including those in groups."""
    groups: list[Json] = element.get("option_groups") or []
    return [*(element.get("options") or []), *(o for g in groups for o in g.get("options") or [])]


def initial_state(element: Json) -> Json | None:
    """An element's initial state; None for an element without state."""
    field = STATEFUL.get(element.get("type", ""))
    if field is None:
        return None
    value = element.get(INITIAL.get(field, ""))
    if value is None:
        value = [] if field in LISTS else None
    return {"type": element["type"], field: value}


def state_from(element: Json, raw: Any, offered: list[Json] | None = None) -> Json:
    """An element's state after a person entered `raw`: text, an option's value or text, or a list of them.

    offered -- the options that the app gave for an external select.
    Raises ValueError, with a sentence for the reader, if there is no such option.
    """
    kind = element["type"]
    field = STATEFUL[kind]
    if field == "selected_option":
        return {"type": kind, field: _option(element, raw, offered) if raw not in (None, "") else None}
    if field == "selected_options":
        wanted = raw if isinstance(raw, list) else [raw] if raw not in (None, "") else []
        return {"type": kind, field: [_option(element, one, offered) for one in wanted]}
    if field in LISTS:
        return {"type": kind, field: raw if isinstance(raw, list) else [raw] if raw else []}
    if field == "selected_date_time":
        return {"type": kind, field: int(raw) if raw not in (None, "") else None}
    return {"type": kind, field: str(raw) if raw not in (None, "") else None}


def raw_of(state: Json) -> Any:
    """The inverse of state_from: the value for the form."""
    value = state.get(STATEFUL.get(state.get("type", ""), ""))
    if isinstance(value, dict):
        return value.get("value", "")
    if isinstance(value, list):
        return [v.get("value") if isinstance(v, dict) else v for v in value]
    return "" if value is None else value


def action(block: Json, element: Json, state: Json | None, action_ts: str) -> Json:
    """One entry of a block_actions payload's `actions`."""
    entry: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": action_ts,
    }
    if element["type"] in ("button", "workflow_button", "icon_button"):
        entry |= {k: element[k] for k in ("text", "value", "style", "url") if k in element}
    if state is not None:
        entry |= {k: v for k, v in state.items() if k != "type"}
    if element.get("placeholder"):
        entry["placeholder"] = element["placeholder"]
    return entry


def _option(element: Json, raw: Any, offered: list[Json] | None) -> Json:
    if isinstance(raw, dict):
        raw = raw.get("value", "")
    options = offered if offered is not None else options_of(element)
    for option in options:
        if str(raw) in (option.get("value"), option["text"]["text"]):
            return {k: v for k, v in option.items() if k in ("text", "value", "description")}
    shown = ", ".join(repr(o.get("value")) for o in options[:20])
    raise ValueError(f"{element['action_id']} has no option {raw!r}; it has: {shown}")
