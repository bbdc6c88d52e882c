"""What stands around the commands on their page in docs/ (scripts/docs.py)."""

from texts.language import _


def commands_title() -> str:
    return _("Commands")


def in_slack() -> str:
    return _("In Slack")


def where_commands_work() -> str:
    return _("After `/finetune`; in a thread, where Slack takes no slash commands, after a mention of the bot.")


def command_column() -> str:
    return _("command")


def summary_column() -> str:
    return _("what it does")
