"""The list of collections, one of them, and its examples."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from bot.collections.collection import Collection
from bot.collections.views import CollectionPage, CollectionSummary, CollectionView, ExamplePage, ExampleView
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, context, header, line, message, section
from handlers.blocks.text import bold, clip, code, date, escape, link, person, quoted
from texts import audit
from texts import collections as texts
from texts.formats import clauses
from texts.thread_examples import title

EXPORT: Final = "collection_export"
OPEN: Final = "collection_open"
LIST_OLDER: Final = "collections_older"
LIST_NEWER: Final = "collections_newer"
EXAMPLES: Final = "collection_examples"
EXAMPLES_OLDER: Final = "collection_examples_older"
EXAMPLES_NEWER: Final = "collection_examples_newer"
REMOVE: Final = "example_remove"

_GIST: Final = 300


def overview(page: CollectionPage, *, above: str = "") -> Message:
    """`above`: a sentence over the list, as mrkdwn."""
    if not page.found:
        return line(texts.none_here(bold(title())))
    blocks: list[Block] = [section(above)] if above else []
    for one in page.found:
        open_button = button(texts.open_button(), OPEN, one.collection.id)
        blocks.append(section("\n".join(_about(one)), button=open_button))
    if turning := _turning(page.number, page.pages, LIST_OLDER, LIST_NEWER):
        blocks += [actions(*turning), context(texts.page(page.number, page.pages))]
    return message("\n".join(escape(one.collection.name) for one in page.found), blocks)


def several(page: CollectionPage, word: str) -> Message:
    return overview(page, above=texts.choose(code(word)))


def one(view: CollectionView) -> Message:
    collection = view.summary.collection
    lines = _about(view.summary)
    if view.origins:
        lines.append(texts.origins([escape(texts.counted(kind, count)) for kind, count in view.origins.items()]))
    blocks: list[Block] = [section("\n".join(lines))]
    if view.history:
        did = [texts.did(date(done.at), person(done.actor), audit.act(done.action)) for done in view.history]
        blocks.append(context("\n".join([bold(texts.history()), *(f"• {one}" for one in did)])))
    blocks.append(actions(*_buttons(view)))
    blocks.append(context(texts.command_hint(code(f"/finetune datasets {clip(collection.name, 80)}"))))
    return message(escape(collection.name), blocks)


def examples(page: ExamplePage, links: Mapping[str, str]) -> Message:
    """`links` to the threads that examples come from, by the example's id."""
    collection = page.collection
    back = button(texts.back_button(), OPEN, collection.id)
    if not page.found:
        text = texts.no_examples(bold(_name(collection)), bold(title()))
        return message(text, [section(text), actions(back)])
    blocks: list[Block] = [header(texts.examples_of(clip(collection.name, 80), page.count))]
    for shown in page.found:
        blocks += _example(shown, page, links.get(shown.example.id))
    turning = _turning(page.number, page.pages, EXAMPLES_OLDER, EXAMPLES_NEWER, f"{collection.id} ")
    blocks.append(actions(*turning, back))
    if turning:
        blocks.append(context(texts.page(page.number, page.pages)))
    return message(texts.examples_of(_name(collection), page.count), blocks)


def exported(user: str, collection: Collection, count: int) -> Message:
    return line(texts.exported(person(user), bold(_name(collection)), count))


def _about(summary: CollectionSummary) -> list[str]:
    collection, models = summary.collection, [code(model) for model in summary.learned.models]
    if summary.learned.more_models:
        models.append(texts.more_learned(summary.learned.more_models))
    about = clauses(
        texts.size(summary.usable),
        texts.waiting(summary.waiting) if summary.waiting else "",
        texts.owned_by(person(collection.owner)),
        date(collection.created_at),
        texts.private() if collection.private else "",
        quoted(collection.licence, 200) if collection.licence else "",
    )
    return [bold(_name(collection)), about, *([texts.learned(models)] if models else [])]


def _buttons(view: CollectionView) -> Iterator[ButtonElement]:
    """What can be done with a collection."""
    id = view.summary.collection.id
    yield button(texts.examples_button(), EXAMPLES, f"{id} 1")
    yield button(texts.export_button(), EXPORT, id)
    yield button(texts.all_button(), LIST_OLDER, "1")


def _example(shown: ExampleView, page: ExamplePage, link_to_thread: str | None) -> Iterator[Block]:
    example, gist = shown.example, shown.gist
    lines = [texts.asks(quoted(gist.question, _GIST))]
    if gist.rejected is None:
        lines.append(texts.answers(quoted(gist.answer, _GIST)))
    else:
        lines += [texts.preferred(quoted(gist.answer, _GIST)), texts.rejected(quoted(gist.rejected, _GIST))]
    asked = confirm(texts.remove_title(), texts.remove_question(), texts.remove_button(), texts.keep_button())
    removal = button(texts.remove_button(), REMOVE, f"{page.collection.id} {page.number} {example.id}", confirm=asked)
    yield section("\n".join(lines), button=removal if shown.may_remove else None)
    models = [code(model) for model in shown.learned.models]
    if shown.learned.more_models:
        models.append(texts.more_learned(shown.learned.more_models))
    about = clauses(
        link(link_to_thread, escape(texts.origin(example.origin))),
        texts.added_by(person(example.added_by)),
        date(example.added_at),
    )
    waits = [texts.waits_for([person(user) for user in shown.waits_for])] if shown.waits_for else []
    yield context("\n".join([about, *waits, *([texts.learned(models)] if models else [])]))


def _turning(number: int, pages: int, older: str, newer: str, before: str = "") -> Sequence[ButtonElement]:
    """Buttons to the pages beside; their values are `before` and the page's number."""
    turning = []
    if number > 1:
        turning.append(button(texts.newer_button(), newer, f"{before}{number - 1}"))
    if number < pages:
        turning.append(button(texts.older_button(), older, f"{before}{number + 1}"))
    return turning


def _name(collection: Collection) -> str:
    return escape(clip(collection.name, 80))
