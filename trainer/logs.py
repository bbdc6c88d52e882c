"""What the trainer and its workers write to their logs: a line for each thing, with the trace that it belongs to, and
no secret."""

from __future__ import annotations

import logging

from telemetry import traces
from training_files.redact import redact


def set_up_logging() -> None:
    """Of our own what happens, of libraries what goes wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("trainer").setLevel(logging.INFO)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        trace = traces.current()
        return f"{line} trace_id={trace.trace_id}" if trace else line
