"""Fine-tuned models that answer only while their provider holds them ready: a deployment, paid by the hour."""

import hashlib
import re
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from bot.providers.protocol import JobError

LONGEST_NAME: Final = 64


class HostedState(StrEnum):
    CREATING = "creating"
    READY = "ready"
    REMOVING = "removing"
    FAILED = "failed"


class Hosted(msgspec.Struct, frozen=True):
    """A deployment as the provider tells of it. `error`: why it failed, where that is told."""

    state: HostedState
    error: JobError | None = None


class Hosting(Protocol):
    """Every method may raise ProviderError in one of its kinds."""

    async def deploy(self, model: str) -> Hosted:
        """Ask for the model's deployment. Asked again it is the same one."""

    async def look(self, model: str) -> Hosted | None:
        """None where there is none."""

    async def remove(self, model: str) -> None:
        """Also where there is none."""

    async def close(self) -> None: ...


def deployment_name(model: str) -> str:
    """The name by which a deployed model is asked: the model's own; one that is too long is cut, and ends in a hash of
    the whole."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", model).lstrip("-._")
    if name == model and len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"
