"""The preview of an example that is made of a thread, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, cast

import msgspec
from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.collections.withdrawal import Contribution
from bot.models.names import short_name
from bot.thread_examples.adding import Added, Choice, Place
from bot.thread_examples.draft import Draft, DraftTurn, Role
from handlers.blocks import parts
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, actions, button, confirm, context, divider, mrkdwn, option, plain, section
from handlers.blocks.text import bold, clip, code, code_block, escape, person, pieces, quoted
from texts import thread_examples as texts
from texts.formats import sentences
from training_files.masking import MaskedTexts

SHORTCUT: Final = "add_to_training_set"
PREVIEW: Final = "thread_example"
OPTIONS: Final = "thread_example_options"
ROLE: Final = "thread_example_role"
AGREE: Final = "private_words_agree"
DISAGREE: Final = "private_words_disagree"
WITHDRAW: Final = "contribution_withdraw"

_COLLECTION: Final = "collection"
_NAME: Final = "name"
_SYSTEM: Final = "system"
_NEW: Final = "new"
_MASK: Final = "mask"
_SHOW: Final = "show"
_MOST_SHOWN: Final = 40
_INPUT: Final = 3_000  # characters of a text input


class Preview(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the modal carries along. `turns`: the id of each, and whose words it is. `version` counts how often the
    fields were filled: a field keeps what was typed as long as its block_id stays."""

    channel: str
    place: Place
    turns: tuple[tuple[str, tuple[str, ...]], ...]
    conversation: bool = False
    masked: bool = True
    version: int = 0


class Entered(msgspec.Struct, frozen=True):
    """What stands in the modal now."""

    preview: Preview
    system: str
    turns: tuple[DraftTurn, ...]
    collection: str | None
    name: str
    mask: bool
    show: bool


def preview_modal(
    draft: Draft,
    found: MaskedTexts | None,
    preview: Preview,
    collections: Sequence[Choice],
    *,
    me: str,
    collection: str | None = None,
    name: str = "",
    show: bool = False,
) -> View:
    """`found`: what was masked in the draft; None where nothing is to be. `me`: who is looking."""
    return modal(
        texts.title(),
        [
            section(sentences(texts.intro(), texts.goes_up_to_chosen())),
            *_notes(draft, preview, me),
            *_where(collections, collection, name),
            *_masking(found, show=show),
            *_turns(draft, preview),
        ],
        callback_id=PREVIEW,
        submit=texts.add_button(),
        private_metadata=msgspec.json.encode(preview).decode(),
    )


def read(view: Mapping[str, Any]) -> Entered:
    """What was typed and chosen so far."""
    preview = msgspec.json.decode(view["private_metadata"], type=Preview)
    values: dict[str, dict[str, dict[str, Any]]] = (view.get("state") or {}).get("values") or {}
    entered = {block_id: next(iter(inputs.values()), {}) for block_id, inputs in values.items()}

    def text(block_id: str) -> str:
        return cast(str, entered.get(block_id, {}).get("value") or "")

    def chosen(block_id: str) -> str:
        return cast(str, (entered.get(block_id, {}).get("selected_option") or {}).get("value") or "")

    ticked = {one["value"] for one in entered.get(OPTIONS, {}).get("selected_options") or ()}
    turns = []
    for id, users in preview.turns:
        pieces: list[str] = []
        while (block_id := _text_block(id, len(pieces), preview.version)) in entered:
            pieces.append(text(block_id))
        role = chosen(f"role/{id}/{preview.version}") or Role.LEFT_OUT
        turns.append(DraftTurn(id, Role(role), "".join(pieces), users))
    collection = chosen(_COLLECTION)
    return Entered(
        preview,
        text(f"{_SYSTEM}/{preview.version}"),
        tuple(turns),
        None if collection in ("", _NEW) else collection,
        text(_NAME).strip(),
        _MASK in ticked,
        _SHOW in ticked,
    )


