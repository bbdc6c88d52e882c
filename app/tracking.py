"""The trackers of experiments that the settings name, told by a worker process of their own."""

import importlib.util
import os
from functools import partial
from typing import Any, Final

from bot.settings import Settings
from bot.tracking import mlflow_runs, wandb_runs
from bot.tracking.run import Run, Tracker
from bot.tracking.tracking import Send
from bot.worker_processes import Pool, WorkerPools
from texts import starting as texts

_MOST_SECONDS: Final = 120.0


def complaints(settings: Settings) -> list[str]:
    """Why they cannot be told, as sentences for whoever starts the bot."""
    said = []
    for setting, wanted, package in (
        ("FINETUNE_WANDB_PROJECT", settings.finetune_wandb_project, "wandb"),
        ("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri, "mlflow"),
    ):
        if wanted and importlib.util.find_spec(package) is None:
            said.append(texts.tracker_not_installed(setting, package))
    if settings.finetune_wandb_project and not settings.wandb_api_key and os.environ.get("WANDB_MODE") != "offline":
        said.append(texts.no_wandb_key())
    return said


def trackers(settings: Settings, pools: WorkerPools) -> dict[Tracker, Send]:
    told: dict[Tracker, Send] = {}
    if settings.finetune_wandb_project:
        key = settings.wandb_api_key
        told[Tracker.WANDB] = partial(
            _wandb,
            pools,
            project=settings.finetune_wandb_project,
            entity=settings.finetune_wandb_entity,
            key=key.get_secret_value() if key else None,
            folder=settings.finetune_data / "wandb",
        )
    if settings.mlflow_tracking_uri:
        told[Tracker.MLFLOW] = partial(
            _mlflow, pools, address=settings.mlflow_tracking_uri, experiment=settings.mlflow_experiment_name
        )
    return told


async def _wandb(pools: WorkerPools, run: Run, **where: Any) -> None:
    await pools.run(wandb_runs.send, run, pool=Pool.TRACKING, seconds=_MOST_SECONDS, **where)


async def _mlflow(pools: WorkerPools, run: Run, **where: Any) -> None:
    await pools.run(mlflow_runs.send, run, pool=Pool.TRACKING, seconds=_MOST_SECONDS, **where)
