"""Fine-tuning jobs: /v1/fine_tuning/jobs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request

from telemetry import traces
from trainer.api.bodies import require_metadata
from trainer.api.create_job import MAX_SEED, CreateJob, method_of, reinforcement_of
from trainer.api.errors import ApiError, not_found
from trainer.api.integrations import integration_objects, integrations_of
from trainer.api.lists import list_object
from trainer.api.objects import (
    CheckpointObject,
    EventObject,
    HyperparametersObject,
    JobObject,
    MethodObject,
    Page,
    ReinforcementObject,
)
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.catalogue import ResolvedModel
from trainer.errors import TrainingFailed
from trainer.objects import PRIORITIES, Checkpoint, Event, Job, Key, Priority, new_id, now
from trainer.training.plan import GPUS, MOST_DEVICES, Method, Reinforcement, check_devices

router = APIRouter(prefix="/v1/fine_tuning/jobs")


@router.post("")
async def create(services: ServicesDep, key: CurrentKey, body: CreateJob) -> JobObject:
    method = method_of(body)
    integrations = integrations_of(body.integrations, services.settings)
    require_metadata(body.metadata)
    found = services.model(body.model, key, missing=400)
    _require_servable(services, found)
    _require_file(services, key, body.training_file, "training_file")
    if body.validation_file is not None:
        _require_file(services, key, body.validation_file, "validation_file")
        if body.validation_file == body.training_file:
            raise ApiError(400, "Training and validation file must be different files.", param="validation_file")
    reinforcement = reinforcement_of(body) if method == "reinforcement" else None
    chosen = body.chosen()
    job = Job(
        id=new_id("ftjob-"),
        created_at=now(),
        status="validating_files",
        model=found.id,
        base=found.base.id,
        training_file=body.training_file,
        validation_file=body.validation_file,
        suffix=_suffix(body.suffix),
        seed=body.seed if body.seed is not None else secrets.randbelow(MAX_SEED + 1),
        n_epochs=chosen.n_epochs,
        batch_size=chosen.batch_size,
        learning_rate_multiplier=chosen.learning_rate_multiplier,
        beta=chosen.beta if method == "dpo" else None,
        method=method,
        reinforcement=msgspec.to_builtins(reinforcement),
        metadata=body.metadata,
        owner=key.name,
        integrations=integrations,
        priority=_priority(body.metadata, key),
        devices=_devices(body.metadata, method, services.supervisor.devices),
        traceparent=traces.traceparent(),
    )
    services.supervisor.submit(job)
    services.tracker.track(job)
    return job_object(job, services)


@router.get("")
def list_jobs(
    services: ServicesDep,
    key: CurrentKey,
    request: Request,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[JobObject]:
    query = request.query_params
    wanted = {key[9:-1]: value for key, value in query.items() if key.startswith("metadata[") and key.endswith("]")}
    require_metadata(wanted)
    try:
        page, more = services.store.jobs(
            key=key, after=after, limit=limit, metadata=wanted, without_metadata=query.get("metadata") == "null"
        )
    except KeyError:
        raise not_found("fine-tuning job", str(after), "after") from None
    places = services.queue.places() if any(job.status == "queued" for job in page) else {}
    return list_object([job_object(job, services, places) for job in page], more=more)


@router.get("/{job_id}")
def retrieve(services: ServicesDep, key: CurrentKey, job_id: str) -> JobObject:
    return job_object(_existing(services, key, job_id), services)


# On the event loop, like everything that changes a job.
@router.post("/{job_id}/cancel")
async def cancel(services: ServicesDep, key: CurrentKey, job_id: str) -> JobObject:
    job = _existing(services, key, job_id)
    if job.finished:
        raise ApiError(400, f"The job {job_id} has {job.status} already and cannot be cancelled.", code="job_finished")
    return job_object(services.supervisor.cancel(job), services)


@router.post("/{job_id}/pause")
async def pause(services: ServicesDep, key: CurrentKey, job_id: str) -> JobObject:
    job = _existing(services, key, job_id)
    if job.status not in ("queued", "running"):
        what = "is still being checked" if job.status == "validating_files" else f"is {job.status}"
        raise ApiError(
            400, f"The job {job_id} {what}; only one that waits or trains can be paused.", code="job_not_running"
        )
    return job_object(services.supervisor.pause(job), services)


@router.post("/{job_id}/resume")
async def resume(services: ServicesDep, key: CurrentKey, job_id: str) -> JobObject:
    job = _existing(services, key, job_id)
    if job.status != "paused":
        raise ApiError(400, f"The job {job_id} is {job.status}, not paused.", code="job_not_paused")
    return job_object(services.supervisor.resume(job), services)


@router.get("/{job_id}/events")
def list_events(
    services: ServicesDep,
    key: CurrentKey,
    job_id: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> Page[EventObject]:
    _existing(services, key, job_id)
    try:
        page, more = services.store.events(job_id, after=after, limit=limit)
    except KeyError:
        raise not_found("event", str(after), "after") from None
    return list_object([_event_object(event) for event in page], more=more)


@router.get("/{job_id}/checkpoints")
def list_checkpoints(
    services: ServicesDep,
    key: CurrentKey,
    job_id: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Page[CheckpointObject]:
    _existing(services, key, job_id)
    try:
        page, more = services.store.checkpoints(job_id, after=after, limit=limit)
    except KeyError:
        raise not_found("checkpoint", str(after), "after") from None
    return list_object([_checkpoint_object(checkpoint) for checkpoint in page], more=more)


def job_object(job: Job, services: Services, places: Mapping[str, int] | None = None) -> JobObject:
    """`places` in the queue, where they are known already."""
    hyperparameters: HyperparametersObject = {
        "n_epochs": job.n_epochs or "auto",
        "batch_size": job.batch_size or "auto",
        "learning_rate_multiplier": job.learning_rate_multiplier or "auto",
    }
    method: MethodObject = {"type": job.method}
    if job.method == "dpo":
        method["dpo"] = {"hyperparameters": {**hyperparameters, "beta": job.beta or "auto"}}
    elif job.method == "reinforcement":
        method["reinforcement"] = _reinforcement_object(job, hyperparameters)
    else:
        method["supervised"] = {"hyperparameters": hyperparameters}
    error = job.error or {}
    told: JobObject = {
        "id": job.id,
        "object": "fine_tuning.job",
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "model": job.model,
        "fine_tuned_model": job.fine_tuned_model,
        "organization_id": services.settings.org,
        "status": job.status,
        "training_file": job.training_file,
        "validation_file": job.validation_file,
        "result_files": job.result_files,
        "trained_tokens": job.trained_tokens,
        "estimated_finish": job.estimated_finish,
        # An object also where nothing went wrong, as the service sends it: programs read `job.error.code`.
        "error": {"code": error.get("code"), "message": error.get("message"), "param": error.get("param")},
        "seed": job.seed,
        "user_provided_suffix": job.suffix,
        "metadata": job.metadata,
        "integrations": integration_objects(job),
        "hyperparameters": hyperparameters,
        "method": method,
    }
    if job.status == "queued":
        known = services.queue.places() if places is None else places
        if job.id in known:  # it may have its turn by now
            told["queue_position"] = known[job.id]
    return told


def _reinforcement_object(job: Job, hyperparameters: HyperparametersObject) -> ReinforcementObject:
    asked = msgspec.convert(job.reinforcement, Reinforcement)
    told: ReinforcementObject = {
        "grader": asked.grader,
        "hyperparameters": {
            "n_epochs": hyperparameters["n_epochs"],
            "batch_size": hyperparameters["batch_size"],
            "learning_rate_multiplier": hyperparameters["learning_rate_multiplier"],
            "reasoning_effort": asked.reasoning_effort,
            "compute_multiplier": asked.compute_multiplier or "auto",
            "eval_interval": asked.eval_interval or "auto",
            "eval_samples": asked.eval_samples or "auto",
        },
    }
    if asked.response_format is not None:
        told["response_format"] = asked.response_format
    return told


def _event_object(event: Event) -> EventObject:
    return {
        "object": "fine_tuning.job.event",
        "id": event.id,
        "created_at": event.created_at,
        "level": event.level,
        "message": event.message,
        "type": event.type,
        "data": event.data,
    }


def _checkpoint_object(checkpoint: Checkpoint) -> CheckpointObject:
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": checkpoint.id,
        "created_at": checkpoint.created_at,
        "fine_tuned_model_checkpoint": checkpoint.model,
        "fine_tuning_job_id": checkpoint.job_id,
        "step_number": checkpoint.step,
        "metrics": checkpoint.metrics,
    }


def _existing(services: Services, key: Key, id: str) -> Job:
    job = services.store.job(id)
    if job is None or not key.sees(job):
        raise ApiError(404, f"Could not find fine tune: {id}", code="fine_tune_not_found", param="fine_tune_id")
    return job


def _require_servable(services: Services, found: ResolvedModel) -> None:
    """ApiError where nobody could chat with what the job would make."""
    why = services.chats.refuses(found)
    if why is not None:
        raise ApiError(
            400,
            f"What is trained from {found.id!r} could not be served: {why}.",
            code="unsupported_value",
            param="model",
        )


def _require_file(services: Services, key: Key, id: str, param: str) -> None:
    file = services.store.file(id)
    if file is None or not key.sees(file):
        raise ApiError(400, f"The file {id!r} does not exist. Upload it first.", code="file_not_found", param=param)
    if file.purpose != "fine-tune":
        raise ApiError(400, f"The file {id!r} has the purpose {file.purpose!r}, not 'fine-tune'.", param=param)


def _priority(metadata: dict[str, str] | None, key: Key) -> Priority:
    """Of the queue, as the metadata ask for it."""
    said = (metadata or {}).get("priority", "normal")
    priority = next((one for one in PRIORITIES if one == said), None)
    if priority is None:
        raise ApiError(
            400,
            f"The metadata priority is 'low', 'normal' or 'high', not {said!r}.",
            code="invalid_metadata",
            param="metadata",
        )
    if priority == "high" and not (key.admin or key.high_priority):
        raise ApiError(
            403,
            "Your key may not ask for the priority 'high'. Leave it out, or ask whoever runs the trainer for a key "
            "that may (`keys create NAME --high-priority`).",
            code="insufficient_permissions",
            param="metadata",
        )
    return priority


def _devices(metadata: dict[str, str] | None, method: Method, there_are: int | None) -> int:
    """How many GPUs the metadata ask for; a cluster's nodes may have `MOST_DEVICES`."""
    said, most = (metadata or {}).get(GPUS, "1"), there_are or MOST_DEVICES
    if not said.isdecimal() or not 1 <= int(said) <= most:
        raise ApiError(
            400,
            f"The metadata gpus is a whole number from 1 to {most}, which is how many a job can have here, not "
            f"{said!r}.",
            code="invalid_metadata",
            param="metadata",
        )
    try:
        check_devices(int(said), method)
    except TrainingFailed as failure:
        raise ApiError(400, str(failure), code=failure.code, param=failure.param) from failure
    return int(said)


def _suffix(suffix: str | None) -> str | None:
    # It becomes a part of a name whose parts are set off by colons.
    if suffix is not None and not all(letter.isalnum() or letter in "-_. " for letter in suffix):
        raise ApiError(400, "A suffix may hold letters, digits, '-', '_', '.' and spaces only.", param="suffix")
    return suffix.replace(" ", "-") if suffix else None
