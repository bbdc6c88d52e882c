"""The four training formats, and which of them an example has."""

from typing import Any, Literal

Format = Literal["chat", "completion", "preference", "reinforcement"]

CHAT_KEYS = ("messages", "tools", "functions", "parallel_tool_calls", "function_call")


def format_of(example: dict[str, Any]) -> Format | None:
    """The format by the example's keys, None if they belong to none. A chat that ends with the user's message and has
    keys of its own is taken for reinforcement: those keys are what a grader reads.
    """
    if "messages" in example:
        messages = example["messages"]
        last = messages[-1] if isinstance(messages, list) and messages else None
        asks = isinstance(last, dict) and last.get("role") == "user"
        return "reinforcement" if asks and any(key not in CHAT_KEYS for key in example) else "chat"
    if "preferred_output" in example or "non_preferred_output" in example:
        return "preference"
    return "completion" if "prompt" in example and "completion" in example else None
