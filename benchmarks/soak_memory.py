"""How much memory the process that `soak.py` is holds as the hours go by, and whether that grows.

Memory is the number of blocks that the interpreter holds after a collection. A line is laid through it, beside what
is under way; it must not rise by more than twice its standard error and what the bot keeps of conversations by intent.
"""

import gc
import resource
import sys
import tracemalloc
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.soak_world import HOUR, SoakWorld

ENOUGH = 6.0  # hours of which a slope can be told
# The bot remembers of the latest threads whether they talk to a model: blocks of memory for each, at most.
_KEPT = 4


class Memory:
    """Looks at one life: hours, blocks, objects, resident bytes, bytes of the store, what is under way (messages that
    Slack's model remembers, people who wait), and threads that the bot remembers. `lines`: also which lines of code
    hold how much."""

    def __init__(self, world: SoakWorld, *, lines: bool = False) -> None:
        self._world = world
        # In an array, since its own figures would be memory that grows.
        self._looks = array("d")
        self._wants_lines = lines
        self._lines: list[tracemalloc.Snapshot] = []

    def look(self, threads: int, waiting: int) -> None:
        """`threads`: that the bot remembers; `waiting`: people."""
        gc.collect()
        blocks, objects, world = sys.getallocatedblocks(), len(gc.get_objects()), self._world
        pages, size = (world.store.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        here = world.timeline.now / HOUR, blocks, objects, _resident(), pages * size
        self._looks.extend([*here, world.slack.remembered, waiting, threads])
        if self._wants_lines and not self._lines:
            tracemalloc.start(1)
            self._note_lines()

    def end(self) -> None:
        """While the process still lives."""
        if self._wants_lines:
            self._note_lines()

    @property
    def grows(self) -> bool:
        rise, error = self._slope(1)
        return rise - 2 * error > self._explained()

    def figures(self) -> dict[str, str]:
        first, last = self._samples[0], self._samples[-1]
        blocks, objects, resident = self._slope(1), self._slope(2), self._slope(3)
        return {
            "blocks, first and last": f"{first[1]:,.0f}, {last[1]:,.0f}",
            "blocks an hour": f"{blocks[0]:+,.0f} ± {blocks[1]:,.0f}",
            "of these kept by intent": f"{self._explained():,.0f}",
            "objects an hour": f"{objects[0]:+,.0f} ± {objects[1]:,.0f}",
            "resident, first and last": f"{first[3] / 1e6:.0f}, {last[3] / 1e6:.0f} MB",
            "resident an hour": f"{resident[0] / 1e6:+.2f} ± {resident[1] / 1e6:.2f} MB",
            "store": f"{last[4] / 1e6:.1f} MB",
        }

    def grown(self) -> list[str]:
        """The lines of code that hold more at the end than at the first look."""
        first, last = self._lines
        return [str(one) for one in last.compare_to(first, "lineno")[:20]]

    def _note_lines(self) -> None:
        gc.collect()
        self._lines.append(tracemalloc.take_snapshot())

    @property
    def _samples(self) -> Any:
        return np.array(self._looks).reshape(-1, 8)

    def _slope(self, column: int) -> tuple[float, float]:
        samples = self._samples
        return _slope(samples[:, 0], samples[:, column], samples[:, 5:7])

    def _explained(self) -> float:
        """Blocks an hour."""
        first, last = self._samples[0], self._samples[-1]
        return float(_KEPT * (last[7] - first[7]) / (last[0] - first[0]))


def _slope(hours: Any, figures: Any, beside: Any) -> tuple[float, float]:
    """How much the figures rise in an hour, what stands `beside` them (a column each) set aside, and the standard error
    of that. Samples that come soon after each other are alike, and tell as much as fewer would."""
    design = np.column_stack([np.ones(len(hours)), hours, beside])
    solved, *_ = np.linalg.lstsq(design, figures, rcond=None)
    left = figures - design @ solved
    free = max(1, len(figures) - design.shape[1])
    alike = float(np.clip(np.corrcoef(left[:-1], left[1:])[0, 1], 0, 0.95)) if left.std() > 1e-9 else 0.0
    spread = np.linalg.pinv(design.T @ design) * (left @ left) / free * (1 + alike) / (1 - alike)
    return float(solved[1]), float(np.sqrt(spread[1, 1]))


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
