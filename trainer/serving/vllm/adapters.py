"""The folder from which vLLM takes adapters, by its `lora_filesystem_resolver`.

A model name that vLLM does not know is looked up as a folder here. It takes it where `adapter_config.json` names as its
base the very path or id that vLLM was started with, which is not the name that it serves under. So an adapter is copied
for each such base. Its name holds a hash of what it learned: weights that were trained anew are a new name, and nothing
that vLLM has in memory under the old one answers for them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_OWNER = "finetune-bot-model.txt"  # in each folder: the model's id
_HALF = ".writing-"
# As vLLM's `PEFTHelper` has it.
_INITS = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")


class AdapterFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def publish(self, model: str, adapter: Path, root: str) -> str:
        """Put an adapter where vLLM finds it, all at once; returns the name under which it does. `root` is what vLLM
        calls its base. OSError where the folder cannot be written."""
        name = f"{_stem(model, adapter)}.{_hash(root.encode())[:8]}"
        if not (self._folder / name).is_dir():
            half = self._folder / f"{_HALF}{name}.{os.getpid()}"
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(parents=True)
            config = {**adapter_config(adapter), "base_model_name_or_path": root}
            (half / CONFIG).write_text(json.dumps(config), encoding="utf-8")
            shutil.copyfile(adapter / WEIGHTS, half / WEIGHTS)
            (half / _OWNER).write_text(model, encoding="utf-8")
            try:
                half.rename(self._folder / name)
            except OSError:
                shutil.rmtree(half, ignore_errors=True)
                if not (self._folder / name).is_dir():  # somebody else was faster
                    raise
        return name

    def remove(self, model: str) -> list[str]:
        """Remove all that the model has here; returns the names that were its own."""
        return self._remove(lambda owner: owner == model)

    def tidy(self, exists: Callable[[str], bool]) -> None:
        """Remove what was half written, and the adapters of models that were deleted meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for half in self._folder.glob(f"{_HALF}*"):
            shutil.rmtree(half, ignore_errors=True)
        self._remove(lambda owner: not exists(owner))

    def has(self, name: str) -> bool:
        return (self._folder / name).is_dir()

    def _remove(self, goes: Callable[[str], bool]) -> list[str]:
        gone = [owner.parent for owner in self._folder.glob(f"*/{_OWNER}") if goes(owner.read_text(encoding="utf-8"))]
        for folder in gone:
            # Renamed first: vLLM must not find half of it.
            half = folder.with_name(f"{_HALF}{folder.name}")
            folder.rename(half)
            shutil.rmtree(half, ignore_errors=True)
        return [folder.name for folder in gone]


def ours(name: str) -> bool:
    """Whether vLLM has an adapter of this name from us."""
    return re.fullmatch(r".+\.[0-9a-f]{16}\.[0-9a-f]{8}", name) is not None


def adapter_config(adapter: Path) -> dict[str, Any]:
    return dict(json.loads((adapter / CONFIG).read_text(encoding="utf-8")))


def refusals(config: dict[str, Any], max_rank: int) -> list[str]:
    """Why vLLM would not load an adapter with this `adapter_config.json`, clauses; none where it does."""
    why = [
        said
        for setting, said in {
            "use_dora": "DoRA",
            "lora_bias": "biases of LoRA",
            "alora_invocation_tokens": "activated LoRA",
            "layer_replication": "replicated layers",
            "use_bdlora": "block-diagonal LoRA",
            "use_qalora": "QALoRA",
        }.items()
        if config.get(setting)
    ]
    if config.get("bias", "none") != "none":
        why.append("trained biases")
    if set(config.get("modules_to_save") or ()) - {"classifier", "score"}:
        why.append("modules_to_save")
    init = config.get("init_lora_weights", True)
    if isinstance(init, str) and init.lower() not in _INITS:
        why.append(f"init_lora_weights {init!r}")
    rank = max([config.get("r", 0), *(config.get("rank_pattern") or {}).values()])
    if rank > max_rank:
        why.append(f"the rank {rank}, above {max_rank} (--max-lora-rank, and TRAINER_VLLM_MAX_LORA_RANK)")
    return why


def _stem(model: str, adapter: Path) -> str:
    weights, config = adapter / WEIGHTS, adapter / CONFIG
    at = weights.stat()
    content = _content(str(weights), str(config), at.st_mtime_ns, at.st_size)
    return f"{re.sub('[^A-Za-z0-9_-]+', '-', model)[:100]}.{content[:16]}"


@lru_cache(maxsize=4096)
def _content(weights: str, config: str, modified: int, size: int) -> str:
    """Some 2 ms for each megabyte, once."""
    with open(weights, "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(Path(config).read_bytes())
    return digest.hexdigest()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
