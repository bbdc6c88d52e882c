"""Approving several jobs at once."""
