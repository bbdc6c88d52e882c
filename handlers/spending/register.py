"""What may be spent, and who approves."""

from typing import Final

from handlers.blocks.approval import CALLBACK_ID
from handlers.routing import Command, Feature, Modal, Topic
from handlers.spending import buttons, commands, modals

FEATURE: Final = Feature(
    commands=(Command("budget", Topic.MANAGE, commands.run),),
    buttons={
        "job_approve": buttons.approve,
        "job_decline": buttons.decline,
    },
    modals={
        CALLBACK_ID: Modal(buttons.declined, modals.wrong),
    },
)
