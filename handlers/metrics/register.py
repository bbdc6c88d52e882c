"""What was measured of runs, drawn beside each other."""

from typing import Final

from handlers.blocks import card
from handlers.metrics import blocks
from handlers.metrics.listeners import MetricsListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    MetricsListeners,
    commands=(Command("metrics", Topic.FOLLOW, MetricsListeners.metrics, opens=card.METRICS),),
    buttons={
        card.METRICS: MetricsListeners.metrics,
        blocks.NUMBERS: MetricsListeners.numbers,
    },
    options={(card.MORE, card.METRICS): MetricsListeners.metrics},
)
