"""The list of collections, one of them, and its examples."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
from slack_sdk.models.blocks import Block, ButtonElement

from bot.collections.collection import Collection
from bot.collections.gist import gist
from bot.collections.selection import Filter, Selection
from bot.collections.views import CollectionPage, CollectionSummary, CollectionView, ExamplePage, ExampleView
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, context, header, line, message, section
from handlers.blocks.retraining import next_model_button, schedule_button
from handlers.blocks.text import bold, clip, code, date, link, person, quoted
from handlers.collections import forms
from texts import audit
from texts import collections as texts
from texts.formats import clauses
from texts.thread_examples import shortcut

EXPORT: Final = "collection_export"
OPEN: Final = "collection_open"
LIST_OLDER: Final = "collections_older"
LIST_NEWER: Final = "collections_newer"
EXAMPLES: Final = "collection_examples"
QUEUE: Final = "collection_queue"
EXAMPLES_OLDER: Final = "collection_examples_older"
EXAMPLES_NEWER: Final = "collection_examples_newer"
REMOVE: Final = "example_remove"
ACCEPT: Final = "example_accept"
REJECT: Final = "example_reject"
REVIEW: Final = "collection_review"
SPLIT_OFF: Final = "collection_filter_move"
REMOVE_SELECTED: Final = "collection_filter_remove"

_GIST: Final = 300
_LINE: Final = 150
_SHOWN: Final = 5
_ALL: Final = "all"
_UNREVIEWED: Final = "unreviewed"
_ON: Final = "on"


class Picked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the buttons below a selection carry: of which collection, by which filter, as it was seen. `name`: of a new
    collection for it."""

    collection_id: str
    by: Filter
    version: str
    name: str = ""


def read_picked(value: str) -> Picked:
    return msgspec.json.decode(value, type=Picked)


class Spot(msgspec.Struct, frozen=True):
    """A page of a collection's examples, or of those that are `unreviewed`; on it an example, as it was seen."""

    collection_id: str
    number: int = 1
    unreviewed: bool = False
    example_id: str = ""
    version: str = ""

    @property
    def value(self) -> str:
        """What a button carries."""
        which = _UNREVIEWED if self.unreviewed else _ALL
        return " ".join([self.collection_id, str(self.number), which, self.example_id, self.version]).rstrip()


def read_spot(value: str) -> Spot:
    collection_id, number, which, *example = value.split()
    return Spot(collection_id, int(number), which == _UNREVIEWED, *example)


def read_review(value: str) -> tuple[str, bool]:
    """The collection, and whether it is to require review."""
    collection_id, review = value.split()
    return collection_id, review == _ON


def overview(page: CollectionPage, *, above: str = "") -> Message:
    """`above`: a sentence over the list, as mrkdwn."""
    if not page.found:
        return line(texts.none_here(bold(shortcut())))
    blocks: list[Block] = [section(above)] if above else []
    for one in page.found:
        open_button = button(texts.open_button(), OPEN, one.collection.id)
        blocks.append(section("\n".join(_about(one)), button=open_button))
    if turning := _turning(page.number, page.pages, (LIST_NEWER, LIST_OLDER), str):
        blocks += [actions(*turning), context(texts.page(page.number, page.pages))]
    return message("\n".join(_name(one.collection) for one in page.found), blocks)


def several(page: CollectionPage, word: str) -> Message:
    return overview(page, above=texts.choose(code(word)))


def one(view: CollectionView) -> Message:
    collection = view.summary.collection
    lines = _about(view.summary)
    if view.origins:
        lines.append(texts.origins([quoted(texts.counted(kind, count)) for kind, count in view.origins.items()]))
    if collection.review:
        lines.append(texts.review_required())
    blocks: list[Block] = [section("\n".join(lines))]
    if view.history:
        did = [
            texts.did(date(one.at), person(one.actor), quoted(audit.act(one.action)), one.times) for one in view.history
        ]
        blocks.append(context("\n".join([bold(texts.history()), *(f"• {one}" for one in did)])))
    blocks.append(actions(*_buttons(view)))
    if view.may_change:
        blocks.append(actions(*_changes(collection)))
    blocks.append(context(texts.command_hint(code(f"/finetune datasets {clip(collection.name, 200)}", 250))))
    return message(_name(collection), blocks)


def examples(page: ExamplePage, links: Mapping[str, str]) -> Message:
    """`links` to the threads that examples come from, by the example's id."""
    collection = page.collection
    back = button(texts.back_button(), OPEN, collection.id)
    if not page.found:
        name = bold(_name(collection))
        text = texts.none_unreviewed(name) if page.unreviewed else texts.no_examples(name, bold(shortcut()))
        return message(text, [section(text), actions(back)])
    heading = texts.unreviewed_of if page.unreviewed else texts.examples_of
    blocks: list[Block] = [header(heading(clip(collection.name, 80), page.count))]
    here = Spot(collection.id, page.number, page.unreviewed)
    for shown in page.found:
        blocks += _example(shown, here, links.get(shown.example.id))
    turning = _turning(
        page.number,
        page.pages,
        (EXAMPLES_NEWER, EXAMPLES_OLDER),
        lambda number: msgspec.structs.replace(here, number=number).value,
    )
    blocks.append(actions(*turning, back))
    if turning:
        blocks.append(context(texts.page(page.number, page.pages)))
    return message(heading(_name(collection), page.count), blocks)


