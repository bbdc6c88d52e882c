"""What people think of an answer: thumbs, and what would have been right."""

from typing import Final

from handlers.blocks import answer
from handlers.feedback import blocks
from handlers.feedback.listeners import FeedbackListeners
from handlers.routing import Feature, Modal

FEATURE: Final = Feature(
    FeedbackListeners,
    options={
        (answer.MENU, answer.EDIT): FeedbackListeners.edit,
        (answer.MENU, answer.RATINGS): FeedbackListeners.ratings,
    },
    buttons={answer.FEEDBACK: FeedbackListeners.rate},
    modals={blocks.CORRECT: Modal(FeedbackListeners.correct)},
)
