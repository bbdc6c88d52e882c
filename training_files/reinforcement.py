"""The reinforcement format: messages that end with the user's, and the fields that a grader reads."""

from typing import Any

from training_files import chat
from training_files.chat import Counted
from training_files.dataset_checks import DatasetChecks
from training_files.example_format import CHAT_KEYS
from training_files.findings import Findings


def validate(example: dict[str, Any], line: int, findings: Findings, dataset_checks: DatasetChecks) -> Counted:
    """Holds a reinforcement example to its format.

    One line cannot tell for sure that it is one: where the rest of the file are chats, `DatasetChecks.finish` takes it
    for a chat that ends too early.
    """
    counted = chat.validate_messages(
        example["messages"], "messages", line, findings, chat.toolbox_of(example, line, findings)
    )
    chat.count_tools(example, counted)
    counted.format = "reinforcement"
    messages = example["messages"]
    answered = any(isinstance(message, dict) and message.get("role") == "assistant" for message in messages)
    fields = [key for key in example if key not in CHAT_KEYS]
    dataset_checks.reinforcement(line, fields, len(messages) - 1, answered)
    return counted
