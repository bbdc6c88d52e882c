"""Calls of functions as models write them: how a call is forced, and how calls are read back out of what is said.

Models write calls as their chat templates taught them: `<tool_call>{"name": …, "arguments": …}</tool_call>` (chatml,
gemma), or the bare object, with `parameters`, as the whole answer (llama3). Both are read. What is no JSON, or names no
function that was offered, stays text. A call that a limit cut off is one with cut arguments, as the service has it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from trainer.objects import new_id

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
# A call as far as it goes: its name, the rest once that is complete, and in this the arguments.
_HEAD = '{"name":"'
_BEGUN = re.compile(r'\s*\{\s*"name"\s*:\s*"(?P<name>[^"]*)(?P<rest>".*)?\Z', re.DOTALL)
_ARGUMENTS = re.compile(r'"\s*,\s*"(?:arguments|parameters)"\s*:\s*', re.DOTALL)


class Offer(msgspec.Struct, frozen=True):
    """The tools of one request. `forced` are the functions of which one must be called."""

    tools: list[dict[str, Any]] = []
    forced: list[dict[str, Any]] = []

    @property
    def names(self) -> set[str]:
        return {tool["function"]["name"] for tool in self.tools}

    def opening(self, template: str) -> str:
        """How an answer that must be a call begins."""
        return f"{_OPEN}\n" if self.forced and _OPEN in template else ""

    def schema(self, template: str) -> dict[str, Any] | None:
        """What follows that opening: one call of one of the functions."""
        if not self.forced:
            return None
        key = "arguments" if _OPEN in template else "parameters"
        calls = []
        for at, function in enumerate(self.forced):
            arguments = _moved(function.get("parameters") or {"type": "object"}, f"#/anyOf/{at}/properties/{key}")
            calls.append(
                {
                    "type": "object",
                    "properties": {"name": {"const": function["name"]}, key: arguments},
                    "required": ["name", key],
                    "additionalProperties": False,
                }
            )
        return {"anyOf": calls}

    def stop_after_one(self) -> list[str]:
        """What ends an answer after its first call."""
        return [_CLOSE] if self.tools else []


class Call(msgspec.Struct, frozen=True):
    """A call of a function; `arguments` are JSON text, as the protocol has them."""

    name: str
    arguments: str
    id: str


class CallReader:
    """Takes what a model says piece by piece, and gives text and calls in their order."""

    def __init__(self, offer: Offer) -> None:
        self._names = offer.names
        self._forced = {function["name"] for function in offer.forced}
        self._held = ""
        self._whole = bool(offer.forced)  # the whole answer is one bare call
        self._begun = False
        self._after_call = False

    def add(self, text: str) -> list[str | Call]:
        if not self._names:
            return [text] if text else []
        self._held += text
        heard: list[str | Call] = []
        if not self._begun and self._held.lstrip().startswith("{"):
            self._whole = True
        while not self._whole:
            before, mark, after = self._held.partition(_OPEN)
            if not mark:
                self._show(heard, keep=_beginning(self._held, _OPEN))
                break
            # Blank lines between text and calls, and between calls, belong to the way they are written.
            if before.strip():
                heard.append(before.rstrip())
            self._begun = True
            inner, mark, rest = after.partition(_CLOSE)
            if not mark:
                self._held = _OPEN + after
                break
            call = self._call(inner)
            self._after_call = call is not None
            heard.append(call or f"{_OPEN}{inner}{_CLOSE}")
            self._held = rest
        return heard

    def rest(self, *, cut: bool = False) -> list[str | Call]:
        """What was held back, once nothing more comes; where a limit `cut` the answer, a call that it cut too."""
        held, self._held = self._held, ""
        if not held:
            return []
        calls = self._bare(held) if self._whole else self._one(held.removeprefix(_OPEN))
        if calls:
            return list(calls)
        if self._forced or (cut and (self._whole or held.startswith(_OPEN))):
            begun = self._begun_call(held.removeprefix(_OPEN), marked=bool(self._forced) or held.startswith(_OPEN))
            if begun is not None:
                return list(begun)
        return [] if self._after_call and not held.strip() else [held]

    def _show(self, heard: list[str | Call], *, keep: int) -> None:
        shown = self._held[: len(self._held) - keep].rstrip()
        if shown:
            self._held = self._held[len(shown) :]
            heard.append(shown.lstrip() if self._after_call else shown)
            self._begun, self._after_call = True, False

    def _one(self, text: str) -> list[Call]:
        call = self._call(text)
        return [call] if call else []

    def _bare(self, text: str) -> list[Call]:
        """Calls that stand one after the other, and nothing else; otherwise none."""
        calls: list[Call] = []
        text = text.strip()
        while text:
            try:
                value, end = json.JSONDecoder().raw_decode(text)
            except (ValueError, RecursionError):
                return []
            call = self._read(value)
            if call is None:
                return []
            calls.append(call)
            text = text[end:].lstrip("; \n\r\t")
        return calls

    def _begun_call(self, text: str, *, marked: bool) -> list[Call] | None:
        """The call that `text` is the beginning of; no call where it does not say yet which; None where it is none.
        What is not `marked` as a call must name its function."""
        begun = _BEGUN.match(text)
        if begun is None:
            name, rest = "", None
            if not marked or not _HEAD.startswith("".join(text.split())):
                return None
        else:
            name, rest = begun["name"], begun["rest"]
        if rest is not None:
            meant = [name] if name in self._names else []
        else:
            meant = [one for one in self._forced or self._names if marked and one.startswith(name)]
        if len(meant) != 1:
            return [] if meant else None
        arguments = _ARGUMENTS.match(rest or "")
        said = (rest or "")[arguments.end() :] if arguments else ""
        return [Call(meant[0], _value(said), new_id("call_"))]

    def _call(self, text: str) -> Call | None:
        try:
            return self._read(json.loads(text))
        except (ValueError, RecursionError):
            return None

    def _read(self, value: Any) -> Call | None:
        if not isinstance(value, dict) or value.get("name") not in self._names:
            return None
        arguments = value.get("arguments", value.get("parameters", {}))
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        return Call(value["name"], arguments, new_id("call_"))


def _value(text: str) -> str:
    """The JSON value that `text` begins with, or all of it where that is not whole."""
    try:
        return text[: json.JSONDecoder().raw_decode(text)[1]]
    except (ValueError, RecursionError):
        return text


def _moved(schema: Any, to: str) -> Any:
    """A JSON schema whose references into itself hold at its new place in another."""
    if isinstance(schema, list):
        return [_moved(one, to) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: to + value[1:] if key == "$ref" and isinstance(value, str) and value.startswith("#") else _moved(value, to)
        for key, value in schema.items()
    }


def _beginning(text: str, mark: str) -> int:
    """How many characters at the end of `text` could be the beginning of `mark`."""
    return next((size for size in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:size])), 0)
