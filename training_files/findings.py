"""Collects what is found in one training file, up to a limit; `finding_codes` says what each code means."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from training_files.finding_codes import BY_CODE
from training_files.quoting import excerpt, quoted
from training_files.report import Finding, Param, Severity

KEPT = 1_000
"""Findings kept of each severity; all are counted."""


def errors_worth(size: int) -> int:
    """Errors that are worth the time, by the bytes so far: of a file with more nearly nothing is right. Warnings do not
    count, since a file may be trained on in spite of them.
    """
    return 100_000 + size // 100


class Enough(Exception):
    """One example has more findings than are worth looking for."""


class Findings:
    """Collects what is found in one file: counts all, keeps the first `KEPT` of each severity, or the first `room`, and
    those about the whole file, which are few.
    """

    def __init__(self, room: Mapping[Severity, int] | None = None) -> None:
        self._room: Mapping[Severity, int] = room or {"error": KEPT, "warning": KEPT}
        self.errors = 0
        self.counts: dict[str, int] = {}
        self._most: int | None = None
        self.repeated: dict[str, int] = {}
        self._kept: dict[Severity, list[Finding]] = {"error": [], "warning": []}

    def add(
        self, code: str, line: int | None, field: str | None = None, *, quote: object = "", **params: Param
    ) -> None:
        """Notes one finding. `quote` is masked and cut to 120 characters; what is no text is written as JSON."""
        self.count(code)
        rule = BY_CODE[code]
        kept = self._kept[rule.severity]
        if len(kept) < self._room[rule.severity] or line is None:
            shown = excerpt(quote, 120) if isinstance(quote, str) else quoted(quote, 120)
            kept.append(Finding(code, line, rule.severity, field, shown, params))

    def keeps(self, code: str) -> bool:
        """Whether one more finding of this code would be kept; beyond that they are counted only."""
        return len(self._kept[BY_CODE[code].severity]) < KEPT

    @contextmanager
    def of_one_example(self) -> Iterator[None]:
        """What is found meanwhile is about one example: beyond KEPT errors no more is looked for."""
        self._most = self.errors + KEPT
        try:
            with suppress(Enough):
                yield
        finally:
            self._most = None

    def repeat(self, code: str) -> None:
        """Counts a defect under a second code, as the usual script does, where a finding tells of it already."""
        self.count(code)
        self.repeated[code] = self.repeated.get(code, 0) + 1

    def count(self, code: str, times: int = 1) -> None:
        """Counts findings of which more than enough are kept. Raises Enough, within `of_one_example`."""
        self.counts[code] = self.counts.get(code, 0) + times
        if BY_CODE[code].severity == "error":
            self.errors += times
        if self._most is not None and self.errors > self._most:
            raise Enough

    def room(self) -> dict[Severity, int]:
        """How many more are kept of each severity."""
        return {severity: max(0, self._room[severity] - len(kept)) for severity, kept in self._kept.items()}

    def extend(self, later: "Findings") -> None:
        """Adds what was found after this, in a later part of the file."""
        for code, times in later.counts.items():
            self.count(code, times)
        for code, times in later.repeated.items():
            self.repeated[code] = self.repeated.get(code, 0) + times
        for severity, room in self.room().items():
            found = later.first(severity)
            self._kept[severity] += found[:room] + [one for one in found[room:] if one.line is None]

    def first(self, severity: Severity) -> list[Finding]:
        return self._kept[severity]


def merged(collected: list[Findings], severity: Severity) -> list[Finding]:
    """The first `KEPT` by line, those about the whole file before all others."""
    everything = [finding for findings in collected for finding in findings.first(severity)]
    return sorted(everything, key=lambda finding: finding.line or 0)[:KEPT]
