"""The history of experiments: jobs searched, sorted, compared and exported."""

from typing import Final

from handlers.blocks import help
from handlers.experiments import blocks
from handlers.experiments.listeners import ExperimentListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ExperimentListeners,
    commands=(Command("jobs", Topic.FOLLOW, ExperimentListeners.jobs, opens=help.JOBS, synonyms=("list", "任务")),),
    buttons={
        blocks.EARLIER: ExperimentListeners.turned,
        blocks.LATER: ExperimentListeners.turned,
        blocks.COMPARE: ExperimentListeners.compare,
        blocks.METRICS: ExperimentListeners.metrics,
        blocks.CSV: ExperimentListeners.export,
    },
    inputs=(blocks.CHOSEN,),
)
