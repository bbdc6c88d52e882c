"""Checks the elements and composition objects inside blocks."""

from typing import Any

from sandbox.model import Json
from sandbox.slack_errors import fail, limit

ANYWHERE = frozenset({"section", "actions"})
FORM = ANYWHERE | {"input"}

ELEMENTS: dict[str, tuple[frozenset[str], str, str]] = {
    "button": (ANYWHERE | {"card"}, "text", "url value style confirm accessibility_label"),
    "overflow": (ANYWHERE, "options", "confirm"),
    "image": (frozenset({"section"}), "alt_text", "image_url slack_file"),
    "static_select": (FORM, "", "placeholder options option_groups initial_option confirm focus_on_load"),
    "external_select": (FORM, "", "placeholder initial_option min_query_length confirm focus_on_load"),
    "users_select": (FORM, "", "placeholder initial_user confirm focus_on_load"),
    "channels_select": (FORM, "", "placeholder initial_channel confirm focus_on_load response_url_enabled"),
    "conversations_select": (
        FORM,
        "",
        "placeholder initial_conversation default_to_current_conversation confirm response_url_enabled filter "
        "focus_on_load",
    ),
    "multi_static_select": (
        FORM,
        "",
        "placeholder options option_groups initial_options confirm max_selected_items focus_on_load",
    ),
    "multi_external_select": (
        FORM,
        "",
        "placeholder initial_options min_query_length confirm max_selected_items focus_on_load",
    ),
    "multi_users_select": (FORM, "", "placeholder initial_users confirm max_selected_items focus_on_load"),
    "multi_channels_select": (FORM, "", "placeholder initial_channels confirm max_selected_items focus_on_load"),
    "multi_conversations_select": (
        FORM,
        "",
        "placeholder initial_conversations default_to_current_conversation confirm max_selected_items filter "
        "focus_on_load",
    ),
    "checkboxes": (FORM, "options", "initial_options confirm focus_on_load"),
    "radio_buttons": (FORM, "options", "initial_option confirm focus_on_load"),
    "datepicker": (FORM, "", "placeholder initial_date confirm focus_on_load"),
    "timepicker": (FORM, "", "placeholder initial_time confirm focus_on_load timezone"),
    "datetimepicker": (frozenset({"actions", "input"}), "", "initial_date_time confirm focus_on_load"),
    "plain_text_input": (
        frozenset({"input"}),
        "",
        "placeholder initial_value multiline min_length max_length dispatch_action_config focus_on_load",
    ),
    "email_text_input": (frozenset({"input"}), "", "placeholder initial_value dispatch_action_config focus_on_load"),
    "url_text_input": (frozenset({"input"}), "", "placeholder initial_value dispatch_action_config focus_on_load"),
    "number_input": (
        frozenset({"input"}),
        "",
        "is_decimal_allowed placeholder initial_value min_value max_value dispatch_action_config focus_on_load",
    ),
    "file_input": (frozenset({"input"}), "", "filetypes max_files"),
    "rich_text_input": (
        frozenset({"input"}),
        "",
        "placeholder initial_value dispatch_action_config focus_on_load",
    ),
    "feedback_buttons": (frozenset({"context_actions"}), "positive_button negative_button", ""),
    "icon_button": (
        frozenset({"context_actions"}),
        "icon text",
        "value confirm accessibility_label visible_to_user_ids",
    ),
    "workflow_button": (ANYWHERE, "text workflow", "style accessibility_label"),
}
"""Element type -> blocks that allow it, required fields, optional fields (besides type and action_id)."""

COUNTS = {"checkboxes": "checkboxes", "radio_buttons": "radio", "overflow": "overflow"}


def check_fields(thing: Json, needed: str, allowed: str, at: str) -> None:
    """Fail for a missing required field, or for an unknown one."""
    for name in needed.split():
        if thing.get(name) is None:
            fail("block.format", f"missing required field: {name} [json-pointer:{at}]")
    for name in thing:
        if name not in needed.split() and name not in allowed.split():
            fail("block.format", f"invalid additional property: {name} [json-pointer:{at}]")