def selection(found: Selection, by: Filter, name: str) -> Message:
    """`name`: of a new collection for what was found, if one was given."""
    collection, count = found.collection, len(found.examples)
    back = button(texts.back_button(), OPEN, collection.id)
    if not found.examples:
        text = texts.none_selected(bold(_name(collection)))
        return message(text, [section(text), actions(back)])
    heading = texts.selected(bold(_name(collection)), count, found.of)
    shown = [quoted(gist(example.line).question, _LINE) for example in found.examples[:_SHOWN]]
    lines = [heading, *(f"• {one}" for one in shown)]
    if count > _SHOWN:
        lines.append(texts.and_more(count - _SHOWN))
    carried = msgspec.json.encode(Picked(collection.id, by, found.version, name)).decode()
    sure = confirm(
        texts.remove_selected_title(),
        texts.remove_selected_question(count),
        texts.remove_selected_button(),
        texts.keep_button(),
    )
    move = [button(texts.split_button(name), SPLIT_OFF, carried, style="primary")] if name else []
    remove = button(texts.remove_selected_button(), REMOVE_SELECTED, carried, style="danger", confirm=sure)
    return message(heading, [section("\n".join(lines)), actions(*move, remove, back)])


def exported(user: str, collection: Collection, count: int) -> Message:
    return line(texts.exported(person(user), bold(_name(collection)), count))


def _about(summary: CollectionSummary) -> list[str]:
    collection, models = summary.collection, [code(model) for model in summary.learned.models]
    if summary.learned.more_models:
        models.append(texts.more_learned(summary.learned.more_models))
    about = clauses(
        texts.size(summary.usable),
        texts.waiting(summary.waiting) if summary.waiting else "",
        texts.unreviewed(summary.unreviewed) if summary.unreviewed else "",
        texts.owned_by(person(collection.owner)),
        date(collection.created_at),
        texts.private() if collection.private else "",
    )
    licence = texts.licence(quoted(collection.licence, 200)) if collection.licence else ""
    return [bold(_name(collection)), *filter(None, (about, licence, texts.learned(models) if models else ""))]


def _buttons(view: CollectionView) -> Iterator[ButtonElement]:
    """What can be done with a collection."""
    collection = view.summary.collection
    yield button(texts.examples_button(), EXAMPLES, Spot(collection.id).value)
    if view.summary.unreviewed:
        queue = Spot(collection.id, unreviewed=True).value
        yield button(texts.queue_button(view.summary.unreviewed), QUEUE, queue, style="primary")
    yield button(texts.export_button(), EXPORT, collection.id)
    yield next_model_button(collection.id)
    yield schedule_button(collection.id)
    yield button(texts.all_button(), LIST_OLDER, "1")


def _changes(collection: Collection) -> Iterator[ButtonElement]:
    """For those who may change it."""
    yield button(texts.describe_button(), forms.DESCRIBE, collection.id)
    if collection.review:
        yield button(texts.require_no_review_button(), REVIEW, f"{collection.id} off")
    else:
        yield button(texts.require_review_button(), REVIEW, f"{collection.id} {_ON}")
    yield button(texts.filter_button(), forms.FILTER, collection.id)
    yield button(texts.merge_button(), forms.MERGE, collection.id)


def _example(shown: ExampleView, here: Spot, link_to_thread: str | None) -> Iterator[Block]:
    example, about = shown.example, shown.gist
    lines = [texts.asks(quoted(about.question, _GIST))]
    if about.rejected is None:
        lines.append(texts.answers(quoted(about.answer, _GIST)))
    else:
        lines += [texts.preferred(quoted(about.answer, _GIST)), texts.rejected(quoted(about.rejected, _GIST))]
    spot = msgspec.structs.replace(here, example_id=example.id, version=example.version).value
    removal = confirm(texts.remove_title(), texts.remove_question(), texts.remove_button(), texts.keep_button())
    remove = button(texts.remove_button(), REMOVE, spot, confirm=removal)
    yield section("\n".join(lines), button=remove if shown.may_remove and not shown.may_review else None)
    models = [code(model) for model in shown.learned.models]
    if shown.learned.more_models:
        models.append(texts.more_learned(shown.learned.more_models))
    came = clauses(
        link(link_to_thread, quoted(texts.origin(example.origin))),
        texts.added_by(person(example.added_by)),
        date(example.added_at),
        texts.accepted_by(person(example.reviewer)) if example.reviewer else "",
    )
    said = [
        came,
        texts.waits_for([person(user) for user in shown.waits_for]) if shown.waits_for else "",
        texts.waits_for_review() if example.unreviewed else "",
        texts.learned(models) if models else "",
    ]
    yield context("\n".join(filter(None, said)))
    if shown.may_review:
        rejection = confirm(texts.reject_title(), texts.reject_question(), texts.reject_button(), texts.keep_button())
        yield actions(
            button(texts.accept_button(), ACCEPT, spot, style="primary"),
            button(texts.reject_button(), REJECT, spot, confirm=rejection),
        )


def _turning(number: int, pages: int, ids: tuple[str, str], value: Callable[[int], str]) -> list[ButtonElement]:
    """Buttons to the pages beside; `ids` of the one to newer things and of the one to older."""
    newer, older = ids
    turning = []
    if number > 1:
        turning.append(button(texts.newer_button(), newer, value(number - 1)))
    if number < pages:
        turning.append(button(texts.older_button(), older, value(number + 1)))
    return turning


def _name(collection: Collection) -> str:
    return quoted(collection.name, 80)
