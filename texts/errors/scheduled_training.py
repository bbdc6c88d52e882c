"""Training again and again on a training set."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def no_such_times(words: str) -> str:
    return _(
        '"{words}" is no time that comes. Use `daily`, `weekly`, `monthly`, or five fields as in cron, such as'
        ' `"0 6 * * 1"` for Mondays at 6:00.',
        words=words,
    )


@ERRORS.sentence
def times_too_often(words: str) -> str:
    return _(
        '"{words}" comes more than once an hour. Name one minute in the first field, such as `"0 */6 * * *"` for every'
        " six hours.",
        words=words,
    )


@ERRORS.sentence
def no_such_count(word: str) -> str:
    return _('"{word}" is no number of examples. Use one from 1 to 100000, as in `at_least=20`.', word=word)


@ERRORS.sentence
def times_missing() -> str:
    return _("Say how often, as in `every=weekly`.")


@ERRORS.sentence
def training_set_missing() -> str:
    return _("Name the training set, as in `/finetune retrain Support every=weekly`.")


@ERRORS.sentence
def left_the_channel() -> str:
    return _("They are no longer in the channel.")


@ERRORS.sentence
def starts_jobs_no_more() -> str:
    return _("They may no longer start jobs on it here.")


@ERRORS.sentence
def evaluates_no_more() -> str:
    return _("They may no longer evaluate models here.")


@ERRORS.sentence
def not_in_its_channel() -> str:
    return _("I am no longer in its channel. Invite me there again first.")


@ERRORS.sentence
def file_not_posted(slack: str) -> str:
    """`slack`: its error code."""
    return _("Slack did not take the training file ({code}).", code=slack)
