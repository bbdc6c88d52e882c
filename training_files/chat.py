"""The chat format: what one line must be, and what in it is counted.

The seven classic codes mean what they mean in OpenAI's cookbook notebook "Data preparation and analysis for chat
model fine-tuning" (read 2026-11-21); beyond it, calls may stand in the place of content, content may be a list of
parts, and the newer keys and roles are known. Of duplicate keys the last counts, as in Python's json. Where one defect
has two of the classic codes, people are told once and both are counted.
"""

import json
from typing import Annotated, Any, Literal

import msgspec

from training_files import images, tools
from training_files.dataset_checks import DatasetChecks
from training_files.example_format import CHAT_KEYS, Format
from training_files.findings import Findings
from training_files.json_depth import check_depth, decode
from training_files.quoting import MOST_NAMES, ending, kind, quoted
from training_files.report import Param

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


class PlainMessage(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, msgspec.Meta(min_length=1)]
    weight: Literal[0, 1] | None = None


class PlainExample(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An example of the classic kind. Nearly all lines decode to this, at the speed of C; the others take the long
    way through `validate`.
    """

    messages: Annotated[list[PlainMessage], msgspec.Meta(min_length=1)]


decode_plain = msgspec.json.Decoder(PlainExample).decode


def is_sound(messages: list[PlainMessage]) -> bool:
    """Whether nothing can be wrong with a plain example: it ends with an answer that is trained on, somebody asked,
    no message is blank, and only answers have a weight.
    """
    last = messages[-1]
    if last.role != "assistant" or last.weight == 0 or len(messages) < 2:
        return False
    if messages[-2].role != "user" and all(message.role != "user" for message in messages):
        return False
    for message in messages:  # runs on every line, and a generator costs twice as much
        if message.content.isspace() or (message.weight is not None and message.role != "assistant"):
            return False
    return True


class Counted(msgspec.Struct, gc=False):
    """What of an example is counted: its texts, its messages, the JSON of the tools that it declares, tokens known
    without counting, and whether some of it is billed in a way that nobody has verified (names, images, pairs), or
    that is known from one job (tools and calls).
    """

    texts: list[str]
    messages: int
    extra: int = 0
    estimated: bool = False
    format: Format = "chat"
    tools: list[str] = []


class NotAnExample(Exception):
    """The line is not valid JSON or not UTF-8: the finding's code, the text at fault, and the finding's values."""

    def __init__(self, code: str, quote: str, **params: Param) -> None:
        super().__init__(code)
        self.code = code
        self.quote = quote
        self.params = params


def parse(line: bytes, *, cut: bool = False) -> Any:
    """The JSON value on a line. Raises NotAnExample. `cut`: the file ends with this line, without a line end."""
    try:
        return decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # Python's own decoder says better why, and knows numbers that msgspec does not
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        if not (cut and error.end == len(line) and "unexpected end" in error.reason):
            around = line[max(0, error.start - _LEAD) : error.start + _LEAD].decode("utf-8", "replace")
            place, value = error.start + 1, f"0x{line[error.start]:02x}"
            raise NotAnExample("not_utf8", around, place=place, value=value) from None
        text = line[: error.start].decode("utf-8")
    at = 0
    try:
        check_depth(text)
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        if error.msg.startswith("Invalid control character") and _is_json_but_for_control_characters(text):
            raise NotAnExample("control_character", _around(text, error.pos), column=error.pos + 1) from None
        params = _explained(text, error, cut)
        at = error.pos
    except RecursionError:
        params = {"problem": "nested"}
    except UnicodeEncodeError:
        params = {"problem": "surrogate"}
    except _Constant as error:
        params = {"problem": "constant", "value": str(error)}
    except ValueError:
        params = {"problem": "digits"}
    else:
        return value
    raise NotAnExample("invalid_json", _around(text, at), **params)


def read_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object on a line, None where there is none. Of a broken line `parse` says what is wrong with it; this
    takes a tenth of the time.
    """
    try:
        value = decode(line)
    except msgspec.ValidationError:  # a number that msgspec has no room for
        try:
            value = parse(line)
        except NotAnExample:
            return None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


_LEAD = 40
"""Characters that are quoted before the place at fault."""


def _around(text: str, place: int) -> str:
    """What stands about a place: of a line that ends there the end of it."""
    return ending(text[:place], _LEAD) + text[place : place + 10 * _LEAD]


def _is_json_but_for_control_characters(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse_constant, strict=False)
    except (_Constant, ValueError, RecursionError):
        return False
    return True


def refuse(example: Any, line: int, findings: Findings) -> None:
    """Notes that a line is no object."""
    findings.add("data_type", line, found=kind(example), quote=quoted(example, 120))


def validate(example: dict[str, Any], line: int, findings: Findings, dataset_checks: DatasetChecks) -> Counted | None:
    """Holds a chat example to the format, notes what is wrong in `findings`, and gives what is to be counted;
    None where it has no messages.
    """
    messages = example.get("messages")
    if not messages or not isinstance(messages, list):
        findings.add("missing_messages_list", line, "messages", **_missing_messages(example))
        return None
    dataset_checks.keys(line, [key for key in example if key not in CHAT_KEYS])
    toolbox = toolbox_of(example, line, findings)
    counted = validate_messages(messages, "messages", line, findings, toolbox)
    count_tools(example, counted)
    _validate_answers(messages, line, findings)
    roles = [message.get("role") if isinstance(message, dict) else None for message in messages]
    if "user" not in roles and all(role in ROLES for role in roles):  # else a wrong role is told of already
        findings.add("example_missing_user_message", line, "messages")
    if toolbox is None and any(_calls(message) for message in messages):
        dataset_checks.calls_without_tools(line)
    if any(part.get("type") == "image_url" for message in messages for part in parts_of(message)):
        dataset_checks.images(line)
    dataset_checks.chat([line], [_last_answer(messages)], [_system_prompt(messages)])
    return counted


def toolbox_of(example: dict[str, Any], line: int, findings: Findings, prefix: str = "") -> tools.Toolbox | None:
    """The tools that an example declares, held to the format; None where it declares none."""
    parallel = example.get("parallel_tool_calls")
    if parallel is not None and not isinstance(parallel, bool):
        field = f"{prefix}parallel_tool_calls"
        findings.add("invalid_value", line, field, problem="not_boolean", found=kind(parallel), quote=quoted(parallel))
    return tools.declared(example, line, findings, prefix)


def validate_messages(
    messages: list[Any], field: str, line: int, findings: Findings, toolbox: tools.Toolbox | None
) -> Counted:
    """Holds each message to the format, and the calls among them to each other. `field` is the list's own name."""
    counted = Counted([], len(messages))
    for place, message in enumerate(messages):
        if isinstance(message, dict):
            _validate_message(message, f"{field}[{place}]", line, findings)
            _count_message(message, counted)
        else:
            findings.add("data_type", line, f"{field}[{place}]", found=kind(message), quote=quoted(message, 120))
    tools.validate_calls(messages, field, line, findings, toolbox)
    images.validate(messages, field, line, findings)
    return counted


def count_tools(example: dict[str, Any], counted: Counted) -> None:
    for key in ("tools", "functions"):
        if example.get(key) and (text := _as_text(example[key])):
            counted.tools.append(text)
            counted.estimated = True


def _validate_message(message: dict[str, Any], field: str, line: int, findings: Findings) -> None:
    called = _calls(message) or bool(message.get("refusal"))
    missing = [key for key in ("role", "content") if key not in message and not (key == "content" and called)]
    if missing:
        findings.add("message_missing_key", line, field, missing=missing, quote=message)
    unknown = [key for key in message if key not in MESSAGE_KEYS]
    if unknown:
        keys = [quoted(key) for key in unknown[:MOST_NAMES]]
        findings.add("message_unrecognized_key", line, field, keys=keys, more=len(unknown) - len(keys))
    role = message.get("role")
    if role not in ROLES:
        if "role" in missing:
            findings.repeat("unrecognized_role")
        else:
            instead = _INSTEAD.get(role.strip().lower(), "") if isinstance(role, str) else ""
            findings.add("unrecognized_role", line, f"{field}.role", role=quoted(role), instead=instead)
    content = message.get("content")
    if not (called and content in (None, "", [])):
        wrong = _wrong_content(content)
        if wrong and "content" in missing:
            findings.repeat("missing_content")
        elif wrong:
            findings.add("missing_content", line, f"{field}.content", found=wrong, quote=message)
        elif role == "assistant" and not called and _is_blank(message):
            findings.add("empty_answer", line, f"{field}.content", quote=quoted(content, 120))
    if len(message) > 2:
        _validate_other_keys(message, role, field, line, findings)


def _validate_other_keys(message: dict[str, Any], role: Any, field: str, line: int, findings: Findings) -> None:
    def wrong(code: str, key: str, **params: str) -> None:
        findings.add(code, line, f"{field}.{key}", quote=quoted(message[key], 120), **params)

    weight = message.get("weight")
    if weight is not None:
        if isinstance(weight, bool) or weight not in (0, 1):
            wrong("invalid_weight", "weight", value=quoted(weight))
        elif role != "assistant":
            wrong("invalid_weight", "weight")
    for key in ("name", "refusal", "tool_call_id"):
        if message.get(key) is not None and not isinstance(message[key], str):
            wrong("invalid_value", key, problem="not_text", found=kind(message[key]))
    for key in ("refusal", "tool_calls", "function_call"):
        if message.get(key) and role in ROLES and role != "assistant":
            wrong("invalid_value", key, problem="assistants_only", role=role)
    if message.get("tool_call_id") and role in ROLES and role != "tool":
        wrong("invalid_value", "tool_call_id", problem="tools_only", role=role)


def _validate_answers(messages: list[Any], line: int, findings: Findings) -> None:
    """That there is something to learn, and at the end."""
    answers = [message for message in messages if isinstance(message, dict) and message.get("role") == "assistant"]
    if not answers:
        findings.add("example_missing_assistant_message", line, "messages")
        return
    last = messages[-1]
    if isinstance(last, dict) and last.get("role") in ROLES and last["role"] != "assistant":
        findings.add("last_message_not_assistant", line, f"messages[{len(messages) - 1}].role", role=last["role"])
    if all(_is_zero(answer.get("weight")) for answer in answers):
        findings.add("no_trained_answer", line, "messages")


def _is_zero(weight: Any) -> bool:
    return weight is not None and not isinstance(weight, bool) and weight == 0


def _calls(message: Any) -> bool:
    return isinstance(message, dict) and bool(message.get("function_call") or message.get("tool_calls"))


def parts_of(message: Any) -> list[dict[str, Any]]:
    content = message.get("content") if isinstance(message, dict) else None
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _is_blank(message: dict[str, Any]) -> bool:
    content = message["content"]
    if isinstance(content, str):
        return content.isspace()
    texts = [part.get("text", part.get("refusal")) for part in content]
    return all(isinstance(text, str) and not text.strip() for text in texts)


def text_of(message: Any) -> str:
    """The text of a message, its parts joined."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in parts_of(message) if isinstance(part.get("text"), str))


def _last_answer(messages: list[Any]) -> str:
    last = messages[-1]
    return text_of(last) if isinstance(last, dict) and last.get("role") == "assistant" else ""


def _system_prompt(messages: list[Any]) -> str | None:
    first = messages[0]
    return text_of(first) if isinstance(first, dict) and first.get("role") in ("system", "developer") else None


def _wrong_content(content: Any) -> str | None:
    if isinstance(content, str):
        return None if content else "empty_string"
    if isinstance(content, list):
        if not content:
            return "empty_list"
        return None if all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in content) else "list"
    return kind(content)


def _count_message(message: dict[str, Any], counted: Counted) -> None:
    content = message.get("content")
    if isinstance(content, str):
        counted.texts.append(content)
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                counted.texts.append(part["text"])
            elif isinstance(part, dict) and part.get("type") == "image_url":
                counted.extra += images.TOKENS
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


def _missing_messages(example: dict[str, Any]) -> dict[str, Param]:
    if "messages" in example:
        return {"found": kind(example["messages"])}  # a list that is empty
    return {"keys": [key[:30] for key in list(example)[:MOST_NAMES]]}


def _as_text(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (RecursionError, OverflowError):  # nested too deeply to be written, or a number that nobody writes
        return ""


class _Constant(Exception):
    """NaN, Infinity or -Infinity, which Python reads and JSON does not have."""


def _refuse_constant(name: str) -> Any:
    raise _Constant(name)


def _explained(text: str, error: json.JSONDecodeError, cut: bool) -> dict[str, Param]:
    """What is wrong, and at which column from 1."""
    column = error.pos + 1
    at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if cut and at_end:
        return {"problem": "cut_off"}
    if "\0" in text:
        return {"problem": "nul", "column": text.index(chr(0)) + 1}
    if error.msg.startswith("Extra data"):
        return {"problem": "extra_data", "column": column}
    # From Python 3.13 on a comma before a closing brace has a message of its own.
    if text.lstrip().startswith("{'") or error.msg.startswith(("Expecting property name", "Illegal trailing comma")):
        return {"problem": "key_expected", "column": column}
    if error.msg.startswith("Invalid control character"):
        return {"problem": "control_character", "column": column}
    if at_end:
        return {"problem": "not_closed"}
    return {"problem": "other", "detail": error.msg[0].lower() + error.msg[1:], "column": column}
