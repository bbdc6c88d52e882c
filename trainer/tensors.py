"""Weights in safetensors files, one tensor at a time: read, an adapter added into them, written. Needs no torch.

safetensors' own reader knows bf16 only with torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"

_PREFIX = "base_model.model."


class Tensor(msgspec.Struct, frozen=True):
    """A tensor that lies in a file: `read` gives it in fp32."""

    name: str
    shape: tuple[int, ...]
    read: Callable[[], Floats]


def tensors(folder: Path) -> Iterator[Tensor]:
    """Those of all safetensors files of a folder."""
    for file in sorted(folder.glob("*.safetensors")):
        yield from tensors_of(file)


def tensors_of(file: Path) -> Iterator[Tensor]:
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(size))
    for name, about in header.items():
        if name != "__metadata__":
            yield Tensor(name, tuple(about["shape"]), _Reading(file, 8 + size, about))


def with_adapter(base: Iterable[Tensor], adapter: Path | None) -> Iterator[Tensor]:
    """The same tensors with a LoRA adapter added into them. ValueError where the adapter holds more than low-rank
    pairs, or pairs of tensors that the base does not have."""
    pairs = _pairs(adapter) if adapter is not None else {}
    scale = _scale(adapter) if adapter is not None else 0.0
    for tensor in base:
        pair = pairs.pop(tensor.name.removesuffix(".weight"), None)
        yield tensor if pair is None else Tensor(tensor.name, tensor.shape, _Adding(tensor, pair, scale))
    if pairs:
        raise ValueError(f"The base model has no place for {next(iter(pairs))}.")


def write_bf16(each: Iterable[Tensor], to: Path, wrote: Callable[[int], None] = lambda _: None) -> None:
    """A safetensors file in bf16; `wrote` hears of each piece, in bytes."""
    order = list(each)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for tensor in order:
        end = at + 2 * int(np.prod(tensor.shape, dtype=np.int64))
        header[tensor.name] = {"dtype": "BF16", "shape": tensor.shape, "data_offsets": [at, end]}
        at = end
    packed = json.dumps(header, separators=(",", ":")).encode()
    packed += b" " * (-len(packed) % 8)
    with to.open("wb") as out:
        out.write(len(packed).to_bytes(8, "little") + packed)
        for tensor in order:
            numbers = _as_bf16(tensor.read())
            numbers.tofile(out)
            wrote(numbers.nbytes)


class _Reading:
    def __init__(self, file: Path, offset: int, about: dict[str, Any]) -> None:
        self._file, self._offset, self._about = file, offset, about

    def __call__(self) -> Floats:
        start, end = self._about["data_offsets"]
        raw = np.fromfile(self._file, np.uint8, count=end - start, offset=self._offset + start)
        if self._about["dtype"] == "BF16":
            numbers = (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            numbers = raw.view({"F32": np.float32, "F16": np.float16}[self._about["dtype"]]).astype(np.float32)
        return numbers.reshape(self._about["shape"])


class _Adding:
    def __init__(self, tensor: Tensor, pair: dict[str, Tensor], scale: float) -> None:
        self._tensor, self._pair, self._scale = tensor, pair, scale

    def __call__(self) -> Floats:
        change = self._pair["B"].read() @ self._pair["A"].read()
        return np.asarray(self._tensor.read() + np.float32(self._scale) * change, np.float32)


def _pairs(adapter: Path) -> dict[str, dict[str, Tensor]]:
    """By the name of what each is added to."""
    found: dict[str, dict[str, Tensor]] = {}
    for tensor in tensors_of(adapter / "adapter_model.safetensors"):
        target, _, part = tensor.name.removeprefix(_PREFIX).partition(".lora_")
        if part not in ("A.weight", "B.weight"):
            raise ValueError(f"{tensor.name} is no part of a low-rank pair.")
        found.setdefault(target, {})[part[0]] = tensor
    return found


def _scale(adapter: Path) -> float:
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    return float(config["lora_alpha"]) / float(config["r"])


def _as_bf16(numbers: Floats) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """The nearest numbers in 16 bits; of two that are as near, the even one, as torch rounds."""
    bits = np.ascontiguousarray(numbers, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
