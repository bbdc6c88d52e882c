"""Moving models to another provider."""

from texts.errors.table import ERRORS
from texts.language import _, plural


@ERRORS.sentence
def data_gone() -> str:
    return _("Its training data is gone, here and at the provider. Drop the file again and train it there.")


@ERRORS.sentence
def no_models_to_move() -> str:
    return _("There is no model here that could be moved. `/finetune models` lists those that are.")


@ERRORS.sentence
def nothing_to_move(provider: str) -> str:
    return _("Every model that may be shown here has a successor at {provider} already.", provider=provider)


@ERRORS.sentence
def nothing_can_be_moved(count: int) -> str:
    return plural(
        "This model cannot be moved there; the plan says why.",
        "None of these {count} models can be moved there; the plan says why.",
        count,
    )


@ERRORS.sentence
def moved_nowhere(provider: str) -> str:
    return _("It is at {provider} already.", provider=provider)


@ERRORS.sentence
def checkpoint_not_moved(model: str) -> str:
    return _(
        "A checkpoint is a moment of a training and cannot be trained anew. Move the model that its job made: {model}.",
        model=model,
    )


@ERRORS.sentence
def one_provider() -> str:
    return _(
        "Only one provider is set up, so there is nowhere to move to. An administrator adds others in `providers.toml`."
    )


@ERRORS.sentence
def nothing_to_train_there(provider: str) -> str:
    return _("{provider} offers no base model that could be trained.", provider=provider)


@ERRORS.sentence
def nothing_to_train_anywhere() -> str:
    return _("No provider that may be used here offers a base model that could be trained.")


@ERRORS.sentence
def other_models_to_move() -> str:
    return _("The models that can be moved are others than this plan shows. Ask for the plan again: `/finetune move`.")


@ERRORS.sentence
def move_what() -> str:
    return _("Which models? Name some, or write `/finetune move all to PROVIDER`.")


@ERRORS.sentence
def move_words(word: str) -> str:
    return _(
        "I do not understand {word}. Write `/finetune move MODEL to=PROVIDER`, with `base=MODEL` if you like.",
        word=word,
    )
