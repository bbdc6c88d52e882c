"""The libraries that training needs, loaded: that takes seconds."""

from __future__ import annotations

import contextlib
import gc
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

# What transformers and TRL import merely because it is installed, a third of the time that loading takes: services that
# `trainer.tracking` tells of a training, and what finds objects in pictures.
_UNUSED = ("mlflow", "scipy", "wandb")


def load() -> str | None:
    """Import what training needs; the name of what is not installed, if anything."""
    # What is imported stays: looking for garbage meanwhile takes a fifth of the time (7.1 s of 8.9 s of one processor).
    gc.disable()
    try:
        with _as_if_not_installed(_UNUSED):
            import_module("trainer.training.run")
    except ImportError as error:
        return str(error.name)
    with contextlib.suppress(ImportError, AttributeError):  # where it once has another name, jobs begin later
        # Patterns for the names of all models' weights. Transformers (5.24) would make them in each copy anew: 0.3 s.
        import_module("transformers.conversion_mapping").get_checkpoint_conversion_mapping("llama")
    gc.freeze()
    gc.enable()
    return None


def can_fork() -> bool:
    """Whether a copy of a process that has them loaded can train."""
    import torch

    # What was asked of a GPU before a fork is no use after it, and libraries ask already when they are imported.
    return sys.platform == "linux" and shutil.which("nvidia-smi") is None and torch.version.hip is None


@contextlib.contextmanager
def _as_if_not_installed(packages: tuple[str, ...]) -> Iterator[None]:
    """Python finds no package that `sys.modules` has as None. Afterwards they can be imported: scikit-learn, which a
    job of classes loads, needs SciPy."""
    hidden: dict[str, Any] = {package: None for package in packages if package not in sys.modules}
    sys.modules.update(hidden)
    try:
        yield
    finally:
        for package in hidden:
            del sys.modules[package]
