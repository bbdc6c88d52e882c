"""What can be trained, and what was trained: the answer to `/finetune models`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from bot.models.model import FineTunedModel
from bot.models.trainable import TrainableModel
from handlers.blocks.help import HELP
from handlers.blocks.message import Message
from handlers.blocks.model_name import MODEL_SEARCH, chat_button, export_button
from handlers.blocks.parts import VALUE, actions, button, context, line, message, search_menu, section
from handlers.blocks.text import bold, code, date, person, quoted, size
from texts import help as help_texts
from texts import models as texts
from texts.formats import full_day, listed, money

ASK: Final = "chat_ask"
ASK_SEARCH: Final = "chat_ask_search"

_BASE_SHOWN: Final = 20
TUNED_SHOWN: Final = 12


def model_list(
    base: Sequence[TrainableModel],
    fine_tuned: Sequence[FineTunedModel],
    learned_from: Mapping[str, Sequence[str]] = MappingProxyType({}),
    *,
    several: bool = False,
) -> Message:
    """Fine-tuned models (in the order to show them, 12 at most), a button to talk to each; then base models.
    `learned_from`: the names of a model's training sets. `several`: there are several providers, so that each is
    named."""
    blocks: list[Block] = [section(bold(texts.fine_tuned_models()))]
    if not fine_tuned:
        blocks.append(section(texts.none_yet()))
    for model in fine_tuned[:TUNED_SHOWN]:
        blocks.append(_tuned(model, learned_from.get(model.id, ()), model.provider if several else ""))
        if model.exportable and (away := export_button(model.id)) is not None:
            blocks.append(actions(away))
    blocks += _left(len(fine_tuned))
    blocks.append(section("\n".join([bold(texts.base_models()), *_base(base)])))
    return message(texts.counts(len(fine_tuned), len(base)), blocks)


def model_choice(word: str, names: Mapping[str, str]) -> Message:
    """The models (ids and what they are called, 12 at most) that `word` may mean, or any for "", with a button to talk
    to each, and a menu to search all of them, base models too."""
    text = texts.could_be(code(word, 80)) if word else bold(texts.which_to_talk_to())
    shown: list[Block] = [section(_name(model, names[model]), button=chat_button(model)) for model in _first(names)]
    menu = actions(search_menu(MODEL_SEARCH, texts.search_models()))
    return message(text, [section(text), *shown, *_left(len(names)), menu])


def model_choice_for(question_ts: str, names: Mapping[str, str]) -> Message:
    """Like `model_choice`, for a question that stands already: the model that is chosen is asked that. Who said it may
    have meant the bot, so they are told what they can do with that, too; ids stand only where a name is shared."""
    text = bold(texts.which_to_ask())
    often = Counter(names.values())
    shown: list[Block] = [
        section(
            _name(model, names[model]) if often[names[model]] > 1 else code(names[model], 120),
            button=_ask(question_ts, model),
        )
        for model in _first(names)
    ]
    everything = help_texts.all_commands_button()
    ways_on = actions(
        search_menu(ASK_SEARCH, texts.search_models()),
        button(everything, HELP, "help"),
        block_id=question_ts,  # a menu's values have no room for it
    )
    blocks = [section(text), *shown, *_left(len(names)), ways_on, context(texts.or_train(bold(everything)))]
    return message(text, blocks)


def _ask(question_ts: str, model: str) -> ButtonElement | None:
    value = f"{question_ts} {model}"
    return button(texts.ask_button(), ASK, value) if size(value) <= VALUE else None


def models_allowed(by: str, models: Sequence[str]) -> Message:
    """Which may be talked to in this channel; all where none are named."""
    text = texts.allowed_here(person(by), listed([code(model, 200) for model in models])) if models else ""
    return line(text or texts.all_allowed_here(person(by)))


def _first(names: Mapping[str, str]) -> list[str]:
    return list(names)[:TUNED_SHOWN]


def _left(count: int) -> list[Block]:
    left = count - TUNED_SHOWN
    return [context(texts.more_fine_tuned(left))] if left > 0 else []


def _name(model: str, name: str) -> str:
    """The name, and the id where that is another: in a list several may share a name."""
    return code(name, 120) if name == model else f"{code(name, 120)} · {code(model, 200)}"


def _tuned(model: FineTunedModel, learned_from: Sequence[str], provider: str) -> Block:
    facts = [texts.made_from(code(model.base_model, 80)), *([quoted(provider, 40)] if provider else [])]
    if model.owner:
        who = person(model.owner)
        facts.append(texts.kept_by(who) if model.kept else who)
    if model.created_at is not None:
        facts.append(date(model.created_at))
    if model.shutdown_date:
        facts.append(texts.stops_answering(full_day(model.shutdown_date)))
    if learned_from:
        facts.append(texts.learned_from([code(name, 80) for name in learned_from]))
    return section(f"{_name(model.id, model.name)}\n{' · '.join(facts)}", button=chat_button(model.id))


def _base(base: Sequence[TrainableModel]) -> list[str]:
    if not base:
        return [texts.no_base_models()]
    lines = [f"• {code(model.id, 80)} · {quoted(model.provider, 40)} · {_price(model)}" for model in base[:_BASE_SHOWN]]
    left = len(base) - _BASE_SHOWN
    return [*lines, texts.more_base(left)] if left > 0 else lines


def _price(model: TrainableModel) -> str:
    price = money(model.price_per_million)
    return texts.price(price) if model.price_per_million else price
