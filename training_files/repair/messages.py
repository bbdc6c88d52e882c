"""Repairs of messages: of chats, and of the chats inside preference pairs."""

from collections.abc import Callable
from typing import Any

import msgspec

from training_files.chat import MESSAGE_KEYS, ROLES
from training_files.example_format import format_of
from training_files.repair import exact_json
from training_files.repair.plan import Remark
from training_files.repair.repair import Dropped, Example, Outcome, RepairContext

Message = dict[str, Any]

SYNONYMS = {
    "human": "user",
    "customer": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "agent": "assistant",
} | {role: role for role in ROLES}


def roles(example: Example, context: RepairContext) -> Outcome:
    def change(message: Message) -> Message:
        role = message.get("role")
        if not isinstance(role, str) or role in ROLES:
            return message
        known = SYNONYMS.get(role.strip().lower())
        return message | {"role": known} if known else message

    return each_message(example, change)


def functions(example: Example, context: RepairContext) -> Outcome:
    """The older form of calls. Where a result belongs to no call, the example stays as it is."""
    messages = example.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return None
    older = "functions" in example or any(
        "function_call" in message or message.get("role") == "function" for message in messages
    )
    if not older:
        return None
    fresh: list[Message] = []
    calls = 0
    waiting: str | None = None
    for message in messages:
        called = message.get("function_call")
        if isinstance(called, dict) and not message.get("tool_calls"):
            calls += 1
            waiting = f"call_{calls}"
            call = {"id": waiting, "type": "function", "function": called}
            message = {key: value for key, value in message.items() if key not in ("function_call", "tool_calls")}
            message["tool_calls"] = [call]
        elif called is None and "function_call" in message:
            message = {key: value for key, value in message.items() if key != "function_call"}
        elif message.get("role") == "function":
            if waiting is None:
                return None
            message = {"role": "tool", "tool_call_id": waiting, "content": message.get("content")}
            waiting = None
        fresh.append(message)
    changed: Example = {}
    for key, value in example.items():
        if key == "functions" and isinstance(value, list) and "tools" not in example:
            changed["tools"] = [{"type": "function", "function": one} for one in value]
        elif key != "function_call":
            changed[key] = fresh if key == "messages" else value
    return changed if changed != example else None


def unknown_keys(example: Example, context: RepairContext) -> Outcome:
    def change(message: Message) -> Message:
        fresh = {key: value for key, value in message.items() if _belongs(key, message.get("role"))}
        weight = fresh.get("weight")
        if isinstance(weight, bool) or weight in ("0", "1"):
            fresh["weight"] = int(weight)
        elif len(fresh) == len(message):
            return message
        return fresh

    return each_message(example, change)


def _belongs(key: str, role: Any) -> bool:
    if key == "weight":
        return role == "assistant" or role not in ROLES
    if key == "tool_call_id":
        return role == "tool" or role not in ROLES
    return key in MESSAGE_KEYS


def double_encoded_arguments(example: Example, context: RepairContext) -> Outcome:
    def change(message: Message) -> Message:
        return each_call(message, _arguments)

    return each_message(example, change)


def _arguments(arguments: Any) -> Any:
    """Arguments as the format wants them: the text of one JSON object."""
    if isinstance(arguments, dict):
        return exact_json.encode(arguments).decode()
    text = arguments
    while isinstance(text, str):
        try:
            value = exact_json.decode(text)
        except (msgspec.MsgspecError, ArithmeticError, RecursionError, UnicodeError):
            return arguments
        if isinstance(value, dict):
            return text
        text = value
    return arguments


def empty_messages(example: Example, context: RepairContext) -> Outcome:
    def change(message: Message) -> Message | None:
        if message.get("role") in ("system", "developer") and is_silent(message):
            return None
        return message

    return each_message(example, change)