def check_length(text: Any, row: str, at: str) -> None:
    """Fail for anything that is not a string, or longer than the row's limit."""
    if not isinstance(text, str):
        fail(row, f"must be a string [json-pointer:{at}]")
    if len(text) > limit(row):
        fail(row, f"must be less than {limit(row) + 1} characters [json-pointer:{at}]")


def check_count(items: Any, row: str, at: str) -> None:
    """Fail for anything that is not a list, is empty, or has more items than the row's limit."""
    if not isinstance(items, list):
        fail(row, f"must be an array [json-pointer:{at}]")
    if not items:
        fail(row, f"no fewer than 1 items allowed [json-pointer:{at}]")
    if len(items) > limit(row):
        fail(row, f"no more than {limit(row)} items allowed [json-pointer:{at}]")


def check_text(text: Any, row: str, at: str, *, plain: bool = False) -> None:
    """A text object: plain_text or mrkdwn, not empty, not longer than the row's limit."""
    if not isinstance(text, dict) or text.get("type") not in ("plain_text", "mrkdwn"):
        fail(row, f"must be a text object [json-pointer:{at}]")
    if plain and text["type"] != "plain_text":
        fail(row, f"unsupported type: mrkdwn [json-pointer:{at}/type]")
    check_fields(text, "type", "text emoji" if text["type"] == "plain_text" else "text verbatim", at)
    check_length(text.get("text"), row, f"{at}/text")
    if not text["text"]:
        fail(row, f"must be more than 0 characters [json-pointer:{at}/text]")


def check_element(element: Any, block: str, surface: str, at: str) -> None:
    """An element, in a block of this type, on this surface."""
    if not isinstance(element, dict):
        fail("block.format", f"must be an object [json-pointer:{at}]")
    kind = element.get("type")
    if kind not in ELEMENTS:
        fail("block.format", f"unsupported type: {kind} [json-pointer:{at}/type]")
    where, needed, allowed = ELEMENTS[kind]
    if block not in where or (kind in ("file_input",) and surface != "modal"):
        fail("block.surface", f"unsupported type in {block} of a {surface}: {kind} [json-pointer:{at}/type]")
    check_fields(element, needed, f"type action_id {allowed}", at)
    if element.get("action_id") is not None:
        check_length(element["action_id"], "block.action_id", f"{at}/action_id")
    if element.get("placeholder") is not None:
        check_text(element["placeholder"], "block.placeholder", f"{at}/placeholder", plain=True)
    if element.get("confirm") is not None:
        _confirm(element["confirm"], f"{at}/confirm")
    match kind:
        case "button" | "workflow_button":
            _button(element, at)
        case "static_select" | "multi_static_select":
            _menu(element, at)
        case "checkboxes" | "radio_buttons" | "overflow":
            check_count(element["options"], f"block.{COUNTS[kind]}.options", f"{at}/options")
            _options(element["options"], f"{at}/options")
        case "plain_text_input":
            most = element.get("max_length", 3000)
            if not isinstance(most, int) or not 1 <= most <= limit("block.text_input.max"):
                fail("block.text_input.max", f"must be less than 3001 [json-pointer:{at}/max_length]")
        case "number_input":
            _number(element, at)
        case "file_input":
            if not 1 <= element.get("max_files", 10) <= limit("block.file_input.max"):
                fail("block.file_input.max", f"must be 1 to 10 [json-pointer:{at}/max_files]")
        case "feedback_buttons":
            for name in ("positive_button", "negative_button"):
                check_fields(element[name], "text value", "accessibility_label", f"{at}/{name}")
                _pressed(element[name], f"{at}/{name}")
        case "icon_button":
            if element["icon"] != "trash":
                fail("block.icon", f"must be trash [json-pointer:{at}/icon]")
            if not all(isinstance(user, str) for user in element.get("visible_to_user_ids") or []):
                fail("block.format", f"must be a list of user ids [json-pointer:{at}/visible_to_user_ids]")
            _pressed(element, at)
    _initial(element, at)


