"""Weights as llama.cpp reads them: a model in the types that are wanted, an adapter as it is.

`convertible` says for which models this is known: Llama and Qwen3, with rotary positions that are plain or stretched as
Llama 3 does. The files that chats use hold no vocabulary: llama.cpp is given token ids, and gives logits.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from trainer.tensors import Floats, Tensor, tensors

_ARCHITECTURES = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen3": gguf.MODEL_ARCH.QWEN3}
Type = gguf.GGMLQuantizationType
_BLOCK = 32  # numbers that share a scale
_WRITTEN_WITHIN = 6 * 3600.0  # seconds; a file that is being written for longer was given up
_FORM = 4  # to be raised where what is written changes: files of another form are not used


class Shape:
    """What a model's config.json says that llama.cpp must know."""

    def __init__(self, weights: Path) -> None:
        self.config: dict[str, Any] = json.loads((weights / "config.json").read_text(encoding="utf-8"))
        self.kind = str(self.config.get("model_type"))
        self.layers = int(self.config.get("num_hidden_layers") or 0)
        self.heads = int(self.config.get("num_attention_heads") or 1)
        self.kv_heads = int(self.config.get("num_key_value_heads") or self.heads)
        self.head_size = int(self.config.get("head_dim") or self.config.get("hidden_size", 0) // self.heads)
        self.rope: dict[str, Any] = self.config.get("rope_parameters") or self.config.get("rope_scaling") or {}

    @property
    def bytes_per_token(self) -> int:
        """What keys and values of one token take, in 16 bits."""
        return 2 * 2 * self.layers * self.kv_heads * self.head_size


def convertible(weights: Path) -> bool:
    shape = Shape(weights)
    return (
        shape.kind in _ARCHITECTURES
        and shape.rope.get("rope_type", "default") in ("default", "llama3")
        and not any(shape.config.get(name) for name in ("attention_bias", "mlp_bias", "use_sliding_window"))
    )


def model_file(weights: Path, cache: Path, most_bytes: int) -> Path:
    """The model in 8 bits, written on first use (some seconds for 100 million parameters) and kept in `cache`; there
    all such files together may take `most_bytes`, and those unused for longest are removed."""
    home = _home(weights, cache)
    newest = max(file.stat().st_mtime for file in weights.glob("*.safetensors"))
    if home.is_file() and home.stat().st_mtime >= newest:
        os.utime(home)  # when it was last used
    else:
        home.parent.mkdir(parents=True, exist_ok=True)
        handle, work = tempfile.mkstemp(suffix=".part", dir=home.parent)
        os.close(handle)
        try:
            write_model(
                weights,
                tensors(weights),
                Path(work),
                gguf.LlamaFileType.MOSTLY_Q8_0,
                lambda name, shape: Type.Q8_0 if shape[-1] % _BLOCK == 0 else Type.F32,
                without_vocabulary,
            )
            os.replace(work, home)
        except BaseException:
            Path(work).unlink(missing_ok=True)
            raise
        _prune(home, most_bytes)
    return home


def _prune(new: Path, most_bytes: int) -> None:
    """Remove the files unused for longest beside a new one, and what was left by a process that was killed."""
    used: dict[Path, tuple[float, int]] = {}
    for file in new.parent.iterdir():
        with contextlib.suppress(OSError):  # somebody else removed it, or Windows keeps it: it is in use
            about = file.stat()
            if file.suffix == ".gguf":
                used[file] = (about.st_mtime, about.st_size)
            elif file.suffix == ".part" and time.time() - about.st_mtime > _WRITTEN_WITHIN:
                file.unlink()
    total = sum(size for _, size in used.values())
    for file in sorted(used.keys() - {new}, key=lambda one: used[one]):
        if total <= most_bytes:
            break
        with contextlib.suppress(OSError):  # on other systems an open model keeps its removed file
            file.unlink()
            total -= used[file][1]


def forget(weights: Path, cache: Path) -> None:
    """Remove what `model_file` keeps, if anything."""
    with contextlib.suppress(OSError):  # Windows keeps a file that is in use
        _home(weights, cache).unlink(missing_ok=True)


def write_adapter(adapter: Path, weights: Path, to: Path) -> None:
    """A LoRA adapter for llama.cpp. ValueError where the adapter holds more than low-rank pairs."""
    shape = Shape(weights)
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    names = gguf.get_tensor_name_map(_ARCHITECTURES[shape.kind], shape.layers)
    writer = gguf.GGUFWriter(to, gguf.MODEL_ARCH_NAMES[_ARCHITECTURES[shape.kind]])
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config["lora_alpha"]))
    for tensor in tensors(adapter):
        target, _, part = tensor.name.removeprefix("base_model.model.").partition(".lora_")
        if part not in ("A.weight", "B.weight"):
            raise ValueError(f"llama.cpp has no place for {tensor.name}")
        numbers = tensor.read()
        if part == "B.weight":
            numbers = _turned(numbers, target, shape)
        writer.add_tensor(f"{_named(names, target)}.weight.lora_{part[0].lower()}", np.ascontiguousarray(numbers))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_model(
    weights: Path,
    each: Iterable[Tensor],
    to: Path,
    file_type: gguf.LlamaFileType,
    type_of: Callable[[str, tuple[int, ...]], Type],
    describe: Callable[[gguf.GGUFWriter], None],
    *,
    quantized: Callable[[Floats, Type], Any] = gguf.quants.quantize,
    wrote: Callable[[int], None] = lambda _: None,
) -> None:
    """A whole model, one tensor in memory at a time. `weights` holds its config.json; `type_of` gives the type of a
    matrix, by llama.cpp's name for it and its shape (all else is in fp32); `describe` adds what the head of the file
    says beyond the shape of the model; `wrote` hears of each piece, in bytes. ValueError where llama.cpp has no place
    for a tensor."""
    shape = Shape(weights)
    names = gguf.get_tensor_name_map(_ARCHITECTURES[shape.kind], shape.layers)
    writer = gguf.GGUFWriter(to, gguf.MODEL_ARCH_NAMES[_ARCHITECTURES[shape.kind]])
    writer.add_file_type(file_type)
    _describe_shape(writer, shape)
    describe(writer)
    order: list[tuple[Callable[[], Floats], Type]] = []

    def add(name: str, size: tuple[int, ...], read: Callable[[], Floats]) -> None:
        kind = type_of(name, size) if len(size) == 2 else Type.F32
        packed = gguf.quants.quant_shape_to_byte_shape(size, kind)
        writer.add_tensor_info(name, size, np.dtype(np.float32), math.prod(packed), raw_dtype=kind)
        order.append((read, kind))

    if shape.rope.get("rope_type") == "llama3":
        add("rope_freqs.weight", (shape.head_size // 2,), lambda: _stretched(shape))
    for tensor in each:
        target = tensor.name.removesuffix(".weight")
        if target != "lm_head" or not shape.config.get("tie_word_embeddings"):
            add(f"{_named(names, target)}.weight", tensor.shape, _Turning(tensor, target, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for read, kind in order:
        packed = quantized(read(), kind)
        writer.write_tensor_data(packed)
        wrote(packed.nbytes)
    writer.close()


def without_vocabulary(writer: gguf.GGUFWriter) -> None:
    writer.add_tokenizer_model("none")


def _describe_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    config = shape.config
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_rope_freq_base(float(shape.rope.get("rope_theta") or config.get("rope_theta") or 10_000.0))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


class _Turning:
    def __init__(self, tensor: Tensor, target: str, shape: Shape) -> None:
        self._tensor, self._target, self._shape = tensor, target, shape

    def __call__(self) -> Floats:
        return np.ascontiguousarray(_turned(self._tensor.read(), self._target, self._shape))


def _home(weights: Path, cache: Path) -> Path:
    return cache / "gguf" / f"{hashlib.sha256(f'{_FORM} {weights}'.encode()).hexdigest()[:32]}.gguf"


def _named(names: gguf.TensorNameMap, target: str) -> str:
    name = names.get_name(target)
    if name is None:
        raise ValueError(f"llama.cpp has no place for {target}")
    return name


def _turned(numbers: Floats, target: str, shape: Shape) -> Floats:
    """Rows as llama.cpp's Llama has them: it turns neighbours by rotary positions, transformers halves of a head."""
    if shape.kind != "llama" or not target.endswith(("q_proj", "k_proj")):
        return numbers
    heads = shape.heads if target.endswith("q_proj") else shape.kv_heads
    halves = numbers.reshape(heads, 2, len(numbers) // heads // 2, *numbers.shape[1:])
    return halves.swapaxes(1, 2).reshape(numbers.shape)


def _stretched(shape: Shape) -> Floats:
    """By how much each rotary frequency is divided so that Llama 3 reads further than it was first trained to: waves
    that fit often into the old context not at all, those longer than it by the whole factor, others in between (as in
    Llama 3.1's own code). Shape (head size / 2,)."""
    rope = shape.rope
    theta = float(rope.get("rope_theta") or shape.config.get("rope_theta") or 10_000.0)
    few, many = float(rope["low_freq_factor"]), float(rope["high_freq_factor"])
    waves = 2 * math.pi * theta ** (np.arange(0, shape.head_size, 2) / shape.head_size)
    often = rope["original_max_position_embeddings"] / waves  # how often a wave fits into the old context
    kept = np.clip((often - few) / (many - few), 0, 1)
    return np.asarray(1 / ((1 - kept) / float(rope["factor"]) + kept), np.float32)
