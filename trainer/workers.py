"""A worker process: started, written to, read from and ended by the server."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

# The longest message: one event or one piece of an answer.
_LINE_LIMIT = 64 << 20
_LOG_LIMIT = 5 << 20

M = TypeVar("M", bound=msgspec.Struct)


class Worker:
    """One child process that runs a module of the trainer and speaks messages (see `pipes`)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls,
        module: str,
        *,
        log: Path,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
        online: bool = False,
        background: bool = False,
    ) -> Worker:
        """Start `python -m module`, with `environment` besides the server's own. What it writes to its error stream
        goes into `log`. Only a worker that is `online` may ask the Hugging Face hub; one in the `background` lets
        others go first."""
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.is_file() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_suffix(".old"))
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, *arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                limit=_LINE_LIMIT,
                env={**_environment(online, background), **environment},
                # Ctrl-C in a terminal reaches the whole group: the server alone decides when workers end.
                start_new_session=sys.platform != "win32",
                creationflags=_windows_flags(background),
            )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def send(self, message: msgspec.Struct) -> None:
        """Send the worker a message. A dead one ignores it, and its `messages` raise."""
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._process.stdin.write(msgspec.json.encode(message) + b"\n")
            await self._process.stdin.drain()

    async def messages(self, kind: Any) -> AsyncIterator[Any]:
        """What the worker says, values of the type `kind`, until it ends."""
        assert self._process.stdout is not None
        decoder = msgspec.json.Decoder(kind)
        while line := await self._process.stdout.readline():
            try:
                message = decoder.decode(line)
            except msgspec.DecodeError:  # the line at which it was killed
                continue
            yield message

    async def last_message(self, kind: type[M]) -> M | None:
        """The last thing that the worker says before it ends; None where it ended without a word."""
        last: M | None = None
        async for message in self.messages(kind):
            last = message
        return last

    async def wait(self) -> int:
        return await self._process.wait()

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


def died_how(code: int | None) -> str:
    """A clause about how a worker ended, from its return code."""
    if code is None:
        return "nobody saw how"
    if code == errno.ENOSPC:
        return "the disk is full"
    if code in (-9, 137):
        return "it was killed from outside, most often because the machine ran out of memory"
    if code < 0:
        return f"it ended with signal {-code}"
    return f"it ended with code {code}"


def _environment(online: bool, background: bool) -> dict[str, str]:
    environment = {
        # Threads that wait for each other soon sleep. By default they spin for long; on a busy machine that holds up
        # the very threads that they wait for. A step on two cores takes as long so as with thirty times as many turns
        # where nobody else is at work, and a ninth of that beside two busy loops (docs/decisions.md).
        **({"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"} if background else {}),
        **os.environ,
        **QUIET,
    }
    return environment if online else {**environment, **OFFLINE}


QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8",
    "TRL_EXPERIMENTAL_SILENCE": "1",
}
OFFLINE = {"HF_HUB_OFFLINE": "1"}


def _windows_flags(background: bool) -> int:
    if sys.platform != "win32":
        return 0
    # Elsewhere a worker lowers its own priority.
    return subprocess.CREATE_NEW_PROCESS_GROUP | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if background else 0)
