"""The audit log, subscriptions, languages."""

from collections.abc import Sequence

from texts.errors.table import ERRORS
from texts.formats import enumerated
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


@ERRORS.sentence
def models_of_direct_messages() -> str:
    return _("That is said in a channel: in direct messages people may talk to every model that they may see.")


@ERRORS.sentence
def model_not_allowed_here(models: Sequence[str]) -> str:
    """`models`: those that are."""
    return _(
        "An administrator has said which models may be talked to in this channel: {models}. Use one of them, or ask in "
        "another channel.",
        models=enumerated(models),
    )


@ERRORS.sentence
def provider_usage() -> str:
    return _("Name one provider: `/finetune provider NAME`. Without a name I show which there are.")


@ERRORS.sentence
def digest_usage() -> str:
    return _(
        "Write `/finetune digest daily at=09:00`, `/finetune digest weekly on=monday at=09:00`, or `/finetune digest "
        "off` to stop it."
    )


@ERRORS.sentence
def no_time_of_day(word: str) -> str:
    return _("{word} is no time of the day. Write it like `at=09:00` or `at=17:30`.", word=word)


@ERRORS.sentence
def no_weekday(word: str, weekdays: Sequence[str]) -> str:
    return _("{word} is no day of the week. Write one of these: {weekdays}.", word=word, weekdays=enumerated(weekdays))
