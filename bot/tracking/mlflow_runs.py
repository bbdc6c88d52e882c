"""Tells MLflow of a run, by its own client. For worker processes: it may hang with the network."""

import os
import re
from typing import Final

from bot.tracking.run import Run

_JOB: Final = "finetune_bot.job"
# What may not stand in the name of a parameter; names of metadata are people's own.
_NO_NAME: Final = re.compile(r"[^\w/.: -]")
_MOST: Final = 900  # figures in one request; MLflow takes 1,000 (its REST API, read November 2026)


def send(run: Run, *, address: str, experiment: str) -> None:
    """Make the run, or go on with it: it is known by a tag. Steps that it has are left out."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag

    client = MlflowClient(tracking_uri=address)
    known = client.get_experiment_by_name(experiment)
    place = known.experiment_id if known else client.create_experiment(experiment)
    found = client.search_runs([place], filter_string=f"tags.`{_JOB}` = '{run.id}'", max_results=1)
    there = (
        found[0]
        if found
        else client.create_run(place, start_time=_ms(run.began), tags={_JOB: run.id}, run_name=run.name)
    )
    id = there.info.run_id
    last = {
        name: max((one.step for one in client.get_metric_history(id, name)), default=-1)
        for name in {name for one in run.measured for name in one.figures}
    }
    figures = [
        Metric(name, value, _ms(one.at), one.step)
        for one in run.measured
        for name, value in one.figures.items()
        if one.step > last[name]
    ]
    for at in range(0, len(figures), _MOST):
        client.log_batch(id, metrics=figures[at : at + _MOST])
    # A parameter is what it is for good; what changes is a tag. A run that was made before a crash may have none yet.
    settings = {_NO_NAME.sub("_", name): value for name, value in run.settings.items()}
    client.log_batch(
        id,
        params=[Param(name, value) for name, value in settings.items() if name not in there.data.params],
        tags=[RunTag(name, str(value)) for name, value in {"mlflow.runName": run.name, **run.summary}.items()],
    )
    if run.ended is not None:
        ended = "FINISHED" if run.succeeded else "KILLED" if run.state == "cancelled" else "FAILED"
        client.set_terminated(id, ended, _ms(run.ended))


def _ms(at: float) -> int:
    return int(at * 1000)
