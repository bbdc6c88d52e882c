"""A Ray cluster on which a job trains until the test says that it has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, cast

from trainer.training.runners.bucket import Bucket
from trainer.training.runners.ray_cluster import Node, Resources, Submission
from trainer.training.runners.ray_jobs import Pace, RayRunner


class Submitted(NamedTuple):
    id: str
    place: str
    resources: Resources


class StandInCluster:
    """`gpus`: how many each of its nodes has."""

    def __init__(self, *gpus: int) -> None:
        self.gpus = gpus
        self.submitted: list[Submitted] = []
        self.job = Submission("RUNNING")
        self.looks = 0

    def runner(self, folder: Path, each: Resources | None = None, bucket: Bucket | None = None) -> RayRunner:
        """Has jobs trained here, `each` device with so much."""
        pace = Pace(look=0.01, ask=0.02, backoff=0.05)
        return RayRunner(cast(Any, self), each or Resources(), folder / "log", bucket=bucket, pace=pace)

    async def ensure_safe(self) -> None: ...

    async def nodes(self) -> list[Node]:
        return [Node("ALIVE", {"CPU": 16.0, "GPU": gpus, "memory": 64e9}) for gpus in self.gpus]

    async def submit(self, id: str, command: str, resources: Resources, *more: object) -> None:
        self.submitted.append(Submitted(id, command.split()[-1], resources))

    async def find(self, id: str) -> Submission:
        self.looks += 1
        return self.job

    async def log(self, id: str) -> str:
        return ""
