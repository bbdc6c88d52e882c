"""Evaluations: whether a model got better, at what, by how much, and how sure that is."""
