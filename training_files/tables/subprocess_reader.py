"""Parse workbooks and Parquet files in a subprocess with limits on memory and time. This is the parent's side.

A workbook is an archive of XML, a Parquet file compressed columns: a few kilobytes can ask for all memory there is. The
child is given no secrets, `MEMORY` and `SECONDS`. Linux holds these limits itself; macOS ignores the one on memory and
Windows has none, so the parent also looks at the child's memory ten times a second, everywhere, and ends it.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from training_files.errors import TrainingFileError
from training_files.report import TableNote

KINDS = frozenset({"xlsx", "xls", "ods", "parquet"})

MEMORY = 1 << 30
"""Bytes of address space, and of memory, that the child may take."""

SECONDS = 60
"""Processor time for the whole file, and the longest wait for its next row."""

_LOOKS = 0.1
"""Seconds between two looks at the child."""

_LONGEST_LINE = 16 << 20
"""Bytes of one row."""

_SIGXCPU = 24
"""How Linux and macOS end a process whose processor time is used up."""


class Beginning(msgspec.Struct, tag=True):
    """The child's first line: the number of rows (a lower bound if `counted` is False), and notes for the person."""

    total: int
    counted: bool = True
    notes: list[TableNote] = []


class End(msgspec.Struct, tag=True):
    """The child's last line; `error` and `values` are those of a TrainingFileError, where there was one."""

    error: str = ""
    values: dict[str, Any] = {}


class Child:
    """The parent's side: what the child said first, and its rows."""

    def __init__(self, path: Path, kind: str, process: "subprocess.Popen[bytes]", watch: "Watch") -> None:
        assert process.stdout is not None
        self.kind = kind
        self.pid = process.pid
        self._path = path
        self._process = process
        self._lines: IO[bytes] = process.stdout
        self._watch = watch
        self._seen = self._bytes = 0
        self.beginning = self._begin()

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        """A sheet's rows: number and cells."""
        yield from self._rows(tuple[int, list[str]])

    def records(self) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """A Parquet file's rows: number, and values by column."""
        yield from self._rows(tuple[int, dict[str, Any]])

    def share(self) -> float:
        total = self.beginning.total
        return min(1.0, self._seen / total) if total else 0.0

    def bytes_read(self) -> int:
        """Of rows, unpacked."""
        return self._bytes

    def _begin(self) -> Beginning:
        said = self._decoded(msgspec.json.Decoder(Beginning | End))
        if isinstance(said, End):
            raise TrainingFileError(said.error, **said.values)
        return said  # type: ignore[no-any-return]

    def _rows(self, shape: Any) -> Iterator[Any]:
        decoder = msgspec.json.Decoder(shape | End)
        while not isinstance(row := self._decoded(decoder), End):
            self._seen = row[0]
            yield row
        if row.error:
            raise TrainingFileError(row.error, **row.values)

    def _decoded(self, decoder: "msgspec.json.Decoder[Any]") -> Any:
        self._watch.waiting_since = time.monotonic()
        line = self._lines.readline(_LONGEST_LINE)
        self._watch.waiting_since = None
        self._bytes += len(line)
        if line.endswith(b"\n"):
            with contextlib.suppress(msgspec.DecodeError):
                return decoder.decode(line)
        elif len(line) == _LONGEST_LINE:
            raise TrainingFileError("row_too_large", name=self._path.name, megabytes=_LONGEST_LINE >> 20)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        raise self._trouble()

    def _trouble(self) -> TrainingFileError:
        if self._watch.ended == "time" or self._process.returncode == -_SIGXCPU:
            return TrainingFileError("too_slow_to_unpack", name=self._path.name, seconds=SECONDS)
        return TrainingFileError("too_large_to_unpack", name=self._path.name, megabytes=MEMORY >> 20)


@contextmanager
def read(path: Path, kind: str) -> Iterator[Child]:
    """Parses the file in a subprocess. Raises TrainingFileError, at once or while rows are read."""
    kept = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # and no secrets
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment["PYTHONPATH"] = str(Path(__file__).parents[3])
    command = [sys.executable, "-P", "-m", "training_files.tables.subprocess_child", kind, str(path.absolute())]
    limits = [str(MEMORY), str(SECONDS)]
    with subprocess.Popen(
        command + limits, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        watch = Watch(process)
        watch.start()
        try:
            yield Child(path, kind, process, watch)
        finally:
            process.kill()
            watch.stop.set()
            watch.join()


class Watch(threading.Thread):
    """Ends a child that takes too much memory, or too long for its next row."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(name="watch a subprocess", daemon=True)
        self.waiting_since: float | None = None
        self.ended = ""
        self.stop = threading.Event()
        self._process = process

    def run(self) -> None:
        import psutil

        try:
            child = psutil.Process(self._process.pid)
            while self._process.poll() is None and not self.stop.wait(_LOOKS):
                since = self.waiting_since
                if since is not None and time.monotonic() - since > SECONDS:
                    self.ended = "time"
                elif child.memory_info().rss > MEMORY:
                    self.ended = "memory"
                if self.ended:
                    self._process.kill()
                    return
        except psutil.Error:
            return  # it has ended
