"""Refuses the messages and views that Slack refuses, with Slack's errors."""

from sandbox.validation.surfaces import check_message_blocks, check_view

__all__ = ["check_message_blocks", "check_view"]
