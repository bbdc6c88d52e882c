"""From one training format to another, example by example."""

from typing import Any

from training_files.example_format import format_of
from training_files.repair.plan import Remark
from training_files.repair.repair import Dropped, Example, Outcome, RepairContext


def convert(example: Example, context: RepairContext) -> Outcome:
    found = format_of(example)
    if found == context.format or found is None:
        return None
    make = _WAYS.get((found, context.format))
    if make is None:
        return _lost("cannot_become", found=found, format=context.format)
    return make(example, context)


def _chat_of_completion(example: Example, context: RepairContext) -> Outcome:
    """What told a base model where the prompt ends and where to stop is taken off: messages tell it."""
    prompt, completion = example.get("prompt"), example.get("completion")
    if not isinstance(prompt, str) or not isinstance(completion, str):
        return _lost("pair_is_not_text")
    prompt, completion = context.prompts.bare(prompt), context.completions.bare(completion)
    if not prompt.strip():
        return _lost("no_prompt")
    return {
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": completion.removeprefix(" ")},
        ]
    }


def _chat_of_preference(example: Example, context: RepairContext) -> Outcome:
    given, preferred = example.get("input"), example.get("preferred_output")
    messages = given.get("messages") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(messages, list) or not isinstance(preferred, list):
        return _lost("preference_without_lists")
    return {"messages": messages + preferred} | {key: value for key, value in given.items() if key != "messages"}


def _completion_of_chat(example: Example, context: RepairContext) -> Outcome:
    """A completion has one prompt and one answer: an example with more is named, and not squeezed into one."""
    messages = example["messages"]
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return _lost("no_list_of_messages")
    texts = [_text(message) for message in messages]
    roles = [message.get("role") for message in messages]
    shape = ["system" if role == "developer" else role for role in roles]
    if shape not in (["user", "assistant"], ["system", "user", "assistant"]):
        return _lost("more_than_a_completion")
    if example.get("tools") or example.get("functions") or None in texts:
        return _lost("more_than_text")
    *before, answer = [text for text in texts if text is not None]
    return {"prompt": "\n\n".join(before), "completion": answer}


def _completion_of_preference(example: Example, context: RepairContext) -> Outcome:
    chat = _chat_of_preference(example, context)
    return _completion_of_chat(chat, context) if isinstance(chat, dict) else chat


def _text(message: dict[str, Any]) -> str | None:
    content = message.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        content = "".join(str(part.get("text", "")) for part in content)
    called = message.get("tool_calls") or message.get("function_call")
    return content if isinstance(content, str) and not called else None


def _lost(kind: str, **values: str) -> Dropped:
    return Dropped(Remark(kind, dict(values)), lost=True)


def leads(found: str, to: str) -> bool:
    """Whether examples of one format can become examples of the other."""
    return found == to or (found, to) in _WAYS


_WAYS = {
    ("completion", "chat"): _chat_of_completion,
    ("preference", "chat"): _chat_of_preference,
    ("chat", "completion"): _completion_of_chat,
    ("preference", "completion"): _completion_of_preference,
}
