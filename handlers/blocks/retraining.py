"""The buttons on the way from one model to the next, which other features' messages carry."""

from typing import Final

from slack_sdk.models.blocks import ButtonElement

from handlers.blocks.parts import button
from texts import retraining as texts

NEXT_MODEL: Final = "next_model"
MEET_PARENT: Final = "next_model_arena"
ADD_VOTES: Final = "arena_add_votes"


def next_model_button(collection_id: str) -> ButtonElement:
    return button(texts.next_model_button(), NEXT_MODEL, collection_id)


def meet_parent_button(job_id: str) -> ButtonElement:
    return button(texts.meet_parent_button(), MEET_PARENT, job_id)


def add_votes_button(arena_id: str) -> ButtonElement:
    return button(texts.add_votes_button(), ADD_VOTES, arena_id)
