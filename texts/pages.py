"""What stands around commands and findings on their pages in docs/ (scripts/docs.py)."""

from texts.language import _
from training_files.report import Severity

# Commands


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


def terminal_column() -> str:
    return _("in a terminal")


def synonyms(words: str) -> str:
    """`words`: a list."""
    return _("Other words that are taken for a command: {words}.", words=words)


def terminal_commands() -> str:
    return _(
        "What is marked ✓ works in a terminal, too, as `finetune-bot jobs`; `finetune-bot jobs --help` says with which "
        "words. There `approve` and `decline` are commands, too, which in Slack are buttons. The others are for Slack "
        "only: most of them talk, ask or post there, or are about whoever types them."
    )


# Findings


def findings_title() -> str:
    return _("Findings")


def what_findings_are(repair: str) -> str:
    """`repair`: the button's name."""
    return _(
        "What the check of a training file can find. An error keeps a file from being trained on; a warning does not. "
        "The last column says what {repair} (`finetune-bot prepare`) offers to do about it.",
        repair=repair,
    )


def findings_columns() -> tuple[str, str, str, str]:
    """Before the one of repairs."""
    return _("code"), _("severity"), _("what it means"), _("what to do")


def severity(severity: Severity) -> str:
    return {"error": _("error"), "warning": _("warning")}[severity]
