"""A fine-tuned model as a folder to take away: the adapter, or base and adapter merged into one model; safetensors
either way, with a model card that tells where it comes from.

In a process of its own: `python -m trainer.export '{...}'`
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec

from trainer.base_models import BaseModel
from trainer.objects import Checkpoint, Job, Model
from trainer.pipes import ChildPipe

CARD, LINEAGE = "README.md", "lineage.json"
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


class Export(msgspec.Struct, frozen=True):
    """What to write. `into` is the folder; `weights` the base's folder, None for the adapter alone."""

    name: str
    adapter: str
    into: str
    chat_template: str
    licence: str
    lineage: dict[str, Any]
    weights: str | None = None


def plan_export(
    model: Model,
    base: BaseModel,
    job: Job | None,
    checkpoint: Checkpoint | None,
    *,
    adapter: Path,
    into: Path,
    weights: Path | None,
) -> Export:
    """`job` and `checkpoint` are those that made the model; `weights` are wanted for a merged one."""
    lineage: dict[str, Any] = {"model": model.id, "base_model": base.id, "created_at": model.created_at}
    if job is not None:
        lineage |= {
            "job": job.id,
            "trained_from": job.model,
            "method": job.method,
            "settings": {
                "n_epochs": job.n_epochs,
                "batch_size": job.batch_size,
                "learning_rate_multiplier": job.learning_rate_multiplier,
                **({"beta": job.beta} if job.method == "dpo" else {}),
                "learning_rate": base.learning_rate * (job.learning_rate_multiplier or 1.0),
                "lora_rank": base.lora_rank,
                "lora_alpha": base.lora_alpha,
                "seed": job.seed,
            },
            "trained_tokens": job.trained_tokens,
            **(job.lineage or {}),
        }
    if checkpoint is not None:
        lineage["metrics"] = checkpoint.metrics
    return Export(
        name=model.id,
        adapter=str(adapter),
        into=str(into),
        chat_template=base.template(),
        licence=base.licence,
        lineage=lineage,
        weights=str(weights) if weights else None,
    )


def write(export: Export) -> None:
    """Fill the folder. OSError where it cannot be written."""
    into, adapter = Path(export.into), Path(export.adapter)
    into.mkdir(parents=True, exist_ok=True)
    if export.weights is None:
        for name in _ADAPTER:
            shutil.copyfile(adapter / name, into / name)
    else:
        # Only this needs torch, which takes seconds to import.
        from trainer.weights import merge

        merge(export.weights, export.adapter, into, _without_marks(export.chat_template))
    (into / LINEAGE).write_text(json.dumps(export.lineage, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (into / CARD).write_text(card(export), encoding="utf-8")


def card(export: Export) -> str:
    """The model card, in the form that the Hugging Face hub reads."""
    lineage = export.lineage
    library = "peft" if export.weights is None else "transformers"
    rows = [(name.replace("_", " "), value) for name, value in _flat(lineage)]
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)
    licence = export.licence or "that of its base model"
    how = (
        "This folder holds a LoRA adapter; it needs its base model."
        if export.weights is None
        else "This folder holds the whole model: base and adapter merged."
    )
    return (
        f"---\nlibrary_name: {library}\nbase_model: {json.dumps(_origin(lineage))}\n"
        "pipeline_tag: text-generation\n---\n\n"
        f"# {export.name}\n\n{how} The base model's licence is {licence}.\n\n"
        f"## Where it comes from\n\n| | |\n|---|---|\n{table}\n\n`{LINEAGE}` says the same for programs.\n"
    )


def _origin(lineage: dict[str, Any]) -> str:
    """The base's repository where it came from the hub, else its id here."""
    found = re.match(r"hub (\S+)@", str((lineage.get("base") or {}).get("origin", "")))
    return found[1] if found else str(lineage["base_model"])


def _flat(values: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        rows += _flat(value, f"{before}{name}: ") if isinstance(value, dict) else [(before + name, value)]
    return rows


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _without_marks(template: str) -> str:
    """Other programs do not know the marks for training."""
    return re.sub(r"\{%-?\s*(?:end)?generation\s*-?%\}", "", template)


def main() -> None:
    pipe = ChildPipe()
    pipe.listen()
    export = msgspec.json.decode(sys.argv[1], type=Export)
    try:
        write(export)
        packed = Path(export.into + ".zip")
        # Weights do not get smaller by packing.
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(Path(export.into).iterdir()):
                archive.write(path, path.name)
        pipe.send(file=str(packed))
    except OSError as error:
        pipe.send(problem=f"The model could not be exported: {error.strerror or error}.")


if __name__ == "__main__":
    main()
