"""Histories, one or many. `python -m tests.simulation.histories SEED` plays one and prints its trace.

Seeds that begin with `talk` are those of conversations, with `evaluate` those of evaluations, with `move` those of
moves, the others of jobs.
"""

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.simulation import evaluation_invariants, invariants, move_invariants, talk_invariants
from tests.simulation.evaluation import evaluate
from tests.simulation.history import play
from tests.simulation.history_together import play_together
from tests.simulation.moving import move
from tests.simulation.talk import talk
from tests.simulation.talk_together import talk_together

_AT_A_TIME = 25


def judged(seed: str, prepare: Callable[[Any], None] | None = None) -> tuple[list[str], list[str]]:
    """What is wrong with a history, and its trace."""
    if seed.startswith("two talk"):
        talked = talk_together(seed, prepare)
        return talk_invariants.violations(talked), talked.trace
    if seed.startswith("talk"):
        talked = talk(seed, prepare)
        return talk_invariants.violations(talked), talked.trace
    if seed.startswith("evaluate"):
        evaluated = evaluate(seed, prepare)
        return evaluation_invariants.violations(evaluated), evaluated.trace
    if seed.startswith("move"):
        moved = move(seed, prepare)
        return move_invariants.violations(moved), moved.trace
    world = play_together(seed, prepare) if seed.startswith("two") else play(seed, prepare)
    return invariants.violations(world), world.trace


def on_all_cores(seeds: Iterable[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """(seed, violations, trace) of each."""
    seeds = list(seeds)
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), initializer=_collect_seldom) as pool:
        yield from pool.map(_with_its_seed, seeds, chunksize=_AT_A_TIME)


def _collect_seldom() -> None:
    """Nothing from the start is garbage, and what histories leave behind need not be looked through so often."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _with_its_seed(seed: str) -> tuple[str, list[str], list[str]]:
    return seed, *judged(seed)


if __name__ == "__main__":
    wrong, trace = judged(sys.argv[1])
    print("\n".join(trace))
    print("\n".join(wrong) or "all is well")
