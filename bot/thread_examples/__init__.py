"""Threads as training examples: read, laid out in turns, masked, and taken into a collection."""
