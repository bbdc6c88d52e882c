"""The Ray cluster of the settings."""

from __future__ import annotations

from pathlib import Path

from texts import trainer as texts
from trainer.errors import TrainerError
from trainer.settings import Settings, variable
from trainer.training.runners.ray_cluster import Cluster, Resources, Unreachable, read_token
from trainer.training.runners.ray_jobs import RayRunner


def ray_runner(settings: Settings, log: Path) -> RayRunner:
    """Raises TrainerError where the settings say too little."""
    resources = Resources(
        settings.ray_cpus, settings.ray_gpus, round(settings.ray_memory * 1e9), settings.ray_resources
    )
    return RayRunner(_cluster(settings), resources, log, python=settings.ray_python)


async def check(settings: Settings) -> str:
    """Ask the cluster whether it is of use; "", or why it does not answer. Raises TrainerError where it must not be
    used."""
    cluster = _cluster(settings)
    try:
        await cluster.ensure_safe()
    except Unreachable as error:
        return str(error)
    finally:
        await cluster.close()
    return ""


def _cluster(settings: Settings) -> Cluster:
    if settings.shared is None:
        raise TrainerError(texts.cluster_needs(variable("shared")))
    address = settings.ray_address or ""
    if not address.startswith(("http://", "https://")):
        raise TrainerError(texts.cluster_needs_address(variable("ray_address"), address))
    return Cluster(address, read_token(settings.ray_token, settings.ray_token_path))
