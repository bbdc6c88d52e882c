"""Comparing models: side by side, and blind with votes."""

from dataclasses import dataclass

from handlers.callers import Callers


@dataclass(frozen=True)
class CompareListeners:
    callers: Callers
