"""The reinforcement format: messages that end with the user's, and the fields that a grader reads."""

from typing import Any

from bot.datasets import chat
from bot.datasets.chat import Counted
from bot.datasets.findings import Findings
from bot.datasets.habits import Habits


def is_one(example: dict[str, Any]) -> bool:
    """Whether the example ends with a message of the user and has keys beside those of a chat.

    One line cannot tell for sure: where the rest of the file are chats, `Habits.finish` takes it for a chat too.
    """
    messages = example.get("messages")
    if not isinstance(messages, list) or not messages or set(example) <= chat.EXAMPLE_KEYS:
        return False
    last = messages[-1]
    return isinstance(last, dict) and last.get("role") == "user"


def judge(example: dict[str, Any], line: int, findings: Findings, habits: Habits) -> Counted:
    """Holds a reinforcement example to its format."""
    counted = chat.judge_messages(
        example["messages"], "messages", line, findings, chat.toolbox_of(example, line, findings)
    )
    chat.count_tools(example, counted)
    counted.format = "reinforcement"
    answered = any(isinstance(one, dict) and one.get("role") == "assistant" for one in example["messages"])
    fields = [key for key in example if key not in chat.EXAMPLE_KEYS]
    habits.reinforcement(line, fields, findings, answered=answered, last=len(example["messages"]) - 1)
    return counted
