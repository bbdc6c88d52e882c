"""What a job asks of the provider."""

from bot.jobs.job import Job
from bot.providers.interface import CreateRequest


def create_request(job: Job) -> CreateRequest:
    """For a job whose files are at the provider: to create it, or to find out whether it was created."""
    assert job.training_file is not None
    assert job.seed is not None
    return CreateRequest(
        submission=job.id,
        model=job.base_model,
        training_file=job.training_file,
        validation_file=job.validation_file,
        hyperparameters=job.hyperparameters,
        suffix=job.suffix,
        seed=job.seed,
        method=job.method,
        grader=job.grader,
        wandb=job.wandb,
        metadata=job.metadata,
        channel=job.origin.channel,
        requested_at=job.create_attempted_at or job.created_at,
    )
