"""The bot as Slack's agent. Values come as Slack shall show them."""

from texts.language import _


def still_writing() -> str:
    """Of a model, where a button stops it."""
    return _("The model is still writing.")


def stop_button() -> str:
    return _("Stop")


def nothing_to_stop() -> str:
    return _("The answer has come to its end already.")


# Prompts that Slack offers, and sends as a message when they are pressed.


def talk_to(model: str) -> str:
    return _("Talk to {model}", model=model)


def what_is_running() -> str:
    return _("What is running?")


def what_can_you_do() -> str:
    return _("What can you do?")