def trailing_messages(example: Example, context: RepairContext) -> Outcome:
    """What follows the last answer is not trained on, and a provider may refuse it."""
    messages = example.get("messages")
    if not isinstance(messages, list) or not messages or _is_answer(messages[-1]):
        return None
    if format_of(example) == "reinforcement" and context.format in ("", "reinforcement"):
        return None
    last = next((place for place in reversed(range(len(messages))) if _is_answer(messages[place])), None)
    if last is None or messages[last].get("tool_calls") or messages[last].get("function_call"):
        return None
    return example | {"messages": messages[: last + 1]}


def empty_answers(example: Example, context: RepairContext) -> Outcome:
    if "completion" in example and "prompt" in example:
        completion = example["completion"]
        empty = completion is None or (isinstance(completion, str) and not completion.strip())
        return Dropped(Remark("completion_is_empty")) if empty else None
    for name in ("messages", "preferred_output", "non_preferred_output"):
        messages = example.get(name)
        if isinstance(messages, list) and any(_is_answer(message) and is_silent(message) for message in messages):
            return Dropped(Remark("answer_is_empty"))
    return None


def weight_zero(example: Example, context: RepairContext) -> Outcome:
    messages = example.get("messages")
    if not isinstance(messages, list):
        return None
    weights = [message.get("weight", 1) for message in messages if _is_answer(message)]
    if weights and all(weight == 0 and not isinstance(weight, bool) for weight in weights):
        return Dropped(Remark("no_answer_counts"))
    return None


def equal_pairs(example: Example, context: RepairContext) -> Outcome:
    if "preferred_output" in example and example["preferred_output"] == example.get("non_preferred_output"):
        return Dropped(Remark("answers_are_the_same"))
    return None


def each_message(example: Example, change: Callable[[Message], Message | None]) -> Example | None:
    """The example with each message changed: None from `change` takes it out, the same object leaves it. None where
    nothing changed.
    """
    fresh = example
    for name in ("messages", "preferred_output", "non_preferred_output"):
        if name in example:
            messages = _changed(example[name], change)
            if messages is not None:
                fresh = fresh | {name: messages}
    given = example.get("input")
    if isinstance(given, dict) and "messages" in given:
        messages = _changed(given["messages"], change)
        if messages is not None:
            fresh = fresh | {"input": given | {"messages": messages}}
    return None if fresh is example else fresh


def _changed(messages: Any, change: Callable[[Message], Message | None]) -> list[Any] | None:
    if not isinstance(messages, list):
        return None
    fresh = []
    touched = False
    for message in messages:
        after = change(message) if isinstance(message, dict) else message
        touched = touched or after is not message
        if after is not None:
            fresh.append(after)
    return fresh if touched else None


def each_call(message: Message, change: Callable[[Any], Any]) -> Message:
    """The message with the arguments of its calls changed; the same object where nothing changed."""
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        fresh = [_call(call, change) for call in calls]
        if any(after is not before for after, before in zip(fresh, calls, strict=True)):
            message = message | {"tool_calls": fresh}
    function = message.get("function_call")
    if function is not None and (after := _function(function, change)) is not function:
        message = message | {"function_call": after}
    return message


def _call(call: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(call, dict):
        return call
    function = call.get("function")
    after = _function(function, change)
    return call if after is function else call | {"function": after}


def _function(function: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(function, dict) or "arguments" not in function:
        return function
    before = function["arguments"]
    after = change(before)
    return function if after is before or after == before else function | {"arguments": after}


def is_silent(message: Message) -> bool:
    """Whether a message says nothing: no text, no part, no call, no refusal."""
    if message.get("tool_calls") or message.get("function_call") or message.get("refusal"):
        return False
    content = message.get("content")
    if isinstance(content, list):
        return all(isinstance(part, dict) and _is_blank(part) for part in content)
    return content is None or (isinstance(content, str) and not content.strip())


def _is_blank(part: dict[str, Any]) -> bool:
    return part.get("type") == "text" and isinstance(part.get("text"), str) and not part["text"].strip()


def _is_answer(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant"
