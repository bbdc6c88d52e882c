"""The Ray cluster of the settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from texts import trainer as texts
from trainer.errors import TrainerError
from trainer.settings import Settings, variable
from trainer.training.runners.bucket import Bucket, BucketError, BucketRefused
from trainer.training.runners.ray_cluster import Cluster, Resources, Unreachable, most_devices, read_token
from trainer.training.runners.ray_jobs import RayRunner

_PROBE = "bases/.probe"  # an object that says nothing


class State(msgspec.Struct, frozen=True):
    """How a cluster is: `trouble` keeps jobs from being handed to it, "" where nothing does. So many `nodes` are alive,
    the head included; so many of them are `suited` to a job of one device, whether they have room now or not. One job
    can have up to `most_gpus`; 0 where jobs take none."""

    trouble: str = ""
    nodes: int = 0
    suited: int = 0
    most_gpus: int = 0


def ray_runner(settings: Settings, log: Path) -> RayRunner:
    """Raises TrainerError where the settings say too little."""
    return RayRunner(
        _cluster(settings), _resources(settings), log, python=settings.ray_python, bucket=_bucket(settings)
    )


async def check(settings: Settings) -> str:
    """Ask the cluster whether it is of use; "", or why it does not answer. Raises TrainerError where it must not be
    used."""
    if (bucket := _bucket(settings)) is not None:
        try:
            await asyncio.to_thread(bucket.put, _PROBE, b"")
        except BucketRefused as error:
            raise TrainerError(texts.bucket_unusable(str(error))) from error
        except BucketError:
            pass  # for now: jobs say so
    async with _asked(settings) as cluster:
        try:
            await cluster.ensure_safe()
        except Unreachable as error:
            return str(error)
    return ""


async def look(settings: Settings) -> State:
    """Ask the cluster how it is."""
    job = _resources(settings)
    async with _asked(settings) as cluster:
        try:
            if (bucket := _bucket(settings)) is not None:
                await asyncio.to_thread(bucket.put, _PROBE, b"")
            await cluster.ensure_safe()
            nodes = await cluster.nodes()
        except (Unreachable, BucketError, TrainerError) as error:
            return State(str(error))
    suited, most = sum(node.takes(job) for node in nodes), most_devices(nodes, job) if job.gpus else 0
    return State(nodes=len(nodes), suited=suited, most_gpus=most)


@asynccontextmanager
async def _asked(settings: Settings) -> AsyncIterator[Cluster]:
    cluster = _cluster(settings)
    try:
        yield cluster
    finally:
        await cluster.close()


def _bucket(settings: Settings) -> Bucket | None:
    if settings.bucket is None:
        return None
    try:
        return Bucket(settings.bucket)
    except ImportError:
        raise TrainerError(texts.bucket_needs_packages(settings.bucket)) from None
    except BucketError as error:
        raise TrainerError(texts.bucket_unusable(str(error))) from error


def _resources(settings: Settings) -> Resources:
    """What a job of one device takes."""
    memory = round(settings.ray_memory * 1e9)
    return Resources(settings.ray_cpus, settings.ray_gpus, memory, settings.ray_resources, settings.ray_labels)


def _cluster(settings: Settings) -> Cluster:
    if settings.shared is None:
        raise TrainerError(texts.cluster_needs(variable("shared")))
    address = settings.ray_address or ""
    if not address.startswith(("http://", "https://")):
        raise TrainerError(texts.cluster_needs_address(variable("ray_address"), address))
    return Cluster(address, read_token(settings.ray_token, settings.ray_token_path))
