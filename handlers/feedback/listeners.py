"""What people think of an answer: thumbs, and what would have been right."""

from dataclasses import dataclass

from handlers.callers import Callers


@dataclass(frozen=True)
class FeedbackListeners:
    callers: Callers
