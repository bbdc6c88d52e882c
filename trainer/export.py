"""A fine-tuned model as a folder to take away: the adapter, or one whole model (base and adapter merged, or all weights
as they were trained); safetensors either way, with a model card that says where it comes from.

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

from trainer.base_models import BaseModel, without_marks
from trainer.objects import Checkpoint, Job, Model
from trainer.pipes import ChildPipe

CARD, LINEAGE = "README.md", "lineage.json"
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


class Export(msgspec.Struct, frozen=True):
    """What to write. `folder` holds the fine-tuned model, `into` is to be filled; `weights` is the folder of the base
    to merge an adapter into, None where it is to stay apart."""

    name: str
    folder: str
    into: str
    chat_template: str
    licence: str
    lineage: dict[str, Any]
    weights: str | None = None

    @property
    def only_adapter(self) -> bool:
        return self.weights is None and (Path(self.folder) / _ADAPTER[0]).is_file()


class Exported(msgspec.Struct, frozen=True):
    """The zip that was written, or why there is none."""

    file: str | None = None
    problem: str | None = None


def plan_export(
    model: Model,
    base: BaseModel,
    job: Job | None,
    checkpoint: Checkpoint | None,
    *,
    folder: Path,
    into: Path,
    weights: Path | None,
) -> Export:
    """`job` and `checkpoint` are those that made the model in `folder`; `weights` are wanted for a merged one."""
    lineage: dict[str, Any] = {"model": model.id, "base_model": base.id, "created_at": model.created_at}
    if job is not None:
        lineage |= {
            "job": job.id,
            "trained_from": job.model,
            "method": job.method,
            "trained_tokens": job.trained_tokens,
            **(job.lineage or {}),
        }
    if checkpoint is not None:
        lineage["metrics"] = checkpoint.metrics
    return Export(
        name=model.id,
        folder=str(folder),
        into=str(into),
        chat_template=base.template(),
        licence=base.licence,
        lineage=lineage,
        weights=str(weights) if weights else None,
    )


def write(export: Export) -> None:
    """Fill the folder. OSError where it cannot be written."""
    into, folder = Path(export.into), Path(export.folder)
    into.mkdir(parents=True, exist_ok=True)
    if export.weights is not None:
        # Only this needs torch, which takes seconds to import.
        from trainer.weights import merge

        merge(export.weights, export.folder, into, without_marks(export.chat_template))
    else:
        for name in _ADAPTER if export.only_adapter else [path.name for path in folder.iterdir()]:
            shutil.copyfile(folder / name, into / name)
    (into / LINEAGE).write_text(json.dumps(export.lineage, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (into / CARD).write_text(card(export), encoding="utf-8")


def card(export: Export) -> str:
    """The model card, in the form that the Hugging Face hub reads."""
    lineage = export.lineage
    library = "peft" if export.only_adapter else "transformers"
    rows = [(name.replace("_", " "), value) for name, value in _flat(lineage)]
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)
    licence = export.licence or "that of its base model"
    how = (
        "This folder holds a LoRA adapter; it needs its base model."
        if export.only_adapter
        else "This folder holds the whole model: nothing else is needed."
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


def main() -> None:
    pipe: ChildPipe[None] = ChildPipe()
    pipe.listen()
    export = msgspec.json.decode(sys.argv[1], type=Export)
    try:
        write(export)
        packed = Path(export.into + ".zip")
        # Weights do not get smaller by packing.
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(Path(export.into).iterdir()):
                archive.write(path, path.name)
        pipe.send(Exported(file=str(packed)))
    except OSError as error:
        pipe.send(Exported(problem=f"The model could not be exported: {error.strerror or error}."))


if __name__ == "__main__":
    main()
