"""Questions before a training file or a model is deleted, and what was deleted. Values come as they shall be shown."""

from collections.abc import Sequence

from texts.formats import listed
from texts.language import _


def title() -> str:
    return _("Delete")


def delete_button() -> str:
    return _("Delete")


def keep_button() -> str:
    return _("Keep it")


def about_dataset(name: str, dataset: str) -> str:
    """`dataset`: its id."""
    return _(
        "Delete {name} ({dataset})? My copy and the provider's go; models trained on it stay. The file in Slack stays, "
        "too.",
        name=name,
        dataset=dataset,
    )


def about_model(name: str, model: str) -> str:
    """`model`: its id."""
    return _(
        "Delete the model {name} ({model})? Nobody can talk to it afterwards, and it cannot be brought back.",
        name=name,
        model=model,
    )


def deleted_in_slack(name: str) -> str:
    return _(
        "{name} was deleted in Slack. I still have a copy, and the provider may have one. Shall I delete those, too? "
        "Models trained on it stay.",
        name=name,
    )


def dataset_deleted(name: str, providers: Sequence[str]) -> str:
    """`providers` had a copy, too."""
    if not providers:
        return _("My copy of {name} is deleted.", name=name)
    return _("My copy of {name} and the one at {providers} are deleted.", name=name, providers=listed(providers))


def left_at(providers: Sequence[str]) -> str:
    """`providers` may still have copies."""
    return _(
        "It could not be deleted at {providers} yet, where a copy may be left. I try again every hour; if the account "
        "there is closed, ask {providers} to delete it.",
        providers=listed(providers),
    )


def model_deleted(name: str) -> str:
    return _("The model {name} is deleted.", name=name)
