"""The modal of *Split*: how much is kept for validation, and the seed."""

from collections.abc import Mapping
from typing import Final

import msgspec
from slack_sdk.models.blocks import InputBlock, NumberInputElement
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from handlers.blocks.modals import modal
from handlers.blocks.parts import HINT, plain, section
from handlers.blocks.text import code
from texts.datasets import report as report_texts
from texts.datasets import split_modal as texts

CALLBACK_ID: Final = "split"
LEAST: Final = 5
MOST: Final = 30
USUAL: Final = 10
_SEED: Final = 42
_HIGHEST_SEED: Final = 2**31 - 1


class Place(msgspec.Struct, frozen=True):
    """What the modal carries: where it was asked for, and the id of the data set."""

    channel: str
    dataset: str


def split_modal(dataset: Dataset, channel: str) -> View:
    examples = report_texts.examples(dataset.report.examples if dataset.report else 0)
    share, share_hint = texts.share_input(LEAST, MOST, USUAL)
    seed, seed_hint = texts.seed_input()
    blocks = [
        section(texts.about_splitting(code(dataset.name), examples)),
        InputBlock(
            block_id="share",
            label=plain(share, HINT),
            element=NumberInputElement(
                action_id="share",
                is_decimal_allowed=False,
                min_value=str(LEAST),
                max_value=str(MOST),
                initial_value=str(USUAL),
            ),
            hint=plain(share_hint, HINT),
        ),
        InputBlock(
            block_id="seed",
            label=plain(seed, HINT),
            element=NumberInputElement(
                action_id="seed", is_decimal_allowed=False, min_value="0", initial_value=str(_SEED)
            ),
            hint=plain(seed_hint, HINT),
        ),
    ]
    return modal(
        report_texts.split_button(),
        blocks,
        callback_id=CALLBACK_ID,
        submit=report_texts.split_button(),
        close=texts.not_now_button(),
        private_metadata=msgspec.json.encode(Place(channel, dataset.id)).decode(),
    )


def read_split(values: Mapping[str, Mapping[str, Mapping[str, object]]]) -> tuple[float, int] | dict[str, str]:
    """Share (of 1) and seed, or a sentence for each field that is wrong, by block_id."""
    percent, seed = _whole(values, "share"), _whole(values, "seed")
    errors = {}
    if percent is None or not LEAST <= percent <= MOST:
        errors["share"] = texts.whole_number(LEAST, MOST)
    if seed is None or not 0 <= seed <= _HIGHEST_SEED:
        errors["seed"] = texts.whole_number(0, _HIGHEST_SEED)
    if errors or percent is None or seed is None:
        return errors
    return percent / 100, seed


def _whole(values: Mapping[str, Mapping[str, Mapping[str, object]]], name: str) -> int | None:
    text = str(values.get(name, {}).get(name, {}).get("value") or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None
