"""What Slack's client checks of a modal's inputs before it sends them to the app."""

from sandbox import elements
from sandbox.model import Json, View


def input_errors(view: View) -> dict[str, str]:
    """What Slack's client checks before it sends a submission to the app."""
    errors: dict[str, str] = {}
    for block, element in elements.walk(view.body["blocks"]):
        if block["type"] != "input":
            continue
        state = view.state.get(block["block_id"], {}).get(element["action_id"], {})
        raw = elements.raw_of(state)
        error = ""
        if raw in ("", []):
            error = "" if block.get("optional") else "Please complete this required field."
        elif element["type"] == "number_input":
            error = _number_error(element, str(raw))
        elif element["type"] == "plain_text_input":
            if len(raw) > element.get("max_length", 3000):
                error = f"Please use at most {element.get('max_length', 3000)} characters."
            elif len(raw) < element.get("min_length", 0):
                error = f"Please use at least {element['min_length']} characters."
        if error:
            errors[block["block_id"]] = error
    return errors


def _number_error(element: Json, raw: str) -> str:
    try:
        number = float(raw)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Please enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
