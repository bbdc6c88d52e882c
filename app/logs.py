"""What the bot writes to its log: readable lines on a terminal, JSON lines elsewhere, and no secret."""

import logging
import sys

import structlog

from bot.errors import StartError
from bot.redact import redact
from telemetry import traces
from texts import starting as texts


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

    on_terminal = sys.stderr.isatty()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(names[level.upper()]),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            with_trace,
            without_secrets,
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # A long tick is not an incident, and Bolt logs whole payloads below this level.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
