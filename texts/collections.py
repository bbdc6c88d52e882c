"""Training sets that grow in Slack: the list of them, and training files made of them. Values come as they shall be
shown."""

from collections.abc import Sequence

from texts.formats import first_of
from texts.language import _, plural


def none_here(shortcut: str) -> str:
    """`shortcut`: its name."""
    return _(
        "There is no training set here yet. Choose {shortcut} in the menu of any message to add its thread to one.",
        shortcut=shortcut,
    )


def size(count: int) -> str:
    return plural("{count} example", "{count} examples", count)


def waiting(count: int) -> str:
    return plural("{count} waits for agreement", "{count} wait for agreement", count)


def owned_by(person: str) -> str:
    return _("made by {person}", person=person)


def private() -> str:
    return _("seen only where it was made")


def learned(models: Sequence[str]) -> str:
    return _("Models that learned from it: {models}", models=first_of(models, 5))


def more_learned(count: int) -> str:
    return plural("{count} model that is not seen here", "{count} models that are not seen here", count)


def export_button() -> str:
    return _("Make a training file")


def exported(person: str, collection: str, count: int) -> str:
    """`person`: a mention."""
    return plural(
        "{person} makes a training file of {collection}: {count} example. Its report follows in this thread.",
        "{person} makes a training file of {collection}: {count} examples. Their report follows in this thread.",
        count,
        person=person,
        collection=collection,
    )
