"""*Sample* on a report: a few random examples in a window, and *Another* there."""

import random
from typing import Final

import orjson

from bot.access import Action
from bot.datasets.dataset import Dataset
from bot.worker_processes import Lane
from handlers.datasets.blocks.sample import TITLE, sample_window
from handlers.datasets.copies import on_copy
from handlers.modals import Fill, filling, opened
from handlers.turn import Turn
from training_files.sample import Sampled, sample

_EXAMPLES: Final = 3


async def pressed(turn: Turn) -> None:
    dataset = await turn.dataset(turn.words, Action.SEE)
    async with opened(turn, TITLE, dataset) as fill:
        await _show(turn, dataset, fill)


async def another(turn: Turn) -> None:
    dataset = await turn.dataset(turn.words, Action.SEE)
    async with filling(turn, TITLE, turn.body["view"]["id"]) as fill:
        await _show(turn, dataset, fill)


async def _show(turn: Turn, dataset: Dataset, fill: Fill) -> None:
    async with on_copy(turn.services, dataset) as path:
        examples: list[Sampled] = await turn.services.lanes.run(
            sample, path, n=_EXAMPLES, seed=random.getrandbits(32), lane=Lane.of_work(dataset.bytes)
        )
    metadata = orjson.dumps({"channel": turn.channel}).decode()
    await fill(sample_window(dataset, examples, metadata))
