"""Repairing a training file: the columns of a table are named, then repairs are chosen."""

from typing import Final

from handlers.datasets.blocks import report
from handlers.repair import blocks
from handlers.repair.listeners import RepairListeners, wrong_columns
from handlers.routing import SECONDS_AT_ONCE, Feature, Modal

_COLUMNS: Final = Modal(RepairListeners.columns_chosen, wrong_columns, waiting=blocks.waiting)
_REPAIRS: Final = Modal(RepairListeners.repairs_chosen, seconds=SECONDS_AT_ONCE, makes_files=True)

FEATURE: Final = Feature(
    RepairListeners,
    buttons={
        report.REPAIR: RepairListeners.open,
        blocks.LAYOUT: RepairListeners.layout_chosen,
        blocks.VALIDATION: RepairListeners.validation_chosen,
        # On messages and in modals that were shown before these names.
        report.OLD_REPAIR: RepairListeners.open,
        blocks.OLD_LAYOUT: RepairListeners.layout_chosen,
        blocks.OLD_VALIDATION: RepairListeners.validation_chosen,
    },
    inputs=(blocks.CHOSEN,),
    modals={
        blocks.COLUMNS: _COLUMNS,
        blocks.REPAIRS: _REPAIRS,
        blocks.OLD_COLUMNS: _COLUMNS,
        blocks.OLD_REPAIRS: _REPAIRS,
    },
    options={
        (report.MORE, report.COMPARE): RepairListeners.open,
        (report.MORE, report.OLD_COMPARE): RepairListeners.open,
    },
)
