"""What the second pass found, and how it is added to a report."""

from collections import Counter

import msgspec

from training_files.findings import KEPT
from training_files.report import Finding, Report


class ContentScan(msgspec.Struct, frozen=True):
    """`findings` holds 1,000 at most, by line (see `fair`), `counts` counts all by code. `examples` is how many
    could be read; lines that are no examples are the first pass's business. `seconds` is the time on the clock.
    """

    findings: list[Finding]
    counts: dict[str, int]
    examples: int
    seconds: float


def with_scan(report: Report, found: ContentScan) -> Report:
    """The report with the second pass's findings among its warnings. Adding the same ones again changes nothing."""
    if report.deep:
        return report
    counts = report.counts | found.counts
    return msgspec.structs.replace(
        report,
        warnings=fair(report.warnings + found.findings),
        counts=dict(sorted(counts.items(), key=lambda item: -item[1])),
        deep=True,
    )


def fair(findings: list[Finding]) -> list[Finding]:
    """As many findings as are kept, by line: the first 50 of each code, so that one that is everywhere does not crowd
    out the others, and then the first of all.
    """
    by_line = sorted(findings, key=lambda finding: finding.line or 0)
    seen: Counter[str] = Counter()
    early: list[Finding] = []
    late: list[Finding] = []
    for finding in by_line:
        seen[finding.code] += 1
        (early if seen[finding.code] <= _OF_EACH else late).append(finding)
    return sorted((early + late)[:KEPT], key=lambda finding: finding.line or 0)


_OF_EACH = 50
