"""Messages between the server and its child processes: JSON lines over standard input and output, msgspec structs on
both sides.

A child ends when its input ends, so that none outlives its server; but for a training that has begun (see
`training.runners.mailbox`).
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from typing import Any, Generic, TypeVar

import msgspec

M = TypeVar("M")


class ChildPipe(Generic[M]):
    """The child's end; `kind` is the type of what it is sent. Whatever libraries print goes to the error stream, never
    between the messages."""

    def __init__(self, kind: Any = None) -> None:
        self._decoder: msgspec.json.Decoder[M] = msgspec.json.Decoder(kind)
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._in = os.fdopen(os.dup(0), "rb")
        self._lock = threading.Lock()
        self.outlives_server = False
        self.received: queue.SimpleQueue[M] = queue.SimpleQueue()

    def listen(self) -> None:
        """Read messages in the background into `received`; end the process when the server is gone."""
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: msgspec.Struct) -> None:
        line = memoryview(msgspec.json.encode(message) + b"\n")
        with self._lock:
            while line:
                line = line[self._out.write(line) or 0 :]

    def leave(self) -> None:
        """In a forked child: let go of the pipe, which is its parent's. The parent's thread may have been reading, so
        only the descriptors are closed."""
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        for descriptor in (nothing, self._in.fileno(), self._out.fileno()):
            os.close(descriptor)

    def _read(self) -> None:
        for line in self._in:
            with contextlib.suppress(msgspec.DecodeError):  # the line at which the server was killed
                self.received.put(self._decoder.decode(line))
        if not self.outlives_server:
            os._exit(0)
