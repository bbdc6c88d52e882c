"""Rehearsals and learning curves of a training file: started and stopped."""

from typing import Final

from handlers.blocks import rehearsal
from handlers.datasets.blocks import report
from handlers.rehearsals.listeners import RehearsalListeners
from handlers.routing import Command, Feature, Topic
from handlers.start.blocks import modal

FEATURE: Final = Feature(
    RehearsalListeners,
    commands=(
        Command("rehearse", Topic.TRAIN, RehearsalListeners.rehearse, opens=report.REHEARSE),
        Command("curve", Topic.TRAIN, RehearsalListeners.curve, opens=report.CURVE),
    ),
    buttons={
        report.REHEARSE: RehearsalListeners.rehearse_pressed,
        modal.REHEARSE: RehearsalListeners.rehearse_in_modal,
        report.CURVE: RehearsalListeners.curve_pressed,
        rehearsal.STOP: RehearsalListeners.stop,
    },
    options={
        (report.MORE, report.CURVE): RehearsalListeners.curve_pressed,
    },
)
