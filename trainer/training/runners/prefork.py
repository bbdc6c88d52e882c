"""Messages between the server and the process that forks training workers."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from trainer.training.plan import Plan


class Order(msgspec.Struct, frozen=True):
    """Fork a worker for this plan; it talks through the folder `mailbox`."""

    plan: Plan
    mailbox: str


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The libraries are loaded."""


class Forked(msgspec.Struct, frozen=True, tag="forked"):
    pid: int


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """It cannot fork, and has become the worker itself."""


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """A forked worker ended with this code."""

    pid: int
    code: int


Message: TypeAlias = Ready | Forked | Begun | Ended