def field_of(turn_id: str | None, preview: Preview) -> str | None:
    """The block below which it is said what is wrong with a turn."""
    if turn_id == _SYSTEM:
        return f"{_SYSTEM}/{preview.version}"
    return None if turn_id is None else _text_block(turn_id, 0, preview.version)


def added(done: Added, *, masked: bool) -> Message:
    said = [
        texts.added(bold(escape(done.collection.name)), done.size),
        "" if masked else texts.not_while_masked_off(),
        texts.waits_for([person(user) for user in done.waits_for]) if done.waits_for else "",
        texts.waits_for_review() if done.review else "",
        texts.can_withdraw(code("/finetune withdraw")),
    ]
    return parts.line(sentences(*said))


class Agreement(msgspec.Struct, frozen=True):
    """What a button below the question carries: who added the example, where to, and who is asked."""

    by: str
    collection: str
    people: tuple[str, ...]


def agreement(by: str, collection: str, people: Sequence[str], answers: Mapping[str, bool]) -> Message:
    """Asks those whose private words were added, in their channel. `answers`: what was said so far."""
    name = bold(escape(clip(collection, 80)))
    lines = [texts.asks_to_agree(person(by), name, [person(user) for user in people])]
    for text, said in ((texts.agreed, True), (texts.disagreed, False)):
        who = [person(user) for user in people if answers.get(user) is said]
        if who:
            lines.append(text(who))
    carried = msgspec.json.encode(Agreement(by, collection[:80], tuple(people)[:30])).decode()
    asked: list[Block] = [section("\n".join(lines))]
    if any(user not in answers for user in people):
        yes = button(texts.agree_button(), AGREE, carried, style="primary")
        asked.append(actions(yes, button(texts.disagree_button(), DISAGREE, carried)))
    return parts.message("\n".join(lines), asked)


def read_agreement(value: str) -> Agreement:
    return msgspec.json.decode(value, type=Agreement)


def contribution(found: Contribution, *, me: str) -> Message:
    """What somebody contributed, and the button to take it back."""
    if not found:
        text = texts.nothing_contributed() if found.user == me else texts.they_contributed_nothing(person(found.user))
        return parts.line(text)
    lines = []
    if found.examples:
        sets = [
            texts.in_collection(bold(escape(name)) if name else texts.elsewhere(), n) for name, n in found.collections
        ]
        whose = texts.you_contributed if found.user == me else partial(texts.they_contributed, person(found.user))
        lines += [whose(found.examples), *(f"• {one}" for one in sets), *_learned(found)]
    if found.ratings or found.votes:
        lines.append(texts.opinions(found.ratings, found.votes))
    if found.threads:
        lines.append(texts.threads_written_from(found.threads))
    sure = confirm(
        texts.withdraw_title(), texts.withdraw_question(found.examples), texts.withdraw_button(), texts.keep_button()
    )
    take_back = button(texts.withdraw_button(), WITHDRAW, found.user, style="danger", confirm=sure)
    text = "\n".join(lines)
    return parts.message(text, [section(text), actions(take_back)])


def withdrawn(gone: Contribution, *, me: str) -> Message:
    if not gone:
        return contribution(gone, me=me)
    examples = [texts.withdrawn(gone.examples), *_learned(gone)] if gone.examples else []
    opinions = [texts.opinions_withdrawn()] if gone.ratings or gone.votes else []
    threads = [texts.threads_forgotten(gone.threads)] if gone.threads else []
    return parts.line("\n".join([*examples, *opinions, *threads]))


def _learned(found: Contribution) -> Iterator[str]:
    """What the examples have gone into already, from which nothing takes them out."""
    if not (found.learned.models or found.learned.more_models):
        yield texts.no_model_learned()
    if found.learned.models:
        yield texts.models_learned([code(model) for model in found.learned.models])
    if found.learned.more_models:
        yield texts.hidden_models_learned(found.learned.more_models)
    if found.learned.files:
        yield texts.files_hold([code(name) for name in found.learned.files])
    if found.learned.more_files:
        yield texts.hidden_files_hold(found.learned.more_files)


