"""Conversations as other tools write them, turned into the protocol's messages.

ShareGPT's turns (`from`, `value`), the protocol's own (`role`, `content`), both also as JSON inside a text, and
transcripts whose turns begin with `Human:` and `Assistant:`.
"""

import json
import re
from typing import Any

import msgspec

from training_files.tables.cells import text_of


class Unusable(ValueError):
    """A row gives no example. `kind` names a remark of `texts.repairs`, `values` are what it takes."""

    def __init__(self, kind: str, /, **values: str | int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values = values


_ROLES = {
    "system": ("system", "系统", "系統"),
    "developer": ("developer",),
    "user": ("user", "human", "prompter", "customer", "用户", "客户", "用戶", "人类"),
    "assistant": (
        "assistant",
        "gpt",
        "bot",
        "model",
        "chatgpt",
        "bard",
        "bing",
        "claude",
        "ai",
        "agent",
        "助手",
        "客服",
    ),
    "tool": ("tool", "observation", "tool_response", "function_response", "ipython", "function"),
    "call": ("function_call", "tool_call"),
}
_ROLE = {name: role for role, names in _ROLES.items() for name in names}

_PROTOCOL = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_KEPT = ("role", "content", "name", "weight", "refusal", "tool_calls", "tool_call_id", "function_call")


def is_conversation(value: Any) -> bool:
    """Whether `messages` would take it for a conversation."""
    value = _unpacked(value)
    if isinstance(value, str):
        return len(_TURN.findall(value)) > 1
    return (
        isinstance(value, list) and bool(value) and all(isinstance(turn, dict) and _speaker(turn) for turn in value[:4])
    )


def messages(value: Any, *, answered: bool = True) -> list[dict[str, Any]]:
    """The protocol's messages of a conversation. Raises Unusable, also where nobody answers unless not `answered`."""
    value = _unpacked(value)
    if isinstance(value, str):
        value = _transcript(value)
    if not isinstance(value, list) or not value:
        raise Unusable("conversation_empty" if value in (None, "", []) else "conversation_no_list")
    made: list[dict[str, Any]] = []
    waiting: list[str] = []  # calls that no tool has answered yet
    for number, turn in enumerate(value, 1):
        made.append(_message(turn, number, waiting))
    if answered and not any(message["role"] == "assistant" for message in made):
        raise Unusable("nobody_answers")
    return made


def tools(value: Any) -> list[dict[str, Any]]:
    """The protocol's tools; a bare function is wrapped in one. Raises Unusable."""
    value = _unpacked(value)
    if value in (None, ""):
        return []
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value):
        raise Unusable("tools_no_list")
    bare = [_without_nulls(tool) for tool in value]
    return [tool if "function" in tool else {"type": "function", "function": tool} for tool in bare]


def history(value: Any) -> list[dict[str, Any]]:
    """The turns before the question, as Alpaca's `history` has them: pairs of question and answer. Raises Unusable."""
    value = _unpacked(value)
    if value in (None, "", []):
        return []
    if is_conversation(value):
        return messages(value)
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise Unusable("history_no_pairs")
    return [
        {"role": role, "content": text_of(said)}
        for pair in value
        for role, said in zip(("user", "assistant"), pair, strict=True)
    ]


def _message(turn: Any, number: int, waiting: list[str]) -> dict[str, Any]:
    if not isinstance(turn, dict):
        raise Unusable("turn_no_object", turn=number)
    speaker = _speaker(turn)
    if speaker is None:
        raise Unusable("turn_of_nobody", turn=number)
    role = _ROLE.get(speaker.strip().casefold())
    if role is None:
        raise Unusable("turn_of_no_role", turn=number, speaker=speaker[:40])
    if speaker in _PROTOCOL and ("content" in turn or "tool_calls" in turn or "function_call" in turn):
        return _kept(turn)
    said = next((turn[key] for key in ("value", "content", "text", "message") if turn.get(key) is not None), "")
    if role == "call":
        calls = _calls(said, number)
        waiting += [call["id"] for call in calls]
        return {"role": "assistant", "tool_calls": calls}
    if role == "tool":
        if not waiting:
            raise Unusable("turn_answers_no_call", turn=number)
        return {"role": "tool", "tool_call_id": waiting.pop(0), "content": text_of(said)}
    return {"role": role, "content": text_of(said)}


def _speaker(turn: dict[str, Any]) -> str | None:
    found = next((turn[key] for key in ("role", "from", "speaker", "author") if isinstance(turn.get(key), str)), None)
    return found or None


def _kept(turn: dict[str, Any]) -> dict[str, Any]:
    """A message of the protocol. Parquet fills what a message has not with nulls, and unpacks a call's arguments."""
    message = {key: _without_nulls(turn[key]) for key in _KEPT if turn.get(key) is not None}
    for call in message.get("tool_calls") or ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("arguments"), dict):
            function["arguments"] = msgspec.json.encode(function["arguments"]).decode()
    if not message.get("tool_calls"):
        message.pop("tool_calls", None)
    if "content" not in message and not {"tool_calls", "function_call", "refusal"} & message.keys():
        message["content"] = ""
    return message


def _calls(said: Any, number: int) -> list[dict[str, Any]]:
    asked = _unpacked(said)
    calls = asked if isinstance(asked, list) else [asked]
    if not calls or not all(isinstance(call, dict) and isinstance(call.get("name"), str) for call in calls):
        raise Unusable("turn_calls_no_tool", turn=number)
    return [
        {
            "id": f"call_{number}_{place}",
            "type": "function",
            "function": {"name": call["name"], "arguments": _arguments(call)},
        }
        for place, call in enumerate(calls, 1)
    ]


def _arguments(call: dict[str, Any]) -> str:
    arguments = call.get("arguments", call.get("parameters", {}))
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()


_TURN = re.compile(r"(?:\A|\n\n)\s*(Human|User|Assistant|System): ?")


def _transcript(text: str) -> list[dict[str, Any]] | str:
    pieces = _TURN.split(text)
    if len(pieces) < 3 or pieces[0].strip():
        return text
    return [{"from": who.lower(), "value": said.strip()} for who, said in zip(pieces[1::2], pieces[2::2], strict=True)]


def _unpacked(value: Any) -> Any:
    """JSON that stands in a text, as in a cell of a CSV file."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value
