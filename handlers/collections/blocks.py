"""The list of collections."""

from collections.abc import Iterator, Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.collections.collection import Collection
from bot.collections.export import CollectionSummary
from handlers.blocks.message import Message
from handlers.blocks.parts import button, line, message, section
from handlers.blocks.text import bold, clip, code, date, escape, person, quoted
from texts import collections as texts
from texts.formats import clauses
from texts.thread_examples import title

EXPORT: Final = "collection_export"

_MOST: Final = 20


def overview(found: Sequence[CollectionSummary]) -> Message:
    if not found:
        return line(texts.none_here(bold(title())))
    blocks = list(_listed(found[:_MOST]))
    return message("\n".join(escape(one.collection.name) for one in found[:_MOST]), blocks)


def exported(user: str, collection: Collection, count: int) -> Message:
    return line(texts.exported(person(user), bold(_name(collection)), count))


def _listed(found: Sequence[CollectionSummary]) -> Iterator[Block]:
    for one in found:
        collection, models = one.collection, [code(model) for model in one.learned.models]
        if one.learned.more_models:
            models.append(texts.more_learned(one.learned.more_models))
        about = clauses(
            texts.size(one.usable),
            texts.waiting(one.waiting) if one.waiting else "",
            texts.owned_by(person(collection.owner)),
            date(collection.created_at),
            texts.private() if collection.private else "",
            quoted(collection.licence, 200) if collection.licence else "",
        )
        lines = [bold(_name(collection)), about, *([texts.learned(models)] if models else [])]
        yield section("\n".join(lines), button=button(texts.export_button(), EXPORT, collection.id))


def _name(collection: Collection) -> str:
    return escape(clip(collection.name, 80))
