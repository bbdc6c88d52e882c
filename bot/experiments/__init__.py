"""Runs beside each other: their metrics, their settings, and the history of experiments."""
