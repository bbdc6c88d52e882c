"""One base model in transformers, on whatever device there is. Imports torch.

An adapter is added into the weights themselves, so a fine-tuned model answers as fast as its base; the base's own
weights are kept beside (on a CPU they stay in their file) and put back before the next adapter comes, so nothing ever
drifts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file
from transformers import DynamicCache

from trainer.hardware import device
from trainer.serving.messages import ModelRef
from trainer.serving.sampling import Logits
from trainer.weights import load, silence_transformers


class TransformersModel:
    def __init__(self) -> None:
        silence_transformers()
        self.device = device()
        self.model: Any = None
        self.ref: ModelRef | None = None
        self._originals: dict[str, torch.Tensor] = {}

    def use(self, ref: ModelRef) -> None:
        """Make ready to answer as this model. OSError where weights or adapter are gone."""
        if ref == self.ref:
            return
        if self.ref is None or self.ref.weights != ref.weights:
            self.model = self.ref = None  # free the old one first
            self._originals = {}
            self.model = load(ref.weights).eval()
        self._restore()
        # Until the adapter is wholly in, the weights are nobody's.
        self.ref = None
        if ref.adapter is not None:
            self._merge(Path(ref.adapter))
        self.ref = ref

    def forget(self, folder: str) -> None:
        """A fine-tuned model was deleted: no answer may come from it any more."""
        if self.ref is not None and folder == self.ref.adapter:
            self.use(msgspec.structs.replace(self.ref, adapter=None))
        elif self.ref is not None and folder == self.ref.weights:
            self.model = self.ref = None

    @torch.inference_mode()
    def _restore(self) -> None:
        for name, original in self._originals.items():
            self.model.get_parameter(name).data = original
        self._originals = {}

    @torch.inference_mode()
    def _merge(self, adapter: Path) -> None:
        config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        scale = config["lora_alpha"] / config["r"]
        parts = load_file(adapter / "adapter_model.safetensors")
        for name, down in parts.items():
            if not name.endswith(".lora_A.weight"):
                continue
            up = parts[name.replace(".lora_A.", ".lora_B.")]
            target = name.removeprefix("base_model.model.").replace(".lora_A.weight", ".weight")
            weight = self.model.get_parameter(target)
            self._originals[target] = weight.data
            change = (up.float() @ down.float()).to(self.device) * scale
            weight.data = (weight.data.float() + change).to(weight.dtype)


class Context:
    """What one answer has read. `model` must be in use while it reads."""

    def __init__(self, model: TransformersModel) -> None:
        self._model = model
        self._forget()

    def rewind(self, ids: Sequence[int]) -> int:
        # Caches of attention that looks only so far back cannot be cut: what they hold is computed anew.
        if self._read != list(ids):
            self._forget()
        return len(self._read)

    def read(self, ids: Sequence[int], *, every: bool = False) -> Logits:
        with torch.inference_mode():
            answer: Any = self._model.model(
                input_ids=torch.tensor([list(ids)], device=self._model.device),
                cache=self._cache,
                use_cache=True,
                logits_to_keep=0 if every else 1,
            )
        self._read += ids
        logits = np.asarray(answer.logits[0].float().cpu().numpy(), np.float32)
        return logits if every else logits[-1]

    def _forget(self) -> None:
        self._read: list[int] = []
        self._cache = DynamicCache(config=self._model.model.config)
