"""What Weights & Biases' library wrote down of runs offline, read from its own files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_BLOCK, _HEADER, _FILE_HEADER = 32768, 7, 7


class OfflineRun:
    """All that was told of one run, in however many pieces: `history` by step, the last `config` and `summary`."""

    def __init__(self, folder: Path, id: str) -> None:
        self.history: dict[int, dict[str, Any]] = {}
        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.project = self.name = ""
        self.tags: list[str] = []
        self.exit_code: int | None = None
        for file in sorted(folder.rglob(f"run-{id}.wandb")):
            for record in _records(file):
                self._take(record)

    def _take(self, record: Any) -> None:
        if record.HasField("run"):
            run = record.run
            self.project, self.name, self.tags = run.project, run.display_name, list(run.tags)
            self._configure(run.config)
        elif record.HasField("config"):
            self._configure(record.config)
        elif record.HasField("history"):
            row = _values(record.history.item)
            self.history.setdefault(int(row["_step"]), {}).update(row)
        elif record.HasField("summary"):
            self.summary |= _values(record.summary.update)
        elif record.HasField("exit"):
            self.exit_code = record.exit.exit_code

    def _configure(self, config: Any) -> None:
        self.config |= _values(config.update)


def _values(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def _records(file: Path) -> list[Any]:
    """Its log is LevelDB's: blocks of records, each with checksum, length and type (whole, first, middle, last)."""
    from wandb.proto import wandb_internal_pb2 as protocol  # two seconds to import

    data, found, part = file.read_bytes(), [], b""
    at = _FILE_HEADER
    while at + _HEADER <= len(data):
        if _BLOCK - at % _BLOCK < _HEADER:
            at += _BLOCK - at % _BLOCK
            continue
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        if at + _HEADER + length > len(data):
            break  # it is being written
        part += data[at + _HEADER : at + _HEADER + length]
        at += _HEADER + length
        if kind in (1, 4):
            found.append(protocol.Record.FromString(part))
            part = b""
    return found
