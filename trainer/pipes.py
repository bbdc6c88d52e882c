"""How the server's processes talk: one JSON object a line, over the child's standard input and output.

A child ends when its input ends, so that none outlives its server; but for a training that has begun (see `mailbox`).
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any


class ChildPipe:
    """The child's end. Whatever libraries print goes to the error stream, never between the messages."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._in = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self._lock = threading.Lock()
        self.outlives_server = False
        self.received: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen(self) -> None:
        """Read messages in the background into `received`; end the process when the server is gone."""
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, **message: Any) -> None:
        with self._lock:
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()

    def leave(self) -> None:
        """In a forked child: let go of the pipe, which is its parent's. The parent's thread may have been reading, so
        only the descriptors are closed."""
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        for descriptor in (nothing, self._in.fileno(), self._out.fileno()):
            os.close(descriptor)

    def _read(self) -> None:
        for line in self._in:
            self.received.put(json.loads(line))
        if not self.outlives_server:
            os._exit(0)
