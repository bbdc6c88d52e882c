"""Statistics of evaluations: plain sequences in, frozen structs out. Libraries are imported where they are needed; what
takes longer than a moment (`compare` of thousands) is for a worker process.

A score that is missing (None, or not a number) is left out and counted as `missing`; it never counts as zero. Several
samples of one prompt are averaged before they come here, so that one item is one score. Groups are what makes items
depend on each other: a conversation, a document.
"""

from bot.evaluations.statistics.classification import (
    Bin,
    Binary,
    Calibration,
    ClassFigures,
    Classification,
    Probabilities,
    classify,
)
from bot.evaluations.statistics.drift import drifted
from bot.evaluations.statistics.holm import adjusted
from bot.evaluations.statistics.intervals import Estimate, mean_interval
from bot.evaluations.statistics.judges import Agreement, agreement, corrected, length_bias
from bot.evaluations.statistics.paired import Compared, compare
from bot.evaluations.statistics.power import detectable, needed
from bot.evaluations.statistics.selection import Chosen, choose, split_halves
from bot.evaluations.statistics.verdict import Verdict

__all__ = [
    "Agreement",
    "Bin",
    "Binary",
    "Calibration",
    "Chosen",
    "ClassFigures",
    "Classification",
    "Compared",
    "Estimate",
    "Probabilities",
    "Verdict",
    "adjusted",
    "agreement",
    "choose",
    "classify",
    "compare",
    "corrected",
    "detectable",
    "drifted",
    "length_bias",
    "mean_interval",
    "needed",
    "split_halves",
]
