"""Traces told to a collector, where OTEL_EXPORTER_OTLP_ENDPOINT names one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from telemetry import traces
from texts import trainer as texts
from trainer.errors import TrainerError

_CLOSING_SECONDS = 0.5


@contextlib.contextmanager
def recorded(service: str, endpoint: str | None) -> Iterator[None]:
    """Of this process. Raises TrainerError where the packages for that are not installed."""
    if endpoint is None:
        yield
        return
    try:
        from telemetry import export  # takes a third of a second
    except ImportError as error:
        raise TrainerError(texts.telemetry_not_installed()) from error
    recorder = export.start(service, endpoint)
    try:
        yield
    finally:
        traces.record_with(None)
        recorder.close(_CLOSING_SECONDS)
