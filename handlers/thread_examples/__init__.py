"""Threads that people add to a training set."""
