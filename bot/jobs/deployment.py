"""The deployment of a job's model, without which it does not answer at some providers. It is paid by the hour."""

from enum import StrEnum

import msgspec


class DeploymentState(StrEnum):
    """ASKED: a person wants it, the provider may not know of it yet. LEAVING: a person wants it gone."""

    ASKED = "asked"
    CREATING = "creating"
    READY = "ready"
    LEAVING = "leaving"


class Deployment(msgspec.Struct, frozen=True, omit_defaults=True):
    """`by`, `asked_at`: who asked for it, or then for its end, and when. `hourly`: US dollars, as they were told then;
    None where nobody knows. Times in seconds since the epoch; `ready_at`: since when it answers; `reminded_at`: of that
    nobody uses it."""

    state: DeploymentState
    by: str
    asked_at: float
    hourly: float | None = None
    ready_at: float | None = None
    reminded_at: float | None = None

    @property
    def costs(self) -> bool:
        return self.ready_at is not None

    def cost_until(self, now: float) -> float | None:
        """US dollars, as far as it is known."""
        if self.ready_at is None or self.hourly is None:
            return None
        return max(0.0, now - self.ready_at) / 3600 * self.hourly
