"""Training the next model on what was collected, and letting it meet the one before it. Values come as they shall be
shown."""

from collections.abc import Sequence

from texts.formats import listed
from texts.language import _, plural


def title() -> str:
    return _("Train the next model")


def next_model_button() -> str:
    return _("Train the next model")


def making_file(button: str) -> str:
    """`button`: the one below a report."""
    return _(
        "I am making the training file. In a moment you choose here how to train; or later, with {button} below the"
        " file's report.",
        button=button,
    )


def makes_file(person: str, collection: str, count: int) -> str:
    """`person`: a mention."""
    return plural(
        "{person} makes the next model's training file: {count} example of {collection}.",
        "{person} makes the next model's training file: {count} examples of {collection}.",
        count,
        person=person,
        collection=collection,
    )


def makes_file_after(person: str, collection: str, count: int, model: str) -> str:
    """`model`: the one before it."""
    return plural(
        "{person} makes the training file of the next model after {model}: {count} example of {collection}.",
        "{person} makes the training file of the next model after {model}: {count} examples of {collection}.",
        count,
        person=person,
        collection=collection,
        model=model,
    )


def makes_file_with_old(person: str, collection: str, count: int, model: str, file: str) -> str:
    """`file`: what `model` was trained on."""
    return plural(
        "{person} makes the training file of the next model after {model}: {count} example of {collection}, and those"
        " of {file}, from which {model} learned.",
        "{person} makes the training file of the next model after {model}: {count} examples of {collection}, and those"
        " of {file}, from which {model} learned.",
        count,
        person=person,
        collection=collection,
        model=model,
        file=file,
    )


def file_holds(count: int) -> str:
    return plural("The training file holds {count} example.", "The training file holds {count} examples.", count)


def file_after(count: int, model: str) -> str:
    """`model`: the one before."""
    return plural(
        "The training file of the next model after {model} holds {count} example.",
        "The training file of the next model after {model} holds {count} examples.",
        count,
        model=model,
    )


def file_with_old(count: int, model: str, file: str) -> str:
    """`file`: what `model` was trained on."""
    return plural(
        "The training file of the next model after {model} holds {count} example, and those of {file}, from which"
        " {model} learned.",
        "The training file of the next model after {model} holds {count} examples, and those of {file}, from which"
        " {model} learned.",
        count,
        model=model,
        file=file,
    )


def pairs_train_by_dpo() -> str:
    return _("These are preference pairs, so it is trained by preference optimisation (DPO).")


def of_other_format(count: int) -> str:
    return plural(
        "{count} example of another format is left out.", "{count} examples of another format are left out.", count
    )


def report_follows() -> str:
    return _("The report on the training file follows in this thread.")


def meet_parent_button() -> str:
    return _("Compare blind with the parent")


def add_votes_button() -> str:
    return _("Add votes to a training set")


def votes_added(new: int, collection: str, size: int) -> str:
    """`size`: how many examples it has now."""
    return plural(
        "{count} pair of answers that people prefer clearly went into {collection}, which has {size} now.",
        "{count} pairs of answers that people prefer clearly went into {collection}, which has {size} now.",
        new,
        collection=collection,
        size=size,
    )


def votes_there() -> str:
    return _("All pairs of answers that people prefer clearly are in a training set already.")


def votes_left_out(count: int) -> str:
    return plural(
        "{count} other was left out: without a clear majority, or not fit for an example.",
        "{count} others were left out: without a clear majority, or not fit for an example.",
        count,
    )


def see_votes(command: str) -> str:
    return _("See them with {command}.", command=command)


def votes_wait_for_review() -> str:
    return _("They are used once somebody else has accepted them.")


def votes_wait_for(people: Sequence[str]) -> str:
    return _("All of them are used once {people} agreed; I have asked in the thread.", people=listed(people))
