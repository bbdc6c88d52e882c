"""What stands below a model's answer: what people think of it, and what they can do with it."""

from typing import Final

FEEDBACK: Final = "answer_feedback"
EDIT: Final = "answer_edit"


def about(conversation_id: str, asked_ts: str) -> str:
    """The value of a button below an answer: which it is."""
    return f"{conversation_id} {asked_ts}"


def read_about(value: str) -> tuple[str, str]:
    """(conversation_id, asked_ts)"""
    conversation_id, _, asked_ts = value.partition(" ")
    return conversation_id, asked_ts
