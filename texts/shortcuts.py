"""Shortcuts: from anywhere in Slack, and in the menu of a message. Values come as they shall be shown.

Their names stand in manifest.yml, in English for everybody: Slack shows them, and knows one language.
"""

from texts.language import _


def start_title() -> str:
    return _("Start a fine-tune")


def start_intro() -> str:
    return _("The training file comes from a channel, where the job's card and all that comes of it will stand, too.")


def channel_label() -> str:
    return _("Channel")


def start_channel_hint() -> str:
    return _("One that I am in, with a training file.")


def chat_channel_hint() -> str:
    return _("One that I am in. There I open a thread in which the model answers.")


def next_button() -> str:
    return _("Next")


def looking() -> str:
    return _("I am looking for training files in the channel…")


def chat_title() -> str:
    return _("Chat with a model")


def model_label() -> str:
    return _("Model")


def model_placeholder() -> str:
    return _("Type a part of its name")


def open_button() -> str:
    return _("Open")


def needs_title() -> str:
    return _("What needs you")


def buttons_there() -> str:
    return _("The buttons for it are in your direct messages with me.")


def ask_title() -> str:
    return _("Ask a model")


def ask_intro() -> str:
    return _("The model reads the thread up to this message, and answers in it for everybody to see.")


def question_label() -> str:
    return _("What do you want to know?")


def ask_button() -> str:
    return _("Ask")


def asks(person: str, question: str) -> str:
    """`person`: a mention."""
    return _("{person} asks: {question}", person=person, question=question)


def file_checked_now(thread: str) -> str:
    """`thread`: a link to it."""
    return _(
        "I have not seen this file yet, so I check it now. The report comes in {thread}, with the button to start.",
        thread=thread,
    )


def its_thread() -> str:
    return _("its thread")
