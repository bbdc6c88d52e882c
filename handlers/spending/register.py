"""What may be spent, and who approves."""

from typing import Final

from handlers.blocks.approval import CALLBACK_ID
from handlers.routing import Command, Feature, Modal
from handlers.spending import buttons, commands, modals

FEATURE: Final = Feature(
    commands=(
        Command(
            "budget",
            "Look after",
            "budget [set … | approval …]",
            "Show what this month has cost, and may cost",
            commands.run,
            "Administrators set what a person, a channel or all may spend in a month, and from which price on somebody "
            "has to approve a job.",
            ("budget", "budget set @ana 20", "budget set workspace 200", "budget approval 10"),
        ),
    ),
    buttons={
        "job_approve": buttons.approve,
        "job_decline": buttons.decline,
    },
    modals={
        CALLBACK_ID: Modal(buttons.declined, modals.wrong),
    },
)
