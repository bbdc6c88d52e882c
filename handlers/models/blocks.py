"""What can be trained, and what was trained: the answer to `/finetune models`."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.models.model import FineTunedModel
from bot.models.names import short_name
from bot.models.trainable import TrainableModel
from handlers.blocks.message import Message
from handlers.blocks.model_name import chat_button, named
from handlers.blocks.parts import context, message, section
from handlers.blocks.text import code, counted, date, person, quoted
from texts.formats import money

_BASE_SHOWN: Final = 20
_TUNED_SHOWN: Final = 12


def model_list(base: Sequence[TrainableModel], fine_tuned: Sequence[FineTunedModel]) -> Message:
    """Fine-tuned models (in the order to show them, 12 at most), a button to talk to each; then base models."""
    blocks: list[Block] = [section("*Fine-tuned models*")]
    if not fine_tuned:
        blocks.append(section("None yet. Drop a training file into a channel that I am in to make the first."))
    blocks += [_tuned(model) for model in fine_tuned[:_TUNED_SHOWN]]
    left = len(fine_tuned) - _TUNED_SHOWN
    if left > 0:
        blocks.append(context(f"And {counted(left, 'more', 'more')}. `/finetune chat MODEL` opens any of them."))
    blocks.append(section("\n".join(["*Base models that can be trained*", *_base(base)])))
    count = counted(len(fine_tuned), "fine-tuned model")
    return message(f"{count}, {counted(len(base), 'base model')} that can be trained", blocks)


def model_choice(word: str, models: Sequence[str]) -> Message:
    """The models (ids, 12 at most) that `word` may mean, or any for "", with a button to talk to each."""
    text = f"{code(word, 80)} could be any of these:" if word else "*Which model do you want to talk to?*"
    blocks: list[Block] = [section(text)]
    for model in models[:_TUNED_SHOWN]:
        blocks.append(section(_names(model), button=chat_button(model)))
    left = len(models) - _TUNED_SHOWN
    if left > 0:
        blocks.append(context(f"And {counted(left, 'more', 'more')}. `/finetune chat MODEL` opens any of them."))
    return message(text, blocks)


def _names(model: str) -> str:
    """The short name, and the id where that is another: in a list several may share a short name."""
    return named(model) if short_name(model) == model else f"{named(model)} · {code(model, 200)}"


def _tuned(model: FineTunedModel) -> Block:
    facts = [f"from {code(model.base_model, 80)}"]
    if model.owner:
        facts.append(person(model.owner))
    if model.created_at is not None:
        facts.append(date(model.created_at))
    if model.shutdown_date:
        facts.append(f"stops answering on {quoted(model.shutdown_date, 20)}")
    return section(f"{_names(model.id)}\n{' · '.join(facts)}", button=chat_button(model.id))


def _base(base: Sequence[TrainableModel]) -> list[str]:
    if not base:
        return ["None: no provider offers one. An administrator can set one up in the settings."]
    lines = [f"• {code(model.id, 80)} · {quoted(model.provider, 40)} · {_price(model)}" for model in base[:_BASE_SHOWN]]
    left = len(base) - _BASE_SHOWN
    return [*lines, f"And {counted(left, 'more', 'more')}."] if left > 0 else lines


def _price(model: TrainableModel) -> str:
    price = money(model.price_per_million)
    return f"{price} per million tokens" if model.price_per_million else price
