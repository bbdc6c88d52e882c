"""What stands below a model's answer: what people think of it, and what they can do with it.

Several features share the menu; each takes the entries that are its own.
"""

from typing import Final

from slack_sdk.models.blocks import Block, ContextActionsBlock, FeedbackButtonObject, FeedbackButtonsElement

from handlers.blocks.parts import actions, entry, menu
from texts import chat as texts
from texts import feedback

FEEDBACK: Final = "answer_feedback"
MENU: Final = "answer_menu"
AGAIN: Final = "again"
EDIT: Final = "edit"
RATINGS: Final = "ratings"
COST: Final = "cost"


def about(conversation_id: str, asked_ts: str) -> str:
    """The value of a button below an answer: which it is."""
    return f"{conversation_id} {asked_ts}"


def read_about(value: str) -> tuple[str, str]:
    """(conversation_id, asked_ts)"""
    conversation_id, _, asked_ts = value.partition(" ")
    return conversation_id, asked_ts


def footer(conversation_id: str, asked_ts: str) -> list[Block]:
    """For the last message of a finished answer."""
    value = about(conversation_id, asked_ts)
    entries = [
        entry(AGAIN, value, texts.again()),
        entry(EDIT, value, feedback.edit_entry()),
        entry(RATINGS, value, feedback.ratings_entry()),
        entry(COST, value, texts.cost_entry()),
    ]
    thumbs = FeedbackButtonsElement(
        action_id=FEEDBACK,
        positive_button=_thumb(feedback.good(), f"good {value}"),
        negative_button=_thumb(feedback.bad(), f"bad {value}"),
    )
    return [ContextActionsBlock(elements=[thumbs]), actions(menu(MENU, entries))]


def read_rating(value: str) -> tuple[bool, str, str]:
    """(is good, conversation_id, asked_ts)"""
    rating, _, rest = value.partition(" ")
    return rating == "good", *read_about(rest)


def _thumb(text: str, value: str) -> FeedbackButtonObject:
    return FeedbackButtonObject(text=text, accessibility_label=text, value=value)
