"""Training the next model, letting it meet the one before it, and learning from the votes."""

from typing import Final

from handlers.blocks.retraining import ADD_VOTES, MEET_PARENT, NEXT_MODEL
from handlers.retraining.listeners import RetrainingListeners
from handlers.routing import Feature

FEATURE: Final = Feature(
    RetrainingListeners,
    buttons={
        NEXT_MODEL: RetrainingListeners.train_next,
        MEET_PARENT: RetrainingListeners.meet_parent,
        ADD_VOTES: RetrainingListeners.add_votes,
    },
)
