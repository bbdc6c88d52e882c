"""What the second pass found, and how it is added to a report."""

import msgspec

from bot.datasets.report import Finding, Report


class DeepReport(msgspec.Struct, frozen=True):
    """`findings` holds the first 1,000, by line, `counts` counts all by code. `examples` is how many could be read;
    lines that are no examples are the first pass's business. `seconds` is the time on the clock.
    """

    findings: list[Finding]
    counts: dict[str, int]
    examples: int
    seconds: float


def with_deep(report: Report, found: DeepReport) -> Report:
    """The report with the second pass's findings among its warnings. Adding the same ones again changes nothing."""
    from bot.datasets.findings import KEPT

    if report.deep:
        return report
    warnings = sorted(report.warnings + found.findings, key=lambda finding: finding.line or 0)[:KEPT]
    counts = report.counts | found.counts
    return msgspec.structs.replace(
        report,
        warnings=warnings,
        counts=dict(sorted(counts.items(), key=lambda item: -item[1])),
        deep=True,
    )
