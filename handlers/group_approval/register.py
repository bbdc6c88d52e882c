"""Agreeing to several jobs at once."""

from typing import Final

from handlers.blocks import group_approval as blocks
from handlers.group_approval.listeners import GroupApprovalListeners
from handlers.routing import Feature, Modal
from handlers.spending.listeners import without_reason

FEATURE: Final = Feature(
    GroupApprovalListeners,
    buttons={
        blocks.APPROVE: GroupApprovalListeners.approve,
        blocks.DECLINE: GroupApprovalListeners.decline,
    },
    modals={blocks.DECLINE_CALLBACK: Modal(GroupApprovalListeners.declined, without_reason)},
)
