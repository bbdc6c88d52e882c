"""What may be spent, and who approves."""

from typing import Final

from handlers.blocks import approval
from handlers.routing import Command, Feature, Modal, Topic
from handlers.spending.listeners import SpendingListeners, without_reason

FEATURE: Final = Feature(
    SpendingListeners,
    commands=(
        Command("budget", Topic.MANAGE, SpendingListeners.budget, synonyms=("cost", "spending", "spend", "预算")),
    ),
    buttons={
        approval.APPROVE: SpendingListeners.approve,
        approval.DECLINE: SpendingListeners.decline,
    },
    modals={
        approval.CALLBACK_ID: Modal(SpendingListeners.declined, without_reason),
    },
)
