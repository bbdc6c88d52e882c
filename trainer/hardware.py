"""What this machine computes with. Imports torch: for workers only."""

from __future__ import annotations

import os
import sys

import torch


def device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def dtype(on: torch.device) -> torch.dtype:
    """bf16 where the processor computes in it, else fp32: emulated bf16 is slower than either.

    On a CPU with AVX512-BF16 a training step took 0.47 s in bf16 and 0.77 s in fp32 (SmolLM2-135M, docs/trainer.md).
    """
    if on.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if on.type == "cpu" and _cpu_has_bf16():
        return torch.bfloat16
    return torch.float32


def lower_priority() -> None:
    """Let everything else on the machine go first. On Windows the server starts the process that way."""
    if sys.platform != "win32":
        os.nice(5)


def _cpu_has_bf16() -> bool:
    # Private names in torch 2.13; a version without them computes in fp32.
    asks = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(ask() for ask in asks if ask is not None)
