"""Traces: what was caused by one thing has one trace id, across tasks, processes and restarts.

Without OpenTelemetry there is the id alone: in each line of the logs, and in requests to providers, where the trainer
goes on with it. `telemetry.export` records the spans, too.
"""

import contextlib
import re
import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Literal, NamedTuple, Protocol

Kind = Literal["internal", "server", "client"]
Attributes = dict[str, str | int | float | bool]

HEADER = "traceparent"

# w3.org/TR/trace-context: version, trace id, the parent's span id, flags; neither id is all zeros.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")


class Context(NamedTuple):
    """Where in which trace something happens. `span_id` is that of the span around it."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


class Span(Protocol):
    """A span that is being recorded."""

    @property
    def context(self) -> Context: ...

    def set(self, **attributes: str | int | float | bool) -> None: ...

    def fail(self, error: str) -> None: ...

    def end(self) -> None: ...


class Recorder(Protocol):
    def begin(self, name: str, kind: Kind, parent: Context | None, attributes: Attributes) -> Span: ...


class _Unrecorded(NamedTuple):
    context: Context

    def set(self, **attributes: str | int | float | bool) -> None: ...

    def fail(self, error: str) -> None: ...

    def end(self) -> None: ...


_current: ContextVar[Context | None] = ContextVar("trace", default=None)
_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    global _recorder
    _recorder = recorder


def current() -> Context | None:
    return _current.get()


def traceparent() -> str | None:
    """What a request, a row or another process takes along."""
    context = _current.get()
    return context.traceparent if context else None


def parse(traceparent: str | None) -> Context | None:
    """None where it is none."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return Context(found[1], found[2]) if found else None


@contextlib.contextmanager
def span(
    name: str, *, kind: Kind = "internal", parent: str | None = None, **attributes: str | int | float | bool
) -> Iterator[Span]:
    """What happens inside belongs to the trace of `parent` (a traceparent), else of the span around, else to a new one.
    Attributes are codes and figures: never a text of somebody's, nor a secret."""
    above = parse(parent) or _current.get()
    made: Span
    if _recorder is None:
        made = _Unrecorded(Context(above.trace_id if above else secrets.token_hex(16), secrets.token_hex(8)))
    else:
        made = _recorder.begin(name, kind, above, attributes)
    token = _current.set(made.context)
    try:
        yield made
    except BaseException as error:
        made.fail(type(error).__name__)
        raise
    finally:
        with contextlib.suppress(ValueError):  # closed by the garbage collector, in a context of its own
            _current.reset(token)
        made.end()


@contextlib.contextmanager
def part(name: str, *, kind: Kind = "internal", **attributes: str | int | float | bool) -> Iterator[None]:
    """A span within the one around. None where there is none: what is done by the clock, again and again, is no
    trace."""
    if _current.get() is None:
        yield
        return
    with span(name, kind=kind) as made:
        made.set(**attributes)
        yield
