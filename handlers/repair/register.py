"""Repairing a training file: the columns of a table are named, then repairs are chosen."""

from typing import Final

from handlers.datasets.blocks import report
from handlers.repair import blocks, repairing
from handlers.routing import SECONDS_AT_ONCE, Feature, Modal

_COLUMNS: Final = Modal(repairing.columns_chosen, repairing.wrong_columns, waiting=blocks.waiting)
_REPAIRS: Final = Modal(repairing.repairs_chosen, seconds=SECONDS_AT_ONCE, makes_files=True)

FEATURE: Final = Feature(
    buttons={
        report.REPAIR: repairing.pressed,
        blocks.LAYOUT: repairing.layout_chosen,
        blocks.VALIDATION: repairing.validation_chosen,
        # On messages and in modals that were shown before these names.
        report.OLD_REPAIR: repairing.pressed,
        blocks.OLD_LAYOUT: repairing.layout_chosen,
        blocks.OLD_VALIDATION: repairing.validation_chosen,
    },
    inputs=(blocks.CHOSEN,),
    modals={
        blocks.COLUMNS: _COLUMNS,
        blocks.REPAIRS: _REPAIRS,
        blocks.OLD_COLUMNS: _COLUMNS,
        blocks.OLD_REPAIRS: _REPAIRS,
    },
    options={
        (report.MORE, report.COMPARE): repairing.pressed,
        (report.MORE, report.OLD_COMPARE): repairing.pressed,
    },
)
