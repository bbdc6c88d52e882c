"""Talking to a model in a thread."""
