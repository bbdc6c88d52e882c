"""Which machine this is, in words, so that what was measured here is not taken for another's. Asks nothing of torch."""

from __future__ import annotations

import os
import platform
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def machine() -> str:
    """For example "x86_64, AMD EPYC 9354, 16 cores, 2 x NVIDIA H200"."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    gpus = Counter(_gpus())
    return ", ".join([platform.machine(), _processor(), f"{cores} cores", *(f"{n} x {gpu}" for gpu, n in gpus.items())])


def _processor() -> str:
    return next(_said(Path("/proc/cpuinfo"), "model name"), platform.processor() or "unknown processor")


def _gpus() -> list[str]:
    """NVIDIA's driver for Linux lists them; what computes elsewhere is known once it has (`Pace.device`)."""
    folders = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    return [name for folder in folders for name in _said(folder, "Model")]


def _said(path: Path, field: str) -> Iterator[str]:
    """The values of a field in a file of lines "field : value"."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == field:
            yield value.strip()
