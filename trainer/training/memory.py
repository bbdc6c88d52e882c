"""How much memory and disk a training needs, judged before it starts; how to make do with less.

The estimate is the weights, what is learned (an adapter, or all weights) with gradients and Adam's two moments, and
what the backward pass needs of the forward one. Held against measured peaks in docs/trainer.md. A rank of 0 means all
weights.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from trainer.training.plan import MOST_AT_ONCE, share

# Python, torch, transformers and TRL, loaded.
_LIBRARIES = 700 << 20
# Of what a machine has free: some is left for whoever else comes.
_USABLE = 0.95


class Shape(msgspec.Struct, frozen=True):
    """What of a model decides how much memory it takes."""

    parameters: int
    hidden: int
    intermediate: int
    layers: int
    vocabulary: int
    linears: tuple[tuple[int, int], ...]  # (rows, columns) of each weight that an adapter goes on
    keys: int  # numbers in the keys of one token in one layer, and as many in its values

    def learned(self, rank: int) -> int:
        """Parameters that are learned: of a LoRA adapter on all linear layers, or all."""
        return sum(rank * (rows + columns) for rows, columns in self.linears) if rank else self.parameters


class MemoryPlan(msgspec.Struct, frozen=True):
    """How to train within the memory: examples at once, whether activations are recomputed (gradient checkpointing),
    whether the base weights are loaded in 4 bits; the estimated bytes of a device; on how many devices; and whether
    each of these holds only its part of the base weights (FSDP)."""

    micro_batch: int
    checkpointing: bool
    four_bit: bool
    bytes: int
    devices: int = 1
    sharded: bool = False


def shape_of(weights: Path) -> Shape:
    """Read from the model's config and the heads of its safetensors files."""
    config = json.loads((weights / "config.json").read_text(encoding="utf-8"))
    config = config.get("text_config") or config
    sizes = list(_sizes(weights))
    linears = tuple(
        (size[0], size[1]) for name, size in sizes if len(size) == 2 and "embed" not in name and "lm_head" not in name
    )
    hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    return Shape(
        parameters=sum(_product(size) for _, size in sizes),
        hidden=hidden,
        intermediate=int(config.get("intermediate_size") or 4 * hidden),
        layers=int(config["num_hidden_layers"]),
        vocabulary=int(config["vocab_size"]),
        keys=int(config.get("num_key_value_heads") or heads) * int(config.get("head_dim") or hidden // heads),
        linears=linears,
    )


def needed(
    shape: Shape,
    *,
    tokens: int,
    rank: int,
    number_bytes: float,
    reference: bool = False,
    checkpointing: bool = False,
    four_bit: bool = False,
    shards: int = 1,
) -> int:
    """Bytes at the peak of a step that reads so many `tokens` at once (examples times the longest of them), on one
    device. `number_bytes` is the size of a number in the type that is computed in: 2 for bf16, 4 for fp32. With a
    `reference` (DPO) weights that all change are there a second time. Of base weights in so many `shards` a device
    holds one, and whole layers while they are computed; the adapter it holds whole."""
    weights = shape.parameters * (0.6 if four_bit else number_bytes + (4 if reference and not rank else 0))
    if shards > 1:
        ends = 2 * shape.vocabulary * shape.hidden
        # Two layers, for the next one is fetched meanwhile.
        whole = ends + 2 * max(shape.parameters - ends, 0) / shape.layers
        weights = weights / shards + whole * number_bytes
    learned = shape.learned(rank) * 16  # weight, gradient, two moments, in fp32
    # A layer keeps its norms, projections and gates; each adapter keeps its input in fp32. The factors make the whole
    # a little more than what was measured.
    layer = number_bytes * (12 * shape.hidden + 5 * shape.intermediate) + 4 * (6 * shape.hidden + shape.intermediate)
    activations = tokens * shape.layers * layer * (0.65 if checkpointing else 1.25)
    head = min(tokens, 2048) * shape.vocabulary * 4 * 3
    return _LIBRARIES + int(weights + learned + activations + head)


def rows_to_sample(shape: Shape, *, longest: int, rank: int, number_bytes: float, free: int, most: int) -> int:
    """How many answers can grow side by side within `free` bytes, prompts included, `longest` tokens each; at least
    one."""
    weights = shape.parameters * number_bytes + shape.learned(rank) * 16
    # Each has its keys and values, the widest layer of the prompt while it is read, and likelihoods several times over.
    kept = longest * (2 * shape.layers * shape.keys + 2 * (shape.hidden + shape.intermediate)) * number_bytes
    row = kept + shape.vocabulary * 4 * 4
    return max(1, min(most, int((free * _USABLE - _LIBRARIES - weights) / row)))


def find_plan(
    shape: Shape,
    *,
    longest: int,
    batch_size: int,
    rank: int,
    number_bytes: float,
    free: int,
    can_quantize: bool,
    reference: bool = False,
    devices: int = 1,
) -> MemoryPlan | None:
    """The fastest way to train that fits into `free` bytes of each of so many `devices`; None where none does.

    A smaller part of the batch at a time costs least, then computing activations twice, then base weights in parts, or
    on one device in 4 bits.
    """
    rows = share(batch_size, devices)
    parts = [size for size in range(min(rows, MOST_AT_ONCE), 0, -1) if rows % size == 0]
    # Weights in 4 bits cannot be learned themselves; those in parts could be, but not saved and gone on from.
    ways = [(False, 1)]
    if devices > 1 and rank:
        ways.append((False, devices))
    if devices == 1 and rank and can_quantize:
        ways.append((True, 1))
    for four_bit, shards in ways:
        for checkpointing in (False, True):
            for part in parts:
                wanted = needed(
                    shape,
                    tokens=part * longest,
                    rank=rank,
                    number_bytes=number_bytes,
                    reference=reference,
                    checkpointing=checkpointing,
                    four_bit=four_bit,
                    shards=shards,
                )
                if wanted <= free * _USABLE:
                    return MemoryPlan(part, checkpointing, four_bit, wanted, devices, shards > 1)
    return None


def find_roomy_plan(
    shape: Shape, *, most_devices: int, can_quantize: bool, devices: int = 1, **how: Any
) -> MemoryPlan | None:
    """As `find_plan`, on so many `devices` or as few more as will do, and in 4 bits only where all of them would
    not."""
    for count in range(devices, most_devices + 1):
        plan = find_plan(shape, devices=count, can_quantize=False, **how)
        if plan is not None:
            return plan
    return find_plan(shape, devices=devices, can_quantize=can_quantize, **how)


def longest_trainable(shape: Shape, *, most: int, **how: Any) -> int:
    """The longest example, up to `most` tokens, of which one at a time fits, `how` as in `find_plan`; 0 where none
    does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if find_plan(shape, longest=middle, batch_size=1, **how) is not None:
            low = middle
        else:
            high = middle - 1
    return low


def disk_needed(shape: Shape, rank: int) -> int:
    """Bytes for the weights of four epochs (three are kept; all weights in bf16) and two states to go on from."""
    return shape.learned(rank) * (4 * (4 if rank else 2) + 2 * 12) + (16 << 20)


def free_disk(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def free_memory() -> int:
    """Bytes of main memory that this process may still take: what the machine has, and its container's limit."""
    import psutil

    free = int(psutil.virtual_memory().available)
    for limit, used in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no container, or no limit
            free = min(free, int(Path(limit).read_text()) - int(Path(used).read_text()))
    return max(free, 0)


def total_memory() -> int:
    """Bytes of main memory that the machine has, or its container may take."""
    import psutil

    total = int(psutil.virtual_memory().total)
    for limit, _ in _LIMITS:
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(limit).read_text()))
    return total


# Of a container: the limit, and what is used of it.
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def _sizes(weights: Path) -> Iterator[tuple[str, list[int]]]:
    """Name and size of each tensor: a safetensors file begins with the length of its head, then the head as JSON."""
    for path in sorted(weights.glob("*.safetensors")):
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            head = json.loads(file.read(length))
        for name, tensor in head.items():
            if name != "__metadata__":
                yield name, tensor["shape"]


def _product(size: list[int]) -> int:
    product = 1
    for one in size:
        product *= one
    return product
