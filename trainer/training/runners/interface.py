"""The interface of runners, which train jobs apart from the server and find their runs again after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from trainer.training.messages import Command, Report
from trainer.training.plan import Plan


class Run(Protocol):
    """One attempt at training a job, whichever server started it."""

    def send(self, command: Command) -> None:
        """Send a command. A run that has ended ignores it."""
        ...

    def messages(self) -> AsyncIterator[Report]:
        """Everything that it has reported and reports, until it ends."""
        ...

    async def wait(self) -> int | None:
        """Its return code once it has ended; None where nobody can know."""
        ...

    async def kill(self) -> None:
        """End it at once. Does nothing where it has ended."""
        ...

    def close(self) -> None:
        """All its messages were read: `find` no longer returns it."""
        ...


class Runner(Protocol):
    """Where jobs train. `folder` is the job's private folder."""

    @property
    def devices(self) -> int | None:
        """How many devices jobs may have at once, a job as many as its plan says; None where a cluster decides, and a
        run says when it is `OutOfLine`."""
        ...

    @property
    def most_devices(self) -> int | None:
        """How many devices a job may ask for that finds one too small; None where that is not known yet."""
        ...

    def prepare(self) -> None:
        """A job is likely soon: begin to load what takes long."""
        ...

    async def ready(self) -> None:
        """Wait until a run can begin at once."""
        ...

    async def start(self, plan: Plan, folder: Path) -> Run:
        """Begin to train."""
        ...

    def find(self, folder: Path) -> Run | None:
        """The run of this job that was last started and not closed, dead or alive; it learns of its new server."""
        ...

    def tidy(self, folder: Path) -> None:
        """The job has ended: what is kept of it elsewhere than in its folder is no longer needed."""
        ...

    async def stop(self) -> None:
        """The server stops. Runs on its machine save their state after the step at hand and end, which is waited for,
        if not for ever; others go on without it."""
        ...
