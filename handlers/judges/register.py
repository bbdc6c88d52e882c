"""Checking models that judge."""

from typing import Final

from handlers.blocks.evaluation_menu import MORE
from handlers.judges import blocks, card
from handlers.judges.listeners import JudgeListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    JudgeListeners,
    commands=(Command("judge", Topic.TALK, JudgeListeners.command, opens=blocks.CHECK),),
    buttons={
        blocks.CHECK: JudgeListeners.of_evaluation,  # on older results
        blocks.CONFIRMED: JudgeListeners.confirmed,
        blocks.NOT_NOW: JudgeListeners.not_now,
        card.CONTROLS.pause: JudgeListeners.pause,
        card.CONTROLS.resume: JudgeListeners.resume,
        card.CONTROLS.cancel: JudgeListeners.cancel,
    },
    options={(MORE, blocks.CHECK): JudgeListeners.of_evaluation},
)
