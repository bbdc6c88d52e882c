"""Comparing models: side by side, and blind with votes."""
