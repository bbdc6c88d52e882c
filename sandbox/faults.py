"""Trouble on demand: a method that fails the next N times, in a chosen way."""

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from sandbox.model import Json

KINDS = ("error", "ratelimited", "status", "timeout", "drop", "garbage")


@dataclass(slots=True)
class Fault:
    """What shall go wrong.

    error       -- {"ok": false, "error": value}, nothing is carried out
    ratelimited -- HTTP 429 with Retry-After `value` (seconds)
    status      -- HTTP status `value` with no JSON, nothing is carried out
    timeout     -- no answer for `value` seconds, then the connection is cut; nothing is carried out
    drop        -- the call IS carried out, and then the connection is cut instead of an answer
    garbage     -- HTTP 200 with HTML instead of JSON, nothing is carried out
    """

    method: str
    """A method's name or a pattern such as chat.*; `files.download`, `files.upload`, `response_url` too."""
    kind: str
    value: str = ""
    times: int = 1
    skip: int = 0
    """Let so many calls through first."""
    match: str = ""
    """Only calls whose arguments contain this text."""


class Faults:
    def __init__(self) -> None:
        self._all: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Raises ValueError for a kind that does not exist."""
        if fault.kind not in KINDS:
            raise ValueError(f"a fault's kind is one of {', '.join(KINDS)}")
        self._all.append(fault)

    def take(self, method: str, args: str = "") -> Fault | None:
        """The fault for this call, one of its times used up."""
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

    def wire(self) -> list[Json]:
        return [asdict(f) for f in self._all]
