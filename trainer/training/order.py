"""The order in which examples are read: shuffled anew each epoch, examples of like length in one batch.

It depends on the seed, the epoch and the lengths alone, so a job that goes on in the middle of an epoch reads what it
would have read.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count, cycle, islice

from torch.utils.data import Sampler


class Order(Sampler[int]):
    """Indexes of the examples whose `lengths` are given, to be cut into batches of `batch_size`."""

    def __init__(self, lengths: list[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        lengths, size = self._lengths, self._batch_size
        chance = random.Random(f"{self._seed}/{self._epoch}")
        order = list(range(len(lengths)))
        chance.shuffle(order)
        # Sorted within pools of at most 50 batches: little padding, and still other neighbours in each epoch.
        pool = size * max(1, min(50, len(order) // (size * 4)))
        batches = []
        for start in range(0, len(order), pool):
            near = sorted(order[start : start + pool], key=lengths.__getitem__, reverse=True)
            batches += [near[at : at + size] for at in range(0, len(near), size)]
        # Only the very last batch may be short.
        last = [batches.pop()] if len(order) % size else []
        chance.shuffle(batches)
        for batch in batches + last:
            yield from batch

    def padding(self, at_once: int) -> float:
        """The share of an epoch's computed tokens that would be padding, where so many examples stand side by side."""
        lengths = [self._lengths[index] for index in self]
        rows = [lengths[start : start + at_once] for start in range(0, len(lengths), at_once)]
        return 1 - sum(lengths) / sum(len(row) * max(row) for row in rows)


class EvenOrder(Sampler[int]):
    """For several ranks: every batch has `rows` rows, so that all ranks get as many. Those that a batch lacks are
    blanks: indexes past the examples', each of them once in an epoch."""

    def __init__(self, order: Order, batch_size: int, rows: int) -> None:
        self._order = order
        self._batch_size = batch_size
        self._rows = rows

    def set_epoch(self, epoch: int) -> None:
        self._order.set_epoch(epoch)

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size) * self._rows

    def __iter__(self) -> Iterator[int]:
        order, blanks = list(self._order), count(len(self._order))
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            yield from batch
            yield from islice(blanks, self._rows - len(batch))


class GroupedOrder(Sampler[int]):
    """For reinforcement: each of a batch's prompts stands there once for each of its `answers`, and all of the batch
    once for each of the `parts` in which a step is computed. A short last batch is filled up from the epoch's
    beginning."""

    def __init__(self, order: Order, batch_size: int, answers: int, parts: int) -> None:
        self._order = order
        self._batch_size = batch_size
        self._answers = answers
        self._parts = parts

    def set_epoch(self, epoch: int) -> None:
        self._order.set_epoch(epoch)

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size) * self._batch_size * self._answers * self._parts

    def __iter__(self) -> Iterator[int]:
        order = list(self._order)
        whole = list(islice(cycle(order), len(order) + -len(order) % self._batch_size))
        for start in range(0, len(whole), self._batch_size):
            batch = [index for index in whole[start : start + self._batch_size] for _ in range(self._answers)]
            for _ in range(self._parts):
                yield from batch
