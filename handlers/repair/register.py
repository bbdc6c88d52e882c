"""Repairing a training file: the columns of a table are named, then repairs are chosen."""

from typing import Final

from handlers.blocks import modals
from handlers.datasets.blocks import report
from handlers.repair import blocks, repairing
from handlers.routing import SECONDS_AT_ONCE, Feature, Modal

FEATURE: Final = Feature(
    buttons={
        report.REPAIR: repairing.pressed,
        blocks.LAYOUT: repairing.layout_chosen,
        blocks.VALIDATION: repairing.validation_chosen,
    },
    modals={
        blocks.COLUMNS: Modal(
            repairing.columns_chosen,
            repairing.wrong_columns,
            waiting=modals.looking(blocks.CONVERT, "the examples"),
        ),
        blocks.REPAIRS: Modal(repairing.repairs_chosen, seconds=SECONDS_AT_ONCE, makes_files=True),
    },
    options={
        (report.MORE, report.COMPARE): repairing.pressed,
    },
)
