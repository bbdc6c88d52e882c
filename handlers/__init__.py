"""Slack in, Slack out: one file for each thing that Slack can send."""
