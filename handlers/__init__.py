"""Slack in, Slack out: one folder for each feature."""
