"""The settings."""

from collections.abc import Sequence

from bot.errors import BotError
from texts import errors
from texts.doctor.table import FOUND
from texts.formats import enumerated, sentences
from texts.language import _, plural


@FOUND.sentence
def settings(providers: Sequence[str]) -> str:
    return plural(
        "All that is needed is set, for {count} provider: {providers}.",
        "All that is needed is set, for {count} providers: {providers}.",
        len(providers),
        providers=enumerated(providers),
    )


@FOUND.sentence
def settings_wrong(error: BotError) -> str:
    return sentences(errors.sentence(error), _("Nobody was asked anything yet: run it again when that is put right."))
