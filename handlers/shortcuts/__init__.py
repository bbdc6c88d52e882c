"""Shortcuts: from anywhere in Slack, and in the menu of a message."""
