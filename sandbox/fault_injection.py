"""Fault injection: make the next calls of a method fail in a chosen way."""

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from sandbox.model import Json

KINDS = ("error", "ratelimited", "status", "timeout", "drop", "garbage")


@dataclass(slots=True)
class Fault:
    """A way for calls to fail.

    error       -- {"ok": false, "error": value}; the call has no effect
    ratelimited -- HTTP 429 with Retry-After `value` (seconds)
    status      -- HTTP status `value` without JSON; the call has no effect
    timeout     -- no response for `value` seconds, then the connection is closed; the call has no effect
    drop        -- the call DOES take effect, then the connection is closed without a response
    garbage     -- HTTP 200 with HTML instead of JSON; the call has no effect
    """

    method: str
    """A method or a pattern such as chat.*; also `files.download`, `files.upload`, `response_url`."""
    kind: str
    value: str = ""
    times: int = 1
    skip: int = 0
    """How many calls succeed first."""
    match: str = ""
    """Affects only calls whose arguments contain this text."""


class Faults:
    def __init__(self) -> None:
        self._all: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Raises ValueError for a kind that does not exist."""
        if fault.kind not in KINDS:
            raise ValueError(f"a fault's kind is one of {', '.join(KINDS)}")
        self._all.append(fault)

    def take(self, method: str, args: str = "") -> Fault | None:
        """The fault for this call, if any; uses up one of its `times`."""
        for fault in self._all:
            if not fnmatchcase(method, fault.method) or fault.match not in args:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self._all.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        self._all.clear()

    def as_list(self) -> list[Json]:
        return [asdict(f) for f in self._all]
