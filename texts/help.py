"""What the bot says of itself: help, the greeting, and answers to words that are no command."""

from texts.language import _


def product() -> str:
    """In bold before `introduction`."""
    return _("Finetune Bot trains language models with your team.")


def introduction() -> str:
    return _(
        "Drop a training file (JSONL, or a table such as CSV or XLSX) into a channel that I am in, or into your direct "
        "messages with me. I check it, say what training would cost, and start when you press the button."
    )


def heading() -> str:
    """In notifications, before the list of commands."""
    return _("What Finetune Bot can do")


def in_threads() -> str:
    return _("Slack has no slash commands inside threads: mention me there and use the same words, such as `status`.")


def examples() -> str:
    """Over a list of commands."""
    return _("For example:")


def did_you_mean(word: str, command: str) -> str:
    return _("I do not know {word}. Did you mean {command}?", word=word, command=command)


def unknown(word: str) -> str:
    return _("I do not know {word}.", word=word)


def commands_only() -> str:
    return _("I understand commands only; questions are for models.")


def greeting() -> str:
    """In notifications."""
    return _("Welcome! This is what I can do.")


def welcome() -> str:
    """Before `product`."""
    return _("Welcome!")


def where_models_answer() -> str:
    return _("Models answer in threads of their own. `/finetune help` lists all that I understand.")


def what_is_running_button() -> str:
    return _("What is running?")


def models_button() -> str:
    return _("Models to talk to")


def all_commands_button() -> str:
    return _("All commands")
