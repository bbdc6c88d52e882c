"""What `finetune-bot doctor` says, a module for each section: a line for each thing that it has looked at, and what to
do where one is not well.

A function marked with `@FOUND.sentence` says one kind of finding: its name is the code, its parameters are the
values, which come as they are.
"""

from bot.doctor.finding import Finding
from texts.doctor import comparison, provider, settings, slack, store
from texts.doctor.frame import asking, conclusion, heading
from texts.doctor.table import FOUND

__all__ = [
    "FOUND",
    "asking",
    "comparison",
    "conclusion",
    "heading",
    "provider",
    "sentence",
    "settings",
    "slack",
    "store",
]


def sentence(finding: Finding) -> str:
    return FOUND[finding.code](**finding.values)
