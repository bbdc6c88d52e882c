"""Rehearsing a training file on a small model, and learning curves."""
