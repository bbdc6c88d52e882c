"""Answers to `/finetune language`."""

from texts.language import Language, _


def chosen(language: Language) -> str:
    """In a channel whose people chose one, in that language."""
    return _(
        "In this channel I speak {language}. To change it: `/finetune language en`, `/finetune language zh` or "
        "`/finetune language default`.",
        language=language.autonym,
    )


def by_default(language: Language) -> str:
    return _(
        "In this channel I speak {language}, the workspace's language. To change it: `/finetune language en` or "
        "`/finetune language zh`.",
        language=language.autonym,
    )


def by_setting() -> str:
    """In a menu of languages: none is chosen."""
    return _("The workspace's language")


def set_here(person: str, language: Language) -> str:
    """To the channel, in the language that is spoken from now on."""
    return _("{person} set my language in this channel to {language}.", person=person, language=language.autonym)


def direct() -> str:
    return _("What only you see is in the language of your Slack: change it in Slack's preferences.")
