"""What an export is to be, and what is said about it on its way. Values; `worker` carries them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from trainer.base_models import BaseModel
from trainer.objects import Checkpoint, ExportFormat, Job, Model, Quantization, Trial

FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
QUANTIZATIONS: tuple[Quantization, ...] = get_args(Quantization)
DEFAULT_QUANTIZATION: Quantization = "q4_k_m"

_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


class Plan(msgspec.Struct, frozen=True):
    """What to write. `folder` holds the fine-tuned model, `weights` its base's folder, `into` is to be filled, `cache`
    is that of base models; `quantization` counts for GGUF."""

    name: str
    format: ExportFormat
    quantization: Quantization
    folder: str
    weights: str
    into: str
    cache: str
    chat_template: str
    context_length: int
    licence: str
    lineage: dict[str, Any]

    @property
    def adapter(self) -> Path | None:
        """None where all weights were trained."""
        return Path(self.folder) if (Path(self.folder) / _ADAPTER[0]).is_file() else None

    @property
    def whole(self) -> Path:
        """Where the tensors lie that the adapter is added to, or all of them, and the tokenizer."""
        return Path(self.weights if self.adapter is not None else self.folder)

    @property
    def files(self) -> list[str]:
        """Those of the fine-tuned model that are copied for an adapter."""
        return list(_ADAPTER) if self.adapter is not None else [path.name for path in Path(self.folder).iterdir()]

    @property
    def file_name(self) -> str:
        """What the export is called once it is one file."""
        clean = self.name.replace(":", "-").replace("/", "-")
        return f"{clean}.{self.quantization}.gguf" if self.format == "gguf" else f"{clean}.{self.format}.zip"


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """`done` of `total` bytes of the step at hand."""

    step: Literal["writing", "checking", "packing"]
    done: int = 0
    total: int = 0


class Written(msgspec.Struct, frozen=True, tag="written"):
    """The one file that was written and checked."""

    file: str
    bytes: int
    sha256: str
    trial: Trial | None


class Problem(msgspec.Struct, frozen=True, tag="problem"):
    """Why there is none, for whoever asked."""

    message: str


Said: TypeAlias = Progress | Written | Problem


def plan_export(
    model: Model,
    base: BaseModel,
    job: Job | None,
    checkpoint: Checkpoint | None,
    *,
    format: ExportFormat,
    quantization: Quantization,
    folder: Path,
    weights: Path,
    into: Path,
    cache: Path,
) -> Plan:
    """`job` and `checkpoint` are those that made the model in `folder`."""
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
    return Plan(
        name=model.id,
        format=format,
        quantization=quantization,
        folder=str(folder),
        weights=str(weights),
        into=str(into),
        cache=str(cache),
        chat_template=base.template(),
        context_length=base.context_length,
        licence=base.licence,
        lineage=lineage,
    )
