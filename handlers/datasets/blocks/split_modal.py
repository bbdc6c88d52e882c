"""The window of *Split*: how much is kept for validation, and the seed."""

from collections.abc import Mapping
from typing import Final

import msgspec
from slack_sdk.models.blocks import InputBlock, NumberInputElement
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from handlers.blocks.modals import window
from handlers.blocks.parts import HINT, plain, section
from handlers.blocks.text import code, counted

TITLE: Final = "Split"
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


def split_window(dataset: Dataset, channel: str) -> View:
    examples = counted(dataset.report.examples, "example") if dataset.report else "its examples"
    blocks = [
        section(
            f"{code(dataset.name)} has {examples}. I put some of them into a file of their own, which shows while "
            "training whether the model learns more than the words."
        ),
        InputBlock(
            block_id="share",
            label=plain("Percent for validation", HINT),
            element=NumberInputElement(
                action_id="share",
                is_decimal_allowed=False,
                min_value=str(LEAST),
                max_value=str(MOST),
                initial_value=str(USUAL),
            ),
            hint=plain(f"{LEAST} to {MOST}. {USUAL} is usual; fewer will do where there are thousands.", HINT),
        ),
        InputBlock(
            block_id="seed",
            label=plain("Seed", HINT),
            element=NumberInputElement(
                action_id="seed", is_decimal_allowed=False, min_value="0", initial_value=str(_SEED)
            ),
            hint=plain("The same number gives the same split again.", HINT),
        ),
    ]
    place = msgspec.json.encode(Place(channel, dataset.id)).decode()
    return window(TITLE, blocks, callback_id=CALLBACK_ID, submit="Split", close="Not now", private_metadata=place)


def read_split(values: Mapping[str, Mapping[str, Mapping[str, object]]]) -> tuple[float, int] | dict[str, str]:
    """Share (of 1) and seed, or a sentence for each field that is wrong, by block_id."""
    percent, seed = _whole(values, "share"), _whole(values, "seed")
    errors = {}
    if percent is None or not LEAST <= percent <= MOST:
        errors["share"] = f"A whole number from {LEAST} to {MOST}."
    if seed is None or not 0 <= seed <= _HIGHEST_SEED:
        errors["seed"] = f"A whole number from 0 to {_HIGHEST_SEED}."
    if errors or percent is None or seed is None:
        return errors
    return percent / 100, seed


def _whole(values: Mapping[str, Mapping[str, Mapping[str, object]]], name: str) -> int | None:
    text = str(values.get(name, {}).get(name, {}).get("value") or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None
