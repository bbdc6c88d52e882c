"""The modal *Several settings*: of each setting one value or several."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement, StaticMultiSelectElement
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.errors import Invalid
from bot.jobs.settings import read_setting
from bot.models.trainable import TrainableModel
from bot.providers.protocol import DPO
from bot.sweeps.grid import MOST, RANDOM, values_of
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, OPTION_VALUE, OPTIONS, option, plain, section
from handlers.blocks.text import code, size
from texts import job_inputs
from texts import start as start_texts
from texts import sweeps as texts
from texts.errors import sentence

CALLBACK_ID: Final = "sweep_settings"
_MODEL: Final = "model"
_FEWEST_BEYOND: Final = 2


class Target(msgspec.Struct, frozen=True):
    """What the modal carries: where it was opened, and the training file."""

    channel: str
    dataset: str


def sweep_modal(dataset: Dataset, models: Sequence[TrainableModel], channel: str) -> View:
    """`models`: those that can be trained on the file, at least one."""
    offered = [one for one in models if 0 < size(one.id) <= OPTION_VALUE][:OPTIONS]
    options = [option(one.id, one.id) for one in offered]
    label, hint = texts.models_field()
    blocks: list[Block] = [
        section(texts.about_modal(code(dataset.name))),
        InputBlock(
            block_id=_MODEL,
            label=plain(label, HINT),
            hint=plain(hint, HINT),
            element=StaticMultiSelectElement(action_id=_MODEL, options=options, initial_options=options[:1]),
        ),
        _values("epochs", job_inputs.epochs_input(None)[0], "1, 3"),
        _values("lr", job_inputs.rate_input("")[0], "0.5, 1"),
        _values("batch", job_inputs.batch_input()[0]),
    ]
    if dataset.report is not None and dataset.report.method == DPO:
        blocks.append(_values("beta", job_inputs.beta_input()[0]))
    label, hint = texts.random_field()
    blocks.append(_input(RANDOM, label, hint))
    return modal(
        texts.modal_title(),
        blocks,
        callback_id=CALLBACK_ID,
        submit=texts.show_plan_button(),
        close=start_texts.not_now_button(),
        private_metadata=msgspec.json.encode(Target(channel, dataset.id)).decode(),
    )


def words_in(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """What was filled in, as the command takes it."""
    words = {}
    for block_id, inputs in values.items():
        for entered in inputs.values():
            chosen = entered.get("selected_options")
            text = ",".join(str(one["value"]) for one in chosen) if chosen else str(entered.get("value") or "")
            if text.strip():
                words[block_id] = text.strip()
    return words


def wrong(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    words, said = words_in(values), {}
    for name, some in values_of(words).items():
        try:
            for value in some:
                read_setting(name, value)
        except Invalid as error:
            said[name] = sentence(error)
    draw = words.get(RANDOM)
    if draw is not None and not (draw.isdecimal() and len(draw) < 4 and _FEWEST_BEYOND <= int(draw) <= MOST):
        said[RANDOM] = sentence(Invalid("invalid_random", most=MOST))
    if not said and all(len(some) < _FEWEST_BEYOND for some in values_of(words).values()):
        said["epochs"] = sentence(Invalid("sweep_of_one"))
    return said


def _values(name: str, label: str, initial: str = "") -> InputBlock:
    return _input(name, label, texts.values_hint(), initial)


def _input(name: str, label: str, hint: str, initial: str = "") -> InputBlock:
    return InputBlock(
        block_id=name,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        optional=True,
        element=PlainTextInputElement(action_id=name, initial_value=initial or None, max_length=200),
    )
