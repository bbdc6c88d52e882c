"""The chat format: what one line must be, and what in it is counted.

The seven classic codes mean what they mean in OpenAI's cookbook notebook "Data preparation and analysis for chat
model fine-tuning" (read 2026-11-21); beyond it, calls may stand in the place of content, content may be a list of
parts, and the newer keys and roles are known. Of duplicate keys the last counts, as in Python's json.
"""

import json
from typing import Annotated, Any, Literal

import msgspec

from bot.datasets.findings import Findings

MESSAGE_KEYS = (
    "role",
    "content",
    "name",
    "weight",
    "refusal",
    "tool_calls",
    "tool_call_id",
    "function_call",
)
ROLES = ("system", "developer", "user", "assistant", "tool", "function")

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]
IMAGE_TOKENS = 85  # one image at low detail (vision guide, read 2026-11-21); others need its size, never fetched


class PlainMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Role
    content: Annotated[str, msgspec.Meta(min_length=1)]
    weight: int | None = None


class PlainExample(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An example with which nothing can be wrong but a missing answer. Nearly all lines decode to this, at the
    speed of C; the others take the long way through `judge`.
    """

    messages: Annotated[list[PlainMessage], msgspec.Meta(min_length=1)]


decode_plain = msgspec.json.Decoder(PlainExample).decode


class Counted(msgspec.Struct, gc=False):
    """What of an example is counted: its texts, its messages, tokens known without counting, and whether some
    of it (names, tools, images) is billed in a way that nobody has verified.
    """

    texts: list[str]
    messages: int
    extra: int = 0
    estimated: bool = False


class NotAnExample(Exception):
    """The line is not valid JSON or not UTF-8: `code`, and the details of its sentence."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def parse(line: bytes, *, cut: bool = False) -> Any:
    """The JSON value on a line. Raises NotAnExample. `cut`: the file ends with this line, without a line end."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # Python's own decoder says better why, and knows numbers that msgspec does not
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        if not (cut and error.end == len(line) and "unexpected end" in error.reason):
            what = f"Byte {error.start + 1:,} of the line (0x{line[error.start]:02x}) is not UTF-8."
            raise NotAnExample("not_utf8", what=what) from None
        text = line[: error.start].decode("utf-8")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        why, how = _explain(text, error, cut)
    except RecursionError:
        why, how = "it is nested too deeply to be read", "Flatten it: an example needs a few levels only."
    except UnicodeEncodeError:
        why = "it holds half of a surrogate pair (an escape such as \\ud83d that stands alone)"
        how = "Write the character itself, or both halves."
    except _Constant as error:
        why, how = f"{error} is not a JSON value", "Use a number, a string or null."
    except ValueError:
        why, how = "it holds a number with thousands of digits", "Write it as a string."
    else:
        return value
    raise NotAnExample("invalid_json", why=why, how=how)


def judge(example: Any, line: int, findings: Findings) -> Counted | None:
    """Holds one decoded line to the format, notes what is wrong in `findings`, and gives what is to be counted;
    None where it has no messages.
    """
    if not isinstance(example, dict):
        how = 'Write each example as {"messages": [...]}.'
        if isinstance(example, list):
            how = "Write each element on a line of its own, without the brackets and commas around it."
        findings.add("data_type", line, where="The line", what=_kind(example), how=how)
        return None
    messages = example.get("messages")
    if not messages or not isinstance(messages, list):
        findings.add("missing_messages_list", line, "messages", what=_missing_messages(example))
        return None
    counted = Counted([], len(messages))
    for place, message in enumerate(messages):
        if isinstance(message, dict):
            _judge_message(message, place, line, findings)
            _count_message(message, counted)
        else:
            how = "Write each message in braces, with a role and content."
            field = f"messages[{place}]"
            findings.add("data_type", line, field, where=f"`{field}`", what=_kind(message), how=how)
    if not any(isinstance(message, dict) and message.get("role") == "assistant" for message in messages):
        findings.add("example_missing_assistant_message", line, field="messages")
    for key in ("tools", "functions"):
        if example.get(key):
            counted.texts.append(_as_text(example[key]))
            counted.estimated = True
    return counted


def _judge_message(message: dict[str, Any], place: int, line: int, findings: Findings) -> None:
    field = f"messages[{place}]"
    called = bool(message.get("function_call") or message.get("tool_calls") or message.get("refusal"))
    missing = [key for key in ("role", "content") if key not in message and not (key == "content" and called)]
    if missing:
        findings.add("message_missing_key", line, field, missing=" and no ".join(f"`{key}`" for key in missing))
    unknown = [key for key in message if key not in MESSAGE_KEYS]
    if unknown:
        keys = "the key " if len(unknown) == 1 else "the keys "
        keys += ", ".join(_quoted(key) for key in unknown[:3]) + (" and more" if len(unknown) > 3 else "")
        findings.add("message_unrecognized_key", line, field, keys=keys, known=", ".join(MESSAGE_KEYS))
    role = message.get("role")
    if role not in ROLES:
        instead = (isinstance(role, str) and _INSTEAD.get(role.strip().lower())) or f"one of {', '.join(ROLES)}"
        findings.add("unrecognized_role", line, f"{field}.role", role=_quoted(role), instead=instead)
    content = message.get("content")
    if not (called and content in (None, "", [])):
        wrong = _wrong_content(content)
        if wrong:
            findings.add("missing_content", line, f"{field}.content", what=wrong)


def _wrong_content(content: Any) -> str | None:
    if isinstance(content, str):
        return None if content else "an empty string"
    if content is None:
        return "missing or null"
    if isinstance(content, list):
        if not content:
            return "an empty list"
        if all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in content):
            return None
        return "a list with something else in it than content parts (objects with a type)"
    return f"{_kind(content)}, not text"


def _count_message(message: dict[str, Any], counted: Counted) -> None:
    content = message.get("content")
    if isinstance(content, str):
        counted.texts.append(content)
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                counted.texts.append(part["text"])
            elif isinstance(part, dict) and part.get("type") == "image_url":
                counted.extra += IMAGE_TOKENS
                counted.estimated = True
    if isinstance(message.get("refusal"), str):
        counted.texts.append(message["refusal"])
    if isinstance(message.get("name"), str):
        counted.texts.append(message["name"])
        counted.estimated = True
    calls = message.get("tool_calls")
    calls = list(calls) if isinstance(calls, list) else []
    for call in (*calls, {"function": message.get("function_call")}):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            counted.texts += [value for value in function.values() if isinstance(value, str)]
            counted.estimated = True


_INSTEAD = {
    "human": "user",
    "customer": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "agent": "assistant",
} | {role: role for role in ROLES}  # wrong case, or blanks around it


def _missing_messages(example: dict[str, Any]) -> str:
    if "messages" in example:
        messages = example["messages"]
        if isinstance(messages, list):
            return "`messages` is an empty list."
        return f"`messages` is {_kind(messages)}, not a list."
    what = "The example has no `messages`."
    if "prompt" in example and "completion" in example:
        return f"{what} It has `prompt` and `completion`: the older format, which chat models do not take."
    if "input" in example and "preferred_output" in example:
        return f"{what} It has `input` and `preferred_output`: a preference pair, not a chat."
    if "conversations" in example:
        return f"{what} It has `conversations` (the ShareGPT format)."
    if example:
        return f"{what} It has {', '.join(f'`{key[:30]}`' for key in list(example)[:3])}."
    return what


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def _as_text(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:  # it could just be read, and cannot be written
        return ""


def _quoted(value: Any) -> str:
    """A value as JSON, short enough for a sentence."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "something deeply nested"
    return text if len(text) <= 42 else text[:40] + "…"


class _Constant(Exception):
    """NaN, Infinity or -Infinity, which Python reads and JSON does not have."""


def _refuse_constant(name: str) -> Any:
    raise _Constant(name)


def _explain(text: str, error: json.JSONDecodeError, cut: bool) -> tuple[str, str]:
    how = "Write one complete JSON object a line; let a JSON library write it."
    at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if cut and at_end:
        return "the file seems cut off here", "Copy or export the file again, or remove this last line."
    where = f"at column {error.pos + 1:,}"
    if "\0" in text:
        return f"it holds NUL bytes (the first at column {text.index(chr(0)) + 1:,})", "Export the file again."
    if error.msg.startswith("Extra data"):
        return f"something follows the object {where}", "Put each example on a line of its own."
    # From Python 3.13 on a comma before a closing brace has a message of its own.
    if text.lstrip().startswith("{'") or error.msg.startswith(("Expecting property name", "Illegal trailing comma")):
        how = 'Use double quotes ("), and no comma before a closing brace.'
        return f"a key in double quotes is expected {where}", how
    if error.msg.startswith("Invalid control character"):
        return f"a raw line break or control character stands inside a string {where}", r"Write it as \n or \t."
    if at_end:
        return "it stops before the object is closed", "Keep the whole example on one line."
    return f"{error.msg[0].lower()}{error.msg[1:]} {where}", how
