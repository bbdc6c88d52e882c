"""The settings of a job as another provider is asked for them."""

from bot.jobs.job import Job
from bot.jobs.settings import JobSettings, words_of
from bot.models.names import LONGEST_SUFFIX, suffix_from_file
from bot.providers.protocol import DPO, REINFORCEMENT, Hyperparameters
from bot.providers.vendor import Vendor


def mapped(job: Job, provider: str, base_model: str, vendor: Vendor) -> tuple[JobSettings, tuple[str, ...]]:
    """The settings for the same training of `base_model` there, and the names of those that were asked for and are
    left to the provider, because they would mean something else or it has none."""
    asked = job.requested_hyperparameters
    chosen = Hyperparameters(
        n_epochs=asked.n_epochs,
        beta=asked.beta if job.method == DPO else "auto",
    )
    settings = JobSettings(
        provider=provider,
        model=base_model,
        hyperparameters=chosen,
        suffix=_suffix(job, provider),
        validation=job.validation_dataset_id,
        method=job.method,
        grader=job.grader if job.method == REINFORCEMENT else None,
        wandb=job.wandb if vendor.reports_to_wandb else None,
        metadata=job.metadata if vendor.keeps_metadata else {},
    )
    before = words_of(JobSettings(provider, base_model, hyperparameters=asked, wandb=job.wandb, metadata=job.metadata))
    return settings, tuple(name for name in before if name not in words_of(settings))


def _suffix(job: Job, provider: str) -> str:
    """That of the old model with the provider's name, so that the two are told apart: "support-trainer"."""
    place = suffix_from_file(provider) or "moved"
    name = job.suffix or suffix_from_file(job.file_name or "") or "model"
    return f"{name[: LONGEST_SUFFIX - len(place) - 1]}-{place}"
