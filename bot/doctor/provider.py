"""What a provider really can, as far as reading shows it: nothing is created there, and no model is asked."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from bot.doctor.finding import Finding, ok, warning, wrong
from bot.models.catalogue import listed_base_models
from bot.models.retirement import retirement, told_dates
from bot.providers import objects
from bot.providers.configured import ConfiguredProvider
from bot.providers.interface import ProviderError, Refused, RemoteModel, Unintelligible
from bot.providers.objects import Json
from bot.providers.trainer import TRAINER
from bot.rescue.source import Source
from training_files.redact import redact

SLOW_SECONDS: Final = 3.0
"""A window of Slack's must open in that time, and waits for the list of models."""


class DoctorSource(Source, Protocol):
    async def health(self) -> Json:
        """Of our trainer."""

    async def cluster(self) -> Json:
        """On which our trainer trains."""


async def check_provider(
    configured: ConfiguredProvider, source: DoctorSource, today: date | None = None
) -> list[Finding]:
    """`source`: asks that provider."""
    began = time.monotonic()
    try:
        listed = [objects.model(raw) for raw in (await source.models())["data"]]
    except ProviderError as error:
        return [_why_silent(error, configured.base_url)]
    return [
        _answers(len(listed), time.monotonic() - began),
        *_models(configured, listed, today or datetime.now(UTC).date()),
        *await _trainer(configured, source),
        await _files(source),
        *await _jobs(configured, source, listed),
    ]


def _why_silent(error: ProviderError, address: str | None) -> Finding:
    status = error.status if isinstance(error, Refused) else None
    if status in {401, 403}:
        return wrong("key_refused", error=error)
    if isinstance(error, Unintelligible) or status in {400, 404, 405, 422}:
        return wrong("not_the_protocol", address=redact(address) if address else None, status=status)
    return wrong("no_answer", error=error)


def _answers(models: int, seconds: float) -> Finding:
    say = warning if seconds > SLOW_SECONDS else ok
    return say("answers_slowly" if seconds > SLOW_SECONDS else "answers", models=models, seconds=round(seconds, 3))


def _models(configured: ConfiguredProvider, listed: Sequence[RemoteModel], today: date) -> Iterator[Finding]:
    config, vendor = configured.config, configured.vendor
    ids, told = {model.id for model in listed}, told_dates(listed)
    offered = list(config.models) or listed_base_models(listed)
    trained = [model for model in offered if retirement(model, vendor.name, told, {}).trains(today)]
    yield ok("base_models", models=trained) if trained else wrong("no_base_models")
    if unknown := [model for model in config.models if model not in ids]:
        yield warning("models_not_listed", models=unknown)
    if over := [model for model in config.models if model not in trained]:
        yield warning("training_ended", models=over)
    if config.default_model and config.default_model not in offered:
        yield warning("default_not_offered", model=config.default_model)
    tuned = [model for model in ids if model.startswith("ft:") and ":ckpt-step-" not in model]
    yield ok("fine_tuned_models", count=len(tuned))
    if config.embeddings is None:
        yield ok("no_embeddings")
    elif config.embeddings in ids:
        yield ok("embeddings", model=config.embeddings)
    else:
        yield warning("embeddings_not_listed", model=config.embeddings)


async def _trainer(configured: ConfiguredProvider, source: DoctorSource) -> list[Finding]:
    """Nothing of any other server, though it may stand where the trainer usually does."""
    if configured.vendor.name != TRAINER.name:
        return []
    try:
        health = await source.health()
    except ProviderError:
        return []
    down = health.get("down")
    failing = list(map(str, down)) if isinstance(down, list) else []
    return [
        wrong("trainer_in_trouble", parts=failing) if failing else ok("trainer"),
        *await _cluster(source),
    ]


async def _cluster(source: DoctorSource) -> list[Finding]:
    """Nothing where the trainer trains on its own machine."""
    try:
        told = await source.cluster()
        address, nodes, suited = str(told["address"]), int(told["nodes"]), int(told["suited"])
        most_gpus = int(told.get("most_gpus", 0))
    except (ProviderError, KeyError, TypeError, ValueError):
        return []
    if told.get("trouble"):
        return [wrong("cluster_no_use", address=address, why=str(told["trouble"]))]
    if not suited:
        return [wrong("cluster_unsuited", address=address)]
    return [ok("cluster", address=address, nodes=nodes, suited=suited, most_gpus=most_gpus)]


async def _files(source: Source) -> Finding:
    try:
        page = await source.files(None)
    except ProviderError as error:
        return wrong("files_refused", error=error)
    return ok("files", count=len(page["data"]), more=bool(page.get("has_more")))


async def _jobs(configured: ConfiguredProvider, source: Source, listed: Sequence[RemoteModel]) -> list[Finding]:
    try:
        page = await source.jobs(None)
    except ProviderError as error:
        return [wrong("jobs_refused", error=error)]
    jobs = page["data"]
    found = [ok("jobs", count=len(jobs), more=bool(page.get("has_more")))]
    if jobs:
        ended = [job for job in jobs if job.get("status") == "succeeded"]
        found.append(await _what_it_tells(source, max(ended or jobs, key=objects.created_at)))
    return [*found, *_other_than_known(configured, jobs, listed)]


async def _what_it_tells(source: Source, job: Json) -> Finding:
    job_id = objects.id_of(job)
    try:
        events = (await source.events(job_id, None))["data"]
        checkpoints = (await source.checkpoints(job_id, None))["data"]
    except ProviderError as error:
        return wrong("job_refused", job=job_id, error=error)
    figures = sum(event.get("type") == "metrics" for event in events)
    return ok("job", job=job_id, events=len(events), figures=figures, checkpoints=len(checkpoints))


def _other_than_known(
    configured: ConfiguredProvider, jobs: Sequence[Json], listed: Sequence[RemoteModel]
) -> Iterator[Finding]:
    """Where what it shows is not what we know of its vendor, or what providers.toml says of it."""
    vendor = configured.vendor
    if not vendor.keeps_metadata and any(job.get("metadata") for job in jobs):
        yield warning("keeps_metadata")
    if vendor.keeps_metadata and jobs and all("metadata" not in job for job in jobs):
        yield warning("keeps_no_metadata")
    if not vendor.pauses and any(job.get("status") in {"pausing", "paused"} for job in jobs):
        yield warning("pauses")
    if not vendor.reports_to_wandb and any(job.get("integrations") for job in jobs):
        yield warning("reports_to_wandb")
    methods = {method for model in listed for method in model.methods} | {_method(job) for job in jobs}
    if vendor.methods and (more := methods - {"", *vendor.methods}):
        yield warning("has_methods", methods=sorted(more))


def _method(job: Mapping[str, Any]) -> str:
    """By which a job was trained; "" where it does not say."""
    method = job.get("method")
    return str(method.get("type") or "") if isinstance(method, dict) else ""
