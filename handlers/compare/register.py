"""Comparing models: side by side, and blind with votes."""

from typing import Final

from handlers.compare.listeners import CompareListeners
from handlers.routing import Feature

FEATURE: Final = Feature(CompareListeners)
