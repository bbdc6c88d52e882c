"""What a Ray cluster costs a small job, and what a second node gains, against the trainer on its own machine.

    python benchmarks/ray_jobs.py [--jobs 6] [--rounds 3] [--record]

The tiny random model of the tests, on a cluster of real raylets on this machine (`tests/ray_cluster.py`), each of which
has room for one job. Two things are measured:

- start: from the request that creates a job to its first figures. On the trainer's own machine the training libraries
  are loaded already; on a cluster each job loads them. Medians of the rounds;
- jobs: how long `--jobs` jobs of 60 steps take from the first request to the last end: here, one at a time, then on one
  node, then on two. All nodes share this machine's processors.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import table
from tests.ray_cluster import TOKEN, RayCluster
from tests.tiny_model import build_tiny_model
from tests.trainer_process import Trainer, some_examples, wait_for

PATIENCE = 1200.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    figures = {"cores": str(os.cpu_count())}

    def found(name: str, value: str) -> None:
        figures[name] = value
        print(f"{name}: {value}", flush=True)

    jobs = f"{options.jobs} jobs"
    with tempfile.TemporaryDirectory() as folder:
        models = build_tiny_model(Path(folder) / "tiny")
        with trainer(Path(folder) / "local", models) as local:
            found("start, here", f"{start(local, options.rounds):.1f} s")
            found(f"{jobs}, here", f"{throughput(local, options.jobs):.0f} s")
        cluster = RayCluster()
        try:
            cluster.add_node("one")
            with trainer(Path(folder) / "ray", models, cluster) as ray:
                found("start, Ray", f"{start(ray, options.rounds):.1f} s")
                found(f"{jobs}, one node", f"{throughput(ray, options.jobs):.0f} s")
                cluster.add_node("two")
                found(f"{jobs}, two nodes", f"{throughput(ray, options.jobs):.0f} s")
        finally:
            cluster.stop()
    if options.record:
        table.record("ray_jobs", figures)


def start(trainer: Trainer, rounds: int) -> float:
    """Seconds to the first figures. One round that is not counted comes first."""
    times = []
    for _ in range(rounds + 1):
        began = time.monotonic()
        job = trainer.train(some_examples(60), hyperparameters={"n_epochs": 1, "batch_size": 2})
        wait_for(lambda id=job.id: trainer.steps(id) > 0, PATIENCE)
        times.append(time.monotonic() - began)
        assert trainer.ended(job.id, PATIENCE).status == "succeeded"
    return statistics.median(times[1:])


def throughput(trainer: Trainer, count: int) -> float:
    began = time.monotonic()
    settings = {"n_epochs": 2, "batch_size": 2}
    jobs = [trainer.train(some_examples(60), hyperparameters=settings) for _ in range(count)]
    for job in jobs:
        assert trainer.ended(job.id, PATIENCE).status == "succeeded"
    return time.monotonic() - began


@contextmanager
def trainer(folder: Path, models: Path, cluster: RayCluster | None = None) -> Iterator[Trainer]:
    more: dict[str, Any] = {}
    if cluster is not None:
        more = {
            "TRAINER_RUNNER": "ray",
            "TRAINER_SHARED": str(folder / "shared"),
            "TRAINER_RAY_PYTHON": sys.executable,
            "RAY_ADDRESS": cluster.address,
            "RAY_AUTH_TOKEN": TOKEN,
        }
    running = Trainer(folder / "data", models, folder / "cache", **more)
    try:
        yield running
    finally:
        running.kill_all()


if __name__ == "__main__":
    main()
