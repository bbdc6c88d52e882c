"""Comparing models, and voting on their answers."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def how_many_models(fewest: int, most: int) -> str:
    return _("Name {fewest} to {most} different models.", fewest=fewest, most=most)


@ERRORS.sentence
def how_many_prompts(most: int) -> str:
    return _("An arena has 1 to {most} prompts: write `n=20`.", most=most)


@ERRORS.sentence
def how_many_votes(most: int) -> str:
    return _("Names are revealed after 1 to {most} votes on each pair: write `votes=3`.", most=most)


@ERRORS.sentence
def compare_words() -> str:
    return _("Name two to four models and then what to ask them: `/finetune compare A B Who are you?`")


@ERRORS.sentence
def arena_words() -> str:
    return _(
        "Name two to four models, then what to ask them, or the file that the prompts come from: `/finetune arena A B "
        "n=20 on validation.jsonl`"
    )


@ERRORS.sentence
def nothing_to_compare_on() -> str:
    return _("Write what the models shall be asked.")


@ERRORS.sentence
def question_or_file() -> str:
    return _("Write a question or choose a file, not both.")


@ERRORS.sentence
def no_prompts(name: str) -> str:
    return _("{name} has no example with a question in words, so there is nothing to ask.", name=name)


@ERRORS.sentence
def comparison_gone() -> str:
    return _("This comparison is not there any more. Start another with `/finetune compare`.")


@ERRORS.sentence
def arena_revealed() -> str:
    return _("The names are revealed already, so votes are closed. `/finetune arena` shows the standings.")


@ERRORS.sentence
def model_said_nothing() -> str:
    return _("The model had nothing to say.")


@ERRORS.sentence
def question_too_long() -> str:
    return _("The question is longer than what the model can read.")


@ERRORS.sentence
def model_is_gone() -> str:
    return _("The model no longer exists at the provider.")


@ERRORS.sentence
def no_parent() -> str:
    return _("This job made no model that goes on from another, so there is nothing to compare it with.")


@ERRORS.sentence
def no_prompts_for_parent() -> str:
    return _(
        "No file that these models learned from has questions that can be asked here. Choose one with `/finetune "
        "arena A B n=20 on validation.jsonl`."
    )


@ERRORS.sentence
def names_hidden() -> str:
    return _("The names are not revealed yet. Add the votes to a training set once they are.")


@ERRORS.sentence
def no_clear_votes() -> str:
    return _("No pair of answers has a clear majority from which one could learn.")
