"""Deleting a training file or a model."""
