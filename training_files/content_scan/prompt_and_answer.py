"""The prompt and the answer of an example of any format, as they are compared with those of others."""

from collections.abc import Iterator
from typing import Any

import msgspec


class PromptAndAnswer(msgspec.Struct, frozen=True, gc=False):
    """`setting` is what the system says, `prompt` all that leads to the answer. A chat's answer is its last message of
    the assistant, a preference pair's the preferred one, with the other in `rejected`. `refused` where the
    example itself calls the answer a refusal.
    """

    setting: str
    prompt: str
    answer: str
    rejected: str = ""
    refused: bool = False


def prompt_and_answer(example: Any) -> PromptAndAnswer | None:
    """None if the example is of no known format or has no prompt. Never raises."""
    if not isinstance(example, dict):
        return None
    if isinstance(example.get("prompt"), str) and isinstance(example.get("completion"), str):
        return PromptAndAnswer("", example["prompt"], example["completion"])
    if isinstance(example.get("input"), dict):
        messages = _messages(example["input"].get("messages"))
        preferred = "\n".join(map(_text, _messages(example.get("preferred_output"))))
        rejected = "\n".join(map(_text, _messages(example.get("non_preferred_output"))))
        return _of_chat(messages, preferred, rejected) if preferred else None
    messages = _messages(example.get("messages"))
    for last in range(len(messages) - 1, -1, -1):
        if messages[last].get("role") == "assistant":
            return _of_chat(messages[:last], _text(messages[last]), refused=bool(messages[last].get("refusal")))
    return _of_chat(messages, "")  # reinforcement: the grader knows the answer


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value with its place, such as `messages[0].content`; images in the file are no texts."""
    waiting = [(place, value)]  # a stack, not recursion: JSON may be nested deeply
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            if not value.startswith("data:"):
                yield place, value
        elif isinstance(value, dict):
            children = [(f"{place}.{key}" if place else key, child) for key, child in value.items()]
            waiting += reversed(children)
        elif isinstance(value, list):
            waiting += [(f"{place}[{index}]", value[index]) for index in range(len(value) - 1, -1, -1)]


def _of_chat(
    messages: list[dict[str, Any]], answer: str, rejected: str = "", refused: bool = False
) -> PromptAndAnswer | None:
    setting: list[str] = []
    prompt: list[str] = []
    for message in messages:
        (setting if message.get("role") in ("system", "developer") else prompt).append(_text(message))
    asked = "\n".join(prompt)
    return PromptAndAnswer("\n".join(setting), asked, answer, rejected, refused) if asked else None


def _messages(value: Any) -> list[dict[str, Any]]:
    return [message for message in value if isinstance(message, dict)] if isinstance(value, list) else []


def _text(message: dict[str, Any]) -> str:
    """What a message says, its calls included."""
    content = message.get("content")
    if isinstance(content, str) and len(message) == 2:
        return content
    said = [part for key in ("content", "refusal", "tool_calls", "function_call") if (part := message.get(key))]
    return "\n".join(text for place, text in texts(said) if not place.endswith((".id", ".type")))
