"""What nobody has used for a while, with a button to delete it for those who may: it asks first."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from bot.unused import Unused, UnusedFile, UnusedModel
from handlers.blocks.deletion import ASK_DATASET, ASK_MODEL
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import VALUE, button, context, line, message, section
from handlers.blocks.text import bold, code, date, person, size
from texts import deletion, models
from texts import retirement as texts

_SHOWN: Final = 10


def unused(found: Unused) -> Message:
    if not found.models and not found.files:
        return line(texts.all_used(found.days))
    blocks: list[Block] = []
    headings = []
    if found.models:
        headings.append(texts.unused_models(len(found.models), found.days))
        blocks += [section(bold(headings[-1])), *map(_model, found.models[:_SHOWN]), *_more(found.models)]
    if found.files:
        headings.append(texts.unused_files(len(found.files), found.days))
        blocks += [section(bold(headings[-1])), *map(_file, found.files[:_SHOWN]), *_more(found.files)]
    return message(" · ".join(headings), blocks)


def _more(found: Sequence[object]) -> list[Block]:
    return [context(texts.more(len(found) - _SHOWN))] if len(found) > _SHOWN else []


def _model(unused: UnusedModel) -> Block:
    model = unused.model
    facts = [models.made_from(code(model.base_model, 80))]
    if model.owner:
        facts.append(person(model.owner))
    if unused.current:
        facts.append(texts.current_somewhere())
    if unused.repeated:
        facts.append(texts.evaluated_somewhere())
    facts.append(_when(unused.last_used_at, model.created_at))
    name = code(model.name, 120) if model.given_name else named(model.id)
    delete = _delete(ASK_MODEL, model.id) if unused.may_delete else None
    return section(f"{name}\n{' · '.join(filter(None, facts))}", button=delete)


def _file(unused: UnusedFile) -> Block:
    file = unused.dataset
    trained = texts.trained([named(model) for model in unused.models]) if unused.models else texts.no_model_from_it()
    facts = [person(file.owner), trained, _when(unused.last_used_at, file.created_at)]
    delete = _delete(ASK_DATASET, file.id) if unused.may_delete else None
    return section(f"{code(file.name)}\n{' · '.join(filter(None, facts))}", button=delete)


def _when(last_used_at: float | None, made_at: float | None) -> str:
    if last_used_at is not None:
        return texts.last_used(date(last_used_at), [])
    return texts.made_on(date(made_at)) if made_at else texts.never_used()


def _delete(action_id: str, value: str) -> ButtonElement | None:
    return button(deletion.delete_button(), action_id, value) if 0 < size(value) <= VALUE else None
