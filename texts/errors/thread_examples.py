"""What goes wrong when a thread is made a training example."""

from collections.abc import Mapping
from typing import Any

from texts.errors.table import ERRORS
from texts.findings import FINDINGS
from texts.language import _, plural


@ERRORS.sentence
def thread_unread(slack: str) -> str:
    """`slack`: its error code."""
    if slack in {"not_in_channel", "channel_not_found"}:
        return _(
            "I am not in this channel, so I cannot read the thread. Type `/invite` followed by my name, then try again."
        )
    return _("Slack does not let me read this thread at the moment ({code}). Try again in a minute.", code=slack)


@ERRORS.sentence
def empty_turn() -> str:
    return _("Nothing is said here. Write what should be said, or leave this turn out.")


@ERRORS.sentence
def nobody_asks() -> str:
    return _("Nobody asks anything. Let at least one turn ask.")


@ERRORS.sentence
def ends_without_answer() -> str:
    return _("An example ends with an answer. Let this turn answer, or leave it out.")


@ERRORS.sentence
def unusable_example(finding: str, at: str, params: Mapping[str, Any]) -> str:
    """As a training file would be judged."""
    return FINDINGS.say(finding, params, field=at) or finding


@ERRORS.sentence
def collection_without_name() -> str:
    return _("Give the new training set a name.")


@ERRORS.sentence
def private_words_stay() -> str:
    return _("What was said in private stays there: choose a training set that was made here, or a new one.")


@ERRORS.sentence
def too_few_examples(least: int, count: int) -> str:
    return plural(
        "A training file needs at least {least} examples, and {count} can be used so far. Add more.",
        "A training file needs at least {least} examples, and {count} can be used so far. Add more.",
        count,
        least=str(least),
    )


@ERRORS.sentence
def example_changed() -> str:
    return _("This example was changed after you opened this page. Open the page again and look at it once more.")


@ERRORS.sentence
def example_accepted() -> str:
    return _("This example was accepted already. Whoever added it or owns the training set can still remove it.")


@ERRORS.sentence
def name_taken() -> str:
    return _("Another training set is called that. Choose another name, or merge the two.")


@ERRORS.sentence
def nothing_to_merge_into() -> str:
    return _(
        "There is no other training set that this one could go into: one that is seen by the same people, with "
        "examples of the same format."
    )


@ERRORS.sentence
def nothing_to_filter_by() -> str:
    return _("Say in at least one field what the examples have in common.")


@ERRORS.sentence
def selection_changed() -> str:
    return _("Other examples fit by now, so I changed nothing. Filter again and look at them once more.")


@ERRORS.sentence
def withdraw_usage() -> str:
    return _("Type `/finetune withdraw`; an administrator may add a person: `/finetune withdraw @ana`.")
