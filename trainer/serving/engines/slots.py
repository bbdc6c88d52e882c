"""Slots: a model ready to give one answer at a time, kept open as long as memory allows.

All slots of a base model share its weights, which are mapped from one file; those of a fine-tuned model share its
adapter, which is computed beside the weights. Slots unused for longest close first. An answer has a slot to itself:
answers that llama.cpp computes together differ in their last digits by what else is asked at the moment, and the same
seed would not say the same.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from weakref import WeakValueDictionary

import psutil

from trainer.serving.engines import gguf_files
from trainer.serving.engines.interface import CannotServe
from trainer.serving.engines.llama_library import Adapter, Context, Model
from trainer.serving.messages import ModelRef

# Answers that are generated at once; more wait in the queue.
_MOST = 4
_SMALLEST_CONTEXT = 2048
# What a slot takes besides keys and values: up to 50 MB where a prompt is judged, 15 MB otherwise (SmolLM2-135M).
_SLOT_BYTES = 50_000_000
_BATCH = 512
# A token of a small model is hundreds of steps of microseconds, an adapter doubles them, and threads that sleep between
# steps wake up too late: SmolLM2-135M (145 MB) gave 38 tokens/s with two threads and 15 with an adapter, 116 and 94
# with one. The steps grow with the weights: for each so many bytes an answer has a thread, at most one a processor.
_BYTES_A_THREAD = 500_000_000


class Slot:
    """One model, ready to give one answer at a time of at most `size` tokens, its prompt included."""

    def __init__(self, model: ModelRef, size: int) -> None:
        self.model = model
        self.size = size
        self.busy = True
        self.used = time.monotonic()
        self.context: Context | None = None
        self.bytes = _SLOT_BYTES + size * gguf_files.Shape(Path(model.weights)).bytes_per_token


class SlotPool:
    """All slots there are. Use from any thread."""

    def __init__(self, cache: Path, most_bytes: int = 0, most_disk: int = 20 * 10**9) -> None:
        """`most_bytes`: what slots and weights may take; 0 for half of what is free now. `most_disk`: what models in
        8 bits may take in the cache."""
        self._cache = cache
        self._most_disk = most_disk
        self._most_bytes = most_bytes or psutil.virtual_memory().available // 2
        self._slots: list[Slot] = []
        self._line: deque[object] = deque()
        self._changed = threading.Condition()
        # Each is there as long as a slot uses it.
        self._loading = threading.Lock()
        self._models: WeakValueDictionary[Path, Model] = WeakValueDictionary()
        self._adapters: WeakValueDictionary[str, Adapter] = WeakValueDictionary()

    @contextmanager
    def taken(self, model: ModelRef, tokens: int) -> Iterator[Context]:
        """A context for an answer of so many tokens, its prompt included; first come, first served. Raises
        CannotServe."""
        size = _SMALLEST_CONTEXT
        while size < min(tokens, model.context_length):
            size *= 2
        slot = self._take(model, size)
        try:
            if slot.context is None:
                try:
                    slot.context = self._open(slot)
                except Exception as error:
                    self._remove(slot)
                    raise CannotServe(f"{type(error).__name__}: {error}") from error
            yield slot.context
        finally:
            with self._changed:
                slot.busy, slot.used = False, time.monotonic()
                self._changed.notify_all()

    def forget(self, folder: str) -> None:
        """A fine-tuned model was deleted: no new answer may come from it."""
        with self._changed:
            self._slots = [slot for slot in self._slots if folder not in (slot.model.adapter, slot.model.weights)]
        with self._loading:
            self._adapters.pop(folder, None)
        gguf_files.forget(Path(folder), self._cache)

    def close_unused(self, seconds: float) -> None:
        """Close what nobody used for so long; the last slot of each model stays ready."""
        with self._changed:
            while (twin := self._idle_twin()) and time.monotonic() - twin.used > seconds:
                self._slots.remove(twin)

    @property
    def bytes(self) -> int:
        """What all slots take, by estimate, with the weights and adapters below them."""
        weights = {slot.model.weights for slot in self._slots}
        adapters = {slot.model.adapter for slot in self._slots if slot.model.adapter is not None}
        return (
            sum(slot.bytes for slot in self._slots)
            + sum(_weights_bytes(folder) for folder in weights)
            + sum(_adapter_bytes(folder) for folder in adapters)
        )

    @property
    def open(self) -> list[ModelRef]:
        return [slot.model for slot in self._slots]

    def _open(self, slot: Slot) -> Context:
        """Some hundredths of a second; seconds where the base was never used before."""
        weights = Path(slot.model.weights)
        file = gguf_files.model_file(weights, self._cache, self._most_disk)
        with self._loading:
            model = self._models.get(file)
            if model is None:
                model = self._models[file] = Model(file)
            adapter = self._adapter(model, slot.model.adapter, weights) if slot.model.adapter is not None else None
        processors = psutil.cpu_count(logical=False) or 1
        return Context(
            model,
            adapter,
            slot.size,
            batch=_BATCH,
            threads=threads(model.bytes, processors),
            batch_threads=processors,
        )

    def _adapter(self, model: Model, folder: str, weights: Path) -> Adapter:
        adapter = self._adapters.get(folder)
        if adapter is None:
            with tempfile.TemporaryDirectory() as work:
                file = Path(work) / "adapter.gguf"
                gguf_files.write_adapter(Path(folder), weights, file)
                adapter = self._adapters[folder] = Adapter(model, file)
        return adapter

    def _take(self, model: ModelRef, size: int) -> Slot:
        me = object()
        with self._changed:
            self._line.append(me)
            try:
                while True:
                    if self._line[0] is me and sum(slot.busy for slot in self._slots) < _MOST:
                        slot = self._free(model, size) or self._new(model, size)
                        if slot is not None:
                            slot.busy = True
                            return slot
                    self._changed.wait()
            finally:
                self._line.remove(me)
                self._changed.notify_all()

    def _free(self, model: ModelRef, size: int) -> Slot | None:
        fitting = (slot for slot in self._slots if not slot.busy and slot.model == model and slot.size >= size)
        return min(fitting, key=lambda slot: slot.size, default=None)

    def _new(self, model: ModelRef, size: int) -> Slot | None:
        """A slot to be opened, after others closed to make room for it; None where busy ones fill the memory."""
        slot = Slot(model, size)
        self._slots.append(slot)
        # No more answers than these grow at once: beyond them one for each model is enough.
        while len(self._slots) > _MOST and (twin := self._idle_twin()):
            self._slots.remove(twin)
        while self.bytes > self._most_bytes:
            idle = [other for other in self._slots if not other.busy]
            if not idle:
                if len(self._slots) == 1:
                    return slot  # one is always served
                self._slots.remove(slot)
                return None
            self._slots.remove(min(idle, key=lambda other: other.used))
        return slot

    def _idle_twin(self) -> Slot | None:
        """Of the idle slots whose model has another, the one unused for longest."""
        models = Counter(slot.model for slot in self._slots)
        twins = [slot for slot in self._slots if not slot.busy and models[slot.model] > 1]
        return min(twins, key=lambda slot: slot.used, default=None)

    def _remove(self, slot: Slot) -> None:
        with self._changed:
            if slot in self._slots:
                self._slots.remove(slot)


def threads(weights_bytes: int, processors: int) -> int:
    """How many threads compute an answer."""
    return max(1, min(processors, weights_bytes // _BYTES_A_THREAD))


@lru_cache(maxsize=64)
def _weights_bytes(weights: str) -> int:
    """About what a model takes in 8 bits, from its files in 16."""
    return sum(file.stat().st_size for file in Path(weights).glob("*.safetensors")) * 17 // 32


@lru_cache(maxsize=1024)
def _adapter_bytes(adapter: str) -> int:
    return sum(file.stat().st_size for file in Path(adapter).glob("*.safetensors"))
