"""A model that can be trained, and one that was and that the team can talk to: values."""

from datetime import date

import msgspec

from bot.models.names import short_name


class OfferedModel(msgspec.Struct, frozen=True):
    """A base model that a provider can train."""

    provider: str
    id: str


class FineTunedModel(msgspec.Struct, frozen=True):
    """`id` is the provider's name for it, `job_id` our job whose final model it is, if one made it. `owner`: who
    had it made, of a kept checkpoint who keeps it. `given_name`: of a kept checkpoint, if it has one. `created_at`
    is in seconds since the epoch, `shutdown_date` the first day on which it does not answer.
    `exportable`: it may be had as a file. `rehearsed`: it was made to see whether a file teaches something, not to be
    used.
    """

    id: str
    base_model: str
    job_id: str | None = None
    created_at: float | None = None
    owner: str | None = None
    shutdown_date: date | None = None
    exportable: bool = False
    kept: bool = False
    given_name: str | None = None
    provider: str = ""
    rehearsed: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        return self.given_name or short_name(self.id)
