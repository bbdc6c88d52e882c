"""What one line of a training file must be: looks at its keys, and holds it to the format that they belong to."""

from typing import Any

from training_files import chat, completion, preference, reinforcement
from training_files.chat import Counted
from training_files.dataset_checks import DatasetChecks
from training_files.example_format import format_of
from training_files.findings import Findings

ROWS = (
    {"conversations"},
    {"conversation"},
    {"instruction", "output"},
    {"instruction", "response"},
    {"question", "answer"},
    {"question", "response"},
    {"query", "response"},
    {"prompt", "response"},
    {"prompt", "answer"},
    {"prompt", "output"},
    {"prompt", "chosen", "rejected"},
    {"input", "output"},
    {"text", "label"},
    {"user", "assistant"},
)
"""Keys of common layouts that are no training format, but can be converted to one."""


def validate(example: Any, line: int, findings: Findings, dataset_checks: DatasetChecks) -> Counted | None:
    """Holds one decoded line to its format, notes what is wrong in `findings` and what may show only over many lines in
    `dataset_checks`. Gives what is to be counted; None where there is nothing.
    """
    if not isinstance(example, dict):
        chat.refuse(example, line, findings)
        return None
    found = format_of(example)
    if found is None and is_row(example):
        dataset_checks.row(line, list(example))
        return None
    if found is None and ("completion" in example or "prompt" in example):
        found = "completion"  # half of one
    match found:
        case "preference":
            return preference.validate(example, line, findings, dataset_checks)
        case "completion":
            return completion.validate(example, line, findings, dataset_checks)
        case "reinforcement":
            return reinforcement.validate(example, line, findings, dataset_checks)
        case _:
            return chat.validate(example, line, findings, dataset_checks)


def is_row(example: dict[str, Any]) -> bool:
    """Whether the object has the keys of a common layout that is no training format (Alpaca, ShareGPT ...)."""
    keys = {key.lower() for key in example}
    return any(row <= keys for row in ROWS)