def _pressed(button: Json, at: str) -> None:
    """What all buttons have: text, value, and a label for screen readers."""
    check_text(button["text"], "block.button.text", f"{at}/text", plain=True)
    if button.get("value") is not None:
        check_length(button["value"], "block.button.value", f"{at}/value")
    if button.get("accessibility_label") is not None:
        check_length(button["accessibility_label"], "block.button.label", f"{at}/accessibility_label")


def _button(element: Json, at: str) -> None:
    _pressed(element, at)
    if element.get("url") is not None:
        check_length(element["url"], "block.button.url", f"{at}/url")
    if element.get("style") not in (None, "primary", "danger"):
        fail("block.button.style", f"must be primary or danger [json-pointer:{at}/style]")


def _menu(element: Json, at: str) -> None:
    options, groups = element.get("options"), element.get("option_groups")
    if (options is None) == (groups is None):
        fail("block.select.options", f"exactly one of options and option_groups is needed [json-pointer:{at}]")
    if options is not None:
        check_count(options, "block.select.options", f"{at}/options")
        _options(options, f"{at}/options")
        return
    check_count(groups, "block.select.groups", f"{at}/option_groups")
    for i, group in enumerate(groups or []):
        check_fields(group, "label options", "", f"{at}/option_groups/{i}")
        check_text(group["label"], "block.option.text", f"{at}/option_groups/{i}/label", plain=True)
        check_count(group["options"], "block.select.options", f"{at}/option_groups/{i}/options")
        _options(group["options"], f"{at}/option_groups/{i}/options")


def _options(options: list[Any], at: str) -> None:
    for i, option in enumerate(options):
        if not isinstance(option, dict):
            fail("block.format", f"must be an object [json-pointer:{at}/{i}]")
        check_fields(option, "text", "value description url", f"{at}/{i}")
        check_text(option["text"], "block.option.text", f"{at}/{i}/text")
        check_length(option.get("value"), "block.option.value", f"{at}/{i}/value")
        if option.get("description") is not None:
            check_text(option["description"], "block.option.description", f"{at}/{i}/description")


def _number(element: Json, at: str) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        fail("block.number.decimal", f"missing required field: is_decimal_allowed [json-pointer:{at}]")
    for name in ("initial_value", "min_value", "max_value"):
        value = element.get(name)
        if value is None:
            continue
        try:
            number = float(value) if isinstance(value, str) else None
        except ValueError:
            number = None
        if number is None:
            fail("block.number.decimal", f"must be a number in a string [json-pointer:{at}/{name}]")


def _initial(element: Json, at: str) -> None:
    """Initial options must be among the options, with the same text."""
    if element["type"].endswith("external_select"):
        return
    wanted = element.get("initial_options", [])
    if element.get("initial_option") is not None:
        wanted = [element["initial_option"]]
    if not wanted:
        return
    groups = element.get("option_groups") or []
    offered = [*(element.get("options") or []), *(o for g in groups for o in g["options"])]
    known = {(o.get("value"), o["text"]["text"]) for o in offered}
    for option in wanted:
        text = (option.get("text") or {}).get("text") if isinstance(option, dict) else None
        if text is None or (option.get("value"), text) not in known:
            fail("block.option.initial", f"initial_option is not among the options [json-pointer:{at}]")


def _confirm(confirm: Any, at: str) -> None:
    if not isinstance(confirm, dict):
        fail("block.format", f"must be an object [json-pointer:{at}]")
    check_fields(confirm, "", "title text confirm deny style", at)
    check_text(confirm.get("title"), "block.confirm.title", f"{at}/title", plain=True)
    check_text(confirm.get("text"), "block.confirm.text", f"{at}/text")
    for name in ("confirm", "deny"):
        if confirm.get(name) is not None:
            check_text(confirm[name], "block.confirm.button", f"{at}/{name}", plain=True)
