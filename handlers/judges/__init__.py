"""Checking models that judge."""
