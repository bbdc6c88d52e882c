"""The buttons on the way from one model to the next, which other features' messages carry."""

from typing import Final

from slack_sdk.models.blocks import ButtonElement

from handlers.blocks.parts import button
from texts import retraining as texts
from texts import scheduled_training

NEXT_MODEL: Final = "next_model"
MEET_PARENT: Final = "next_model_arena"
ADD_VOTES: Final = "arena_add_votes"
SCHEDULE: Final = "retraining_schedule"


def next_model_button(collection_id: str) -> ButtonElement:
    return button(texts.next_model_button(), NEXT_MODEL, collection_id)


def schedule_button(collection_id: str, text: str = "") -> ButtonElement:
    """`text`: if it is to say something else."""
    return button(text or scheduled_training.schedule_button(), SCHEDULE, collection_id)


def meet_parent_button(job_id: str) -> ButtonElement:
    return button(texts.meet_parent_button(), MEET_PARENT, job_id)


def add_votes_button(arena_id: str) -> ButtonElement:
    return button(texts.add_votes_button(), ADD_VOTES, arena_id)
