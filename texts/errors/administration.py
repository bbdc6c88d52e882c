"""The audit log, subscriptions, languages."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def audit_usage() -> str:
    return _("Write `/finetune audit`, `/finetune audit page=2` or `/finetune audit csv`.")


@ERRORS.sentence
def notify_usage() -> str:
    return _("Write `/finetune notify here`, `/finetune notify #channel`, or `/finetune notify off` to stop it.")


@ERRORS.sentence
def cannot_post_there() -> str:
    return _(
        "I cannot post there: I am not in that channel, or it is private. Type `/invite` followed by my name there, "
        "then `/finetune notify here`."
    )


@ERRORS.sentence
def unknown_language(word: str) -> str:
    return _("I do not speak {language}. Write `/finetune language en`, `zh` or `default`.", language=word)
