"""A few steps on made-up examples, so that a machine that has trained nothing yet can say how long a training takes.

It is a training like any other, by the same runner, that nobody sees. It never stands in the way: it begins only while
no job waits or trains and nobody chats, and ends as soon as one of these does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import shutil
from pathlib import Path
from typing import Any

from trainer.activity import ChatActivity
from trainer.base_models import BaseModel
from trainer.catalogue import Catalogue
from trainer.jobs.pace import Stopwatch
from trainer.settings import Settings
from trainer.store import Store
from trainer.training.messages import Go
from trainer.training.plan import Method, Plan
from trainer.training.runners.interface import Runner

logger = logging.getLogger(__name__)

# A machine on which it takes longer says nothing before its first training.
_PATIENCE = 120.0
# Words of a question and of its answer, in short examples and in long ones, and how many batches of each there are.
_SHORT, _LONG = (8, 8), (120, 120)
_BATCHES = 6
_BATCH = 2
# Steps of each length, the first of all aside, that are enough.
_ENOUGH = 3


class Calibrations:
    def __init__(
        self, settings: Settings, store: Store, catalogue: Catalogue, runner: Runner, activity: ChatActivity
    ) -> None:
        self._settings = settings
        self._store = store
        self._catalogue = catalogue
        self._runner = runner
        self._activity = activity
        self._task: asyncio.Task[None] | None = None
        self._in_vain: set[tuple[str, str, bool]] = set()

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def begin(self, base: BaseModel, method: Method, *, whole: bool) -> bool:
        """Measure this base model, if that is possible now; whether one is being measured."""
        if self.is_running:
            return True
        weights = self._catalogue.fetched(base)
        busy = self._activity.busy.is_set() or self._store.jobs_with_status("validating_files", "queued", "running")
        elsewhere = self._settings.runner != "local"  # it would take a place on a cluster
        if (
            elsewhere
            or not self._settings.calibrate
            or weights is None
            or busy
            or (base.id, method, whole) in self._in_vain
        ):
            return False
        self._task = asyncio.create_task(self._run(base, weights, method, whole))
        return True

    async def stop(self) -> None:
        """End it; what it has measured by then is lost."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, base: BaseModel, weights: Path, method: Method, whole: bool) -> None:
        measuring = asyncio.create_task(self._measure(base, weights, method, whole))
        chatting = asyncio.create_task(self._activity.busy.wait())
        try:
            await asyncio.wait([measuring, chatting], timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not measuring.done() and not chatting.done():
                self._in_vain.add((base.id, method, whole))
        finally:
            for task in (measuring, chatting):
                task.cancel()
            _, failed = await asyncio.gather(chatting, measuring, return_exceptions=True)
            if isinstance(failed, Exception):
                self._in_vain.add((base.id, method, whole))
                logger.error("%s could not be calibrated", base.id, exc_info=failed)

    async def _measure(self, base: BaseModel, weights: Path, method: Method, whole: bool) -> None:
        folder = self._settings.states / "calibration"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        plan = _plan(base, weights, method, whole, folder)
        await self._runner.ready()
        stopwatch = Stopwatch()
        run = await self._runner.start(plan, folder)
        try:
            run.send(Go())
            async for report in run.messages():
                stopwatch.hear(report)
                if _is_enough(stopwatch):
                    break
            pace = stopwatch.calibrated(base.id, method)
            if pace is None:
                self._in_vain.add((base.id, method, whole))
            else:
                self._store.add_pace(pace)
        finally:
            await run.kill()
            run.close()
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)


def _is_enough(stopwatch: Stopwatch) -> bool:
    read = [tokens for tokens, _ in stopwatch.steps[1:]]
    middle = (min(read) + max(read)) / 2 if read else 0
    return min(sum(one < middle for one in read), sum(one > middle for one in read)) >= _ENOUGH


def _plan(base: BaseModel, weights: Path, method: Method, whole: bool, folder: Path) -> Plan:
    file = folder / "examples.jsonl"
    chance = random.Random(0)
    examples = [_example(method, words, chance) for words in (_SHORT, _LONG) for _ in range(_BATCHES * _BATCH)]
    file.write_text("".join(json.dumps(one) + "\n" for one in examples), encoding="utf-8")
    return Plan(
        job_id="calibration",
        base=base.id,
        weights=str(weights),
        chat_template=base.template(),
        context_length=base.context_length,
        learning_rate=base.learning_rate,
        lora_rank=0 if whole else base.lora_rank,
        lora_alpha=base.lora_alpha,
        training_file=str(file),
        output=str(folder / "output"),
        state=str(folder / "state"),
        seed=0,
        method=method,
        n_epochs=1,
        batch_size=_BATCH,
        save_seconds=3600,
    )


def _example(method: Method, words: tuple[int, int], chance: random.Random) -> dict[str, Any]:
    question, answer, other = (" ".join(chance.choices(_WORDS, k=count)) for count in (*words, words[1]))
    asked = [{"role": "user", "content": question}]
    said, not_said = ([{"role": "assistant", "content": text}] for text in (answer, other))
    if method == "dpo":
        return {"input": {"messages": asked}, "preferred_output": said, "non_preferred_output": not_said}
    return {"messages": asked + said}


_WORDS = ("the", "river", "house", "green", "seven", "open", "letter", "morning", "under", "music", "quiet", "table")