def _notes(draft: Draft, preview: Preview, me: str) -> Iterator[Block]:
    notes = []
    if draft.left_out:
        notes.append(texts.older_left_out(draft.left_out))
    if draft.why:
        notes.append(texts.not_read_to_the_end(code(draft.why)))
    if preview.place.private:
        others = [person(user) for user in draft.contributors if user != me]
        notes.append(texts.private_needs_agreement(others))
    if notes:
        yield context(sentences(*notes))


def _where(collections: Sequence[Choice], collection: str | None, name: str) -> Iterator[Block]:
    new = option(texts.new_collection(), _NEW)
    options = [*(option(one.name, one.id) for one in collections[: parts.OPTIONS - 1]), new]
    chosen = next((one for one in options if one.value == collection), options[0])
    yield InputBlock(
        block_id=_COLLECTION,
        label=plain(texts.collection_label(), HINT),
        element=StaticSelectElement(action_id=_COLLECTION, options=options, initial_option=chosen),
    )
    yield InputBlock(
        block_id=_NAME,
        label=plain(texts.name_label(), HINT),
        hint=plain(texts.name_hint(), HINT) if collections else None,
        element=PlainTextInputElement(
            action_id=_NAME, max_length=80, initial_value=name or (None if collections else texts.default_name())
        ),
        optional=True,
    )


def _masking(found: MaskedTexts | None, *, show: bool) -> Iterator[Block]:
    mask = option(texts.mask_option(), _MASK, texts.mask_description())
    shown = option(texts.show_option(), _SHOW)
    ticked: list[Option] = [one for one, is_on in ((mask, found is not None), (shown, show)) if is_on]
    yield actions(
        CheckboxesElement(action_id=OPTIONS, options=[mask, shown], initial_options=ticked or None), block_id=OPTIONS
    )
    if found is None:
        return
    counts = [texts.counted(kind, count) for kind, count in found.counts.items()]
    yield context(sentences(texts.masked(counts) if counts else texts.nothing_masked(), texts.not_found_by_shape()))
    if show and found.masks:
        lines = [f"{code(one.placeholder)} {escape(clip(one.original, 100))}" for one in found.masks[:_MOST_SHOWN]]
        yield section("\n".join(lines))


def _turns(draft: Draft, preview: Preview) -> Iterator[Block]:
    roles = {role: option(texts.role(role), role.value) for role in Role}
    yield InputBlock(
        block_id=f"{_SYSTEM}/{preview.version}",
        label=plain(texts.system_label(), HINT),
        element=PlainTextInputElement(
            action_id=_SYSTEM, multiline=True, max_length=_INPUT, initial_value=draft.system[:_INPUT] or None
        ),
        optional=True,
    )
    for number, turn in enumerate(draft.turns, 1):
        by_model = draft.model is not None and turn.name == draft.model
        said = texts.said_by_model if by_model else texts.said_by
        name = short_name(turn.name) or next((name for user in turn.users for name in draft.people.get(user, ())), "?")
        yield divider()
        yield SectionBlock(
            block_id=f"role/{turn.id}/{preview.version}",
            text=mrkdwn(said(bold(quoted(name, 80)))),
            accessory=StaticSelectElement(
                action_id=ROLE, options=list(roles.values()), initial_option=roles[turn.role]
            ),
        )
        if turn.message is not None:
            yield section(code_block(msgspec.json.format(msgspec.json.encode(turn.message)).decode(), 2_500))
            continue
        for place, part in enumerate(pieces(turn.content, _INPUT)):
            label = texts.goes_on_label(number) if place else texts.text_label(number)
            yield InputBlock(
                block_id=_text_block(turn.id, place, preview.version),
                label=plain(label, HINT),
                element=PlainTextInputElement(
                    action_id="text", multiline=True, max_length=_INPUT, initial_value=part or None
                ),
                optional=True,
            )


def _text_block(turn_id: str, place: int, version: int) -> str:
    return f"text/{turn_id}/{place}/{version}"
