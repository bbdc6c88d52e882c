"""Having examples written by a model."""

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def how_many_examples(most: int) -> str:
    return _("Have 1 to {most} examples written.", most=most)


@ERRORS.sentence
def no_topics() -> str:
    return _("Name at least one topic, each on a line of its own, or add a document.")


@ERRORS.sentence
def document_is_no_text(file: str) -> str:
    return _("`{file}` is no text. Save it as text or Markdown.", file=file)


@ERRORS.sentence
def document_too_large(megabytes: int) -> str:
    return _("A document may have {megabytes} MB. Add the part that matters.", megabytes=megabytes)


@ERRORS.sentence
def no_passages(file: str) -> str:
    return _("`{file}` has too little text to ask about.", file=file)


@ERRORS.sentence
def too_many_to_generate(field: str, most: int) -> str:
    return {
        "topics": _("Name at most {most} topics.", most=most),
        "roles": _("Name at most {most} kinds of people who ask.", most=most),
    }.get(field) or _("Give at most {most} examples to imitate.", most=most)


@ERRORS.sentence
def share_unanswerable() -> str:
    return _("The share of questions that cannot be answered is between 0% and 100%.")


@ERRORS.sentence
def imitated_without_answer(question: str) -> str:
    return _("Write the answer on the line below “{question}”.", question=question)


@ERRORS.sentence
def generate_in_window() -> str:
    return _("Type `/finetune generate` in a channel: a window opens in which you say what is to be written.")


@ERRORS.sentence
def nothing_generated(model: str) -> str:
    return _(
        "`{model}` wrote nothing that can be used. It may be too small for this: try a larger model as the teacher.",
        model=model,
    )


@ERRORS.sentence
def nothing_to_keep() -> str:
    return _("No example is left to be kept.")


@ERRORS.sentence
def no_accepted_answers() -> str:
    return _(
        "I found no answer here that was accepted. React to an answer with ✅ to accept it, or name the people who "
        "answer here: then their last answer in each thread counts."
    )


@ERRORS.sentence
def no_channel_export(file: str) -> str:
    return _("`{file}` is no channel as Slack exports it: one JSON file with its messages.", file=file)


@ERRORS.sentence
def channel_unread(slack: str) -> str:
    return _("Slack does not let me read this channel (`{slack}`). Add an export of it instead.", slack=slack)


@ERRORS.sentence
def answers_in_window() -> str:
    return _("Type `/finetune answers` in a channel: a window opens in which you say which answers are meant.")


@ERRORS.sentence
def draft_changed() -> str:
    return _("This example has been changed or dropped since. Look at the sample again.")


@ERRORS.sentence
def not_an_example() -> str:
    return _("An example needs a question and an answer.")


@ERRORS.sentence
def example_too_long_to_edit() -> str:
    return _("This example is too long for a window. Drop it, or ask for its answer again.")
