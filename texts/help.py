"""What the bot says of itself: help, the greeting, and answers to words that are no command."""

from texts.job_controls import Control
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


def run_button(command: str) -> str:
    """Does it now, and asks for what is missing."""
    return _("Open {command}", command=command)


def choose() -> str:
    """In a menu."""
    return _("Choose")


def which_job(control: Control) -> str:
    return {
        "cancel": _("Which job shall be cancelled?"),
        "pause": _("Which job shall be paused?"),
        "resume": _("Which job shall be resumed?"),
    }[control]


def no_job_for(control: Control) -> str:
    """Where there is none that this person may do that with."""
    return {
        "cancel": _("There is no job that you can cancel."),
        "pause": _("There is no job that you can pause: only one that trains can be paused."),
        "resume": _("There is no job that you can resume: none of yours is paused."),
    }[control]


def which_to_export() -> str:
    return _("Which model shall be exported?")


def none_to_export() -> str:
    return _("There is no model that you can export. Models that were trained by the trainer can be exported.")


def which_to_delete() -> str:
    return _("Which model or file shall be deleted? You are asked once more before it is deleted.")


def none_to_delete() -> str:
    return _("There is no model and no file that you can delete.")


def which_judge() -> str:
    return _("Which model shall judge? You see what that costs before it is asked anything.")


def which_to_allow() -> str:
    return _("Which model may be talked to in this channel, and no other?")


def no_models() -> str:
    return _("No provider offers a model at the moment.")


def all_models() -> str:
    """In a menu of models."""
    return _("All models")


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
