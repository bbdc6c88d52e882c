"""What a person sets for themselves. Values come as they shall be shown."""

from texts.language import _


def heading() -> str:
    return _("My settings")


def approvals() -> str:
    return _("Approvals as direct messages")


def approvals_on() -> str:
    return _(
        "On. When a job of a public channel waits for an approval that you may give, you are asked in your direct "
        "messages, too. When a job of yours is approved or declined, you are told there."
    )


def approvals_off() -> str:
    return _(
        "Off. You are asked in the threads of jobs only. Switch this on to be asked in your direct messages, too, and "
        "to be told there when a job of yours is approved or declined."
    )


def switch_on_button() -> str:
    return _("Switch on")


def switch_off_button() -> str:
    return _("Switch off")


def language() -> str:
    return _("What only you see is in the language of your Slack; `/finetune language` sets mine in this channel.")
