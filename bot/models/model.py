"""A fine-tuned model that the team can talk to: a value."""

import msgspec


class FineTunedModel(msgspec.Struct, frozen=True):
    """`id` is the provider's name for it, `job_id` our job that made it, if one did. `created_at` is in seconds
    since the epoch, `shutdown_date` the day on which it stops answering, as the provider writes it (YYYY-MM-DD).
    `exportable`: it may be had as a file.
    """

    id: str
    base_model: str
    job_id: str | None = None
    created_at: float | None = None
    owner: str | None = None
    shutdown_date: str | None = None
    exportable: bool = False
