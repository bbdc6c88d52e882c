"""A job as one page."""

from typing import Final

from handlers.blocks.card import MORE, REPORT
from handlers.reports.listeners import ReportListeners
from handlers.routing import Command, Feature, Topic

FEATURE: Final = Feature(
    ReportListeners,
    commands=(Command("report", Topic.FOLLOW, ReportListeners.report, opens=REPORT),),
    buttons={REPORT: ReportListeners.report},  # on older cards
    options={(MORE, REPORT): ReportListeners.report},
)
