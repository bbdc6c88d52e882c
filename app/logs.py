"""What the bot and its libraries write to the log: readable lines on a terminal, JSON lines elsewhere, no secret."""

import logging
import sys

import structlog

from bot.errors import StartError
from telemetry import traces
from texts import starting as texts
from training_files.redact import redact


def set_up_logging(level: str) -> None:
    """Raises StartError where there is no such level."""
    names = logging.getLevelNamesMapping()
    if level.upper() not in names:
        raise StartError(texts.unknown_log_level(level))

    def without_secrets(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}

    def with_trace(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        trace = traces.current()
        return {**event, "trace_id": trace.trace_id} if trace else event

    told: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_trace,
    ]
    written: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        without_secrets,
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(names[level.upper()]),
        processors=[*told, *written],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *told],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[libraries], force=True)
    # A long tick is not an incident, and Bolt logs whole payloads below this level.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
