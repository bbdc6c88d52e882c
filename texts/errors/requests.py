"""What cannot be understood, or not be done from where it was asked."""

from collections.abc import Sequence

from texts.errors.table import ERRORS
from texts.formats import enumerated, sentences
from texts.language import _, plural

_CHOICES = 5


@ERRORS.sentence
def no_modal_here() -> str:
    return _("A window can only be opened from a button or a slash command.")


@ERRORS.sentence
def press_again() -> str:
    return _("Slack did not let me open the window in time. Press the button again.")


@ERRORS.sentence
def ambiguous(word: str, choices: Sequence[str], shared: bool = False) -> str:
    """`shared`: it is the whole name of each."""
    left = len(choices) - _CHOICES
    shown = enumerated(choices[:_CHOICES])
    if left <= 0:
        could_be = _("{word} could be any of these: {choices}.", word=word, choices=shown)
    else:
        could_be = plural(
            "{word} could be any of these: {choices} and {count} more.",
            "{word} could be any of these: {choices} and {count} more.",
            left,
            word=word,
            choices=shown,
        )
    return sentences(could_be, _("They share that name, so write the id.") if shared else _("Write more of the name."))


@ERRORS.sentence
def quotation_mark_missing() -> str:
    return _("A quotation mark is missing in what you typed.")


@ERRORS.sentence
def question_of_another() -> str:
    return _("Only the person who typed this may start it. Type the command yourself to start one of your own.")


@ERRORS.sentence
def no_number(word: str, name: str) -> str:
    return _("{word} is no number that I can use. Write it like `{name}=2`.", word=word, name=name)


@ERRORS.sentence
def json_instead(word: str) -> str:
    """Of a command in a terminal."""
    return _("{word} works in Slack only. Add `--json` here, which gives every job with its settings.", word=word)


@ERRORS.sentence
def terminal_channel_missing() -> str:
    """Of a command in a terminal."""
    return _("Name the channel in Slack in which the job's card will stand: `--channel C…`.")


@ERRORS.sentence
def terminal_not_in_channel(channel: str) -> str:
    """Of a command in a terminal."""
    return _("The bot is not in the channel {channel}. Invite it there, then try again.", channel=channel)


@ERRORS.sentence
def terminal_no_bot() -> str:
    """Of a command in a terminal."""
    return _("Only a running bot can do that, and none runs here. Start it with `finetune-bot run`.")


@ERRORS.sentence
def terminal_words(words: str) -> str:
    """Of a command in a terminal, which takes a job and no more."""
    return _("In a terminal this command takes a job and no more. I do not know what {words} means.", words=words)
