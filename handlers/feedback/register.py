"""What people think of an answer: thumbs, and what would have been right."""

from typing import Final

from handlers.feedback.listeners import FeedbackListeners
from handlers.routing import Feature

FEATURE: Final = Feature(FeedbackListeners)
