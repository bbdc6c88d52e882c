"""Base models and fine-tuned ones: lists, and what a model is called. Values come as they shall be shown."""

from collections.abc import Sequence

from texts.formats import first_of
from texts.language import _, plural


def id_button() -> str:
    return _("Model ID")


def model_id(name: str, model: str) -> str:
    """`name`: the short one."""
    return _("{name} is {id} to programs: its id at the provider.", name=name, id=model)


def learned_from(sets: Sequence[str]) -> str:
    """`sets`: names of training sets."""
    return _("Learned from {sets}", sets=first_of(sets, 3))


def counts(tuned: int, base: int) -> str:
    """How many there are."""
    return " · ".join(
        (
            plural("{count} fine-tuned model", "{count} fine-tuned models", tuned),
            plural("{count} base model that can be trained", "{count} base models that can be trained", base),
        )
    )


def fine_tuned_models() -> str:
    # Translators: a heading.
    return _("Fine-tuned models")


def none_yet() -> str:
    return _("None yet. Drop a training file into a channel that I am in to make the first.")


def more_fine_tuned(count: int) -> str:
    return plural(
        "And {count} more. `/finetune chat MODEL` opens any of them.",
        "And {count} more. `/finetune chat MODEL` opens any of them.",
        count,
    )


def base_models() -> str:
    # Translators: a heading.
    return _("Base models that can be trained")


def no_base_models() -> str:
    return _("None: no provider offers one. An administrator can set one up in the settings.")


def more_base(count: int) -> str:
    return plural("And {count} more.", "And {count} more.", count)


def could_be(word: str) -> str:
    """Before a list of models."""
    return _("{word} could be any of these:", word=word)


def which_to_talk_to() -> str:
    # Translators: a heading.
    return _("Which model do you want to talk to?")


def which_to_ask() -> str:
    return _("Which model shall answer?")


def or_train(commands: str) -> str:
    """Below the models that could answer what was said. `commands`: the name of the button."""
    return _(
        "Did you mean me rather than a model? Drop a training file here, and I check it and train a model on it; "
        "{commands} shows what else I do.",
        commands=commands,
    )


def ask_button() -> str:
    return _("Ask it")


def search_models() -> str:
    """In a menu, before anything is typed."""
    return _("Search all models")


def made_from(base_model: str) -> str:
    return _("from {model}", model=base_model)


def kept_by(person: str) -> str:
    """A checkpoint."""
    return _("checkpoint, kept by {person}", person=person)


def stops_answering(day: str) -> str:
    return _("stops answering on {day}", day=day)


def price(price: str) -> str:
    return _("{price} per million tokens", price=price)


# `/finetune models allow`


def allowed_here(person: str, models: str) -> str:
    return _("{person} has said which models may be talked to in this channel: {models}.", person=person, models=models)


def all_allowed_here(person: str) -> str:
    return _("{person} has said that every model may be talked to in this channel.", person=person)
