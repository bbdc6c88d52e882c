"""Repairing a training file."""
