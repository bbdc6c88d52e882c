"""Conversations with models: opening one, asking in it, what was said."""
