"""What the server tells the process that reports a job, and what it hears back."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class Run(msgspec.Struct, frozen=True):
    """A run to be made, or gone on with: its id is the job's. `config` are settings and lineage."""

    id: str
    project: str
    name: str
    folder: str
    entity: str | None = None
    tags: list[str] = []
    config: dict[str, Any] = {}


class Measurements(msgspec.Struct, frozen=True, tag="measurements"):
    """By step, ascending. What the run has already is ignored there."""

    steps: list[dict[str, Any]]


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """The job has ended."""

    summary: dict[str, Any]
    failed: bool = False


Order: TypeAlias = Measurements | Finish


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """`url` is None where nothing is sent (WANDB_MODE=offline)."""

    url: str | None = None


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """All is there."""


Said: TypeAlias = Begun | Finished
