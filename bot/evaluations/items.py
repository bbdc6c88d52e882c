"""Items of a training or validation file: each answer in it, with what comes before it, asked for again."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bot.compare.prompts import prompt_of
from bot.conversations.completion import completion_format
from bot.evaluations.evaluation import Item
from bot.providers.chat import ChatMessage, ToolCall
from training_files import read_examples
from training_files.dataset_checks.completions import LEARNED_FROM
from training_files.examples import numbered_examples

_GROUPS: Final = ("conversation_id", "group", "source", "document")
_TAGS: Final = ("tag", "tags", "category")
_LONGEST_VALUE: Final = 60
_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool"})
_SCRIPTS: Final = {"CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko"}


def items_in(path: Path, wanted: Collection[tuple[int, int]] | None = None) -> Iterator[Item]:
    """In the order of the file, one example held at a time; of these (line, turn), or all. Raises TrainingFileError."""
    last = max((line for line, _ in wanted), default=0) if wanted is not None else None
    format = completion_format(list(islice(read_examples(path), LEARNED_FROM)))
    for line, example in numbered_examples(path):
        if last is not None and line > last:
            return
        for item in items_of(example, line, format.stop if format else ""):
            if wanted is None or (item.line, item.turn) in wanted:
                yield item


def items_of(example: Mapping[str, Any], line: int = 1, stop: str = "") -> list[Item]:
    """Of a chat, each answer that is trained on; of preferences the preferred one; of completions the completion,
    without the `stop` that ends it; of reinforcement what the last question asks, with nothing to compare the answer
    with but the example's own fields. None where that is not text."""
    given = example.get("input")
    if isinstance(given, dict):
        return _preference(example, given, line)
    messages = example.get("messages")
    if isinstance(messages, list):
        return _chat(example, messages, line)
    prompt = prompt_of(example)
    if not prompt or not isinstance(example.get("completion"), str):
        return []
    return [_item(example, line, 0, prompt, example["completion"].removesuffix(stop).strip(), (), ())]


def _chat(example: Mapping[str, Any], messages: list[Any], line: int) -> list[Item]:
    said: list[ChatMessage] = []
    items: list[Item] = []
    tools, turn = _tools(example), 0
    for message in messages:
        read = _message(message)
        if read is None:
            break
        if read.role == "assistant":
            if said and said[-1].role in ("user", "tool") and message.get("weight", 1):
                items.append(_item(example, line, turn, tuple(said), read.content.strip(), read.tool_calls, tools))
            turn += 1
        said.append(read)
    else:
        if said and said[-1].role in ("user", "tool"):
            items.append(_item(example, line, turn, tuple(said), _own_reference(example), (), tools))
    return items


def _preference(example: Mapping[str, Any], given: Mapping[str, Any], line: int) -> list[Item]:
    messages = given.get("messages")
    read = [_message(one) for one in messages] if isinstance(messages, list) else []
    said = tuple(one for one in read if one is not None)
    preferred, rejected = _output(example, "preferred_output"), _output(example, "non_preferred_output")
    if not said or len(said) < len(read) or said[-1].role not in ("user", "tool") or preferred is None:
        return []
    item = _item(example, line, 0, said, preferred.content.strip(), preferred.tool_calls, _tools(given))
    item.fields["rejected"] = rejected.content.strip() if rejected else ""
    return [item]


def _output(example: Mapping[str, Any], name: str) -> ChatMessage | None:
    output = example.get(name)
    return _message(output[-1]) if isinstance(output, list) and output else None


def _item(
    example: Mapping[str, Any],
    line: int,
    turn: int,
    messages: tuple[ChatMessage, ...],
    reference: str,
    calls: tuple[ToolCall, ...],
    tools: tuple[dict[str, Any], ...],
) -> Item:
    own = {name: value for name, value in example.items() if name not in _STRUCTURE}
    prompt = next((one.content for one in reversed(messages) if one.role == "user"), "")
    fields = {
        **own,
        "reference": reference,
        "reference_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ],
        "prompt": prompt,
        "tools": list(tools),
    }
    return Item(line, messages, fields, _group(example), _slices(example, prompt), tools, turn)


_STRUCTURE: Final = frozenset(
    {"messages", "tools", "input", "preferred_output", "non_preferred_output", "parallel_tool_calls", "functions"}
)


def _own_reference(example: Mapping[str, Any]) -> str:
    """What a reinforcement example calls its right answer, where that is one of the usual words."""
    for name in ("reference", "reference_answer", "answer", "label", "target"):
        value = example.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value).strip()
    return ""


def _message(message: object) -> ChatMessage | None:
    """None where it is not text that a model can be asked with."""
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        return None
    content, images = message.get("content"), []
    if isinstance(content, list):
        texts = []
        for part in content:
            if not isinstance(part, dict):
                return None
            if part.get("type") == "image_url":
                address = part.get("image_url")
                url = address.get("url") if isinstance(address, dict) else address
                # Nothing is fetched because a file names it, by a provider neither.
                if not isinstance(url, str) or not url.startswith("data:"):
                    return None
                images.append(url)
            elif isinstance(part.get("text"), str):
                texts.append(part["text"])
            else:
                return None
        content = "".join(texts)
    if content is None:
        content = ""
    if not isinstance(content, str):
        return None
    calls = []
    for call in message.get("tool_calls") or ():
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            return None
        calls.append(ToolCall(str(call.get("id") or ""), function["name"], str(function.get("arguments") or "")))
    answers = message.get("tool_call_id")
    return ChatMessage(
        str(message["role"]), content, tuple(images), tuple(calls), str(answers) if answers is not None else None
    )


def _tools(example: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    tools = example.get("tools")
    return tuple(tool for tool in tools if isinstance(tool, dict)) if isinstance(tools, list) else ()


def _group(example: Mapping[str, Any]) -> str:
    for place in _places(example):
        for name in _GROUPS:
            value = place.get(name)
            if isinstance(value, str | int) and value != "":
                return f"{name}:{value}"[:200]
    return ""


def _slices(example: Mapping[str, Any], prompt: str) -> dict[str, str]:
    found = {"language": language_of(prompt)} if prompt.strip() else {}
    for place in _places(example):
        for name in _TAGS:
            value = place.get(name)
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, str | int) and str(first).strip():
                found.setdefault("tag", str(first).strip()[:_LONGEST_VALUE])
    return found


def _places(example: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield example
    if isinstance(example.get("metadata"), dict):
        yield example["metadata"]


def language_of(text: str) -> str:
    """By its letters: `zh`, `ja`, `ko`, else the name of the script, such as `latin`; "" without letters."""
    scripts = Counter(unicodedata.name(letter, "?").partition(" ")[0] for letter in text[:2000] if letter.isalpha())
    if not scripts:
        return ""
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * sum(scripts.values()):
        return "ja"
    # A Chinese text about software has many Latin letters, and an English one hardly a Chinese one.
    if scripts["CJK"] > 0.2 * sum(scripts.values()):
        return "zh"
    ((script, _),) = scripts.most_common(1)
    return _SCRIPTS.get(script, script.lower())
