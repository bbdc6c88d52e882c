"""Traces told to a collector, where the settings name one."""

import importlib.util
from contextlib import ExitStack
from typing import Final

from bot.settings import Settings
from telemetry import traces
from texts import starting as texts
from training_files.redact import redact

_CLOSING_SECONDS: Final = 0.5


def complaints(settings: Settings) -> list[str]:
    """Why they cannot be told, as sentences for whoever starts the bot."""
    there = importlib.util.find_spec("opentelemetry.exporter") if importlib.util.find_spec("opentelemetry") else None
    if settings.otel_exporter_otlp_endpoint is None or there is not None:
        return []
    return [texts.telemetry_not_installed()]


def record(settings: Settings, stack: ExitStack) -> None:
    """Until the stack is closed."""
    if settings.otel_exporter_otlp_endpoint is None:
        return
    from telemetry import export  # takes a third of a second

    recorder = export.start("finetune-bot", settings.otel_exporter_otlp_endpoint, redact)
    stack.callback(recorder.close, _CLOSING_SECONDS)
    stack.callback(traces.record_with, None)
