"""Base and adapter as one model that any program reads: safetensors in bf16, with the tokenizer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from trainer.base_models import without_marks
from trainer.exports.plan import Plan
from trainer.tensors import tensors, tensors_of, with_adapter, write_bf16

_CONFIGS = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
)
_INDEX = "model.safetensors.index.json"


def write_merged(plan: Plan, into: Path, wrote: Callable[[int], None]) -> None:
    """One tensor in memory at a time; files as the base has them."""
    for name in (*_CONFIGS, _INDEX):
        if (plan.whole / name).is_file():
            shutil.copyfile(plan.whole / name, into / name)
    _say(into / "config.json", dtype="bfloat16")
    # Where this file is, no other template counts.
    _say(into / "tokenizer_config.json", chat_template=None)
    (into / "chat_template.jinja").write_text(without_marks(plan.chat_template), encoding="utf-8")
    names = {tensor.name: tensor for tensor in with_adapter(tensors(plan.whole), plan.adapter)}
    for file in sorted(plan.whole.glob("*.safetensors")):
        write_bf16([names[tensor.name] for tensor in tensors_of(file)], into / file.name, wrote)


def _say(file: Path, **changes: object) -> None:
    """Change fields of a file in JSON; None takes one out."""
    if file.is_file():
        told = json.loads(file.read_text(encoding="utf-8")) | changes
        told = {name: value for name, value in told.items() if value is not None or name not in changes}
        file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
