"""The second pass: what shows only when examples are compared with each other, or looked at closely.

Near-duplicates, contradictory answers, refusals, secrets and personal data. It never delays the report: it is run
after it, and `with_scan` adds what it found. What it needs is imported when it is called.
"""

from collections.abc import Callable
from pathlib import Path

from training_files.content_scan.scan_report import ContentScan, with_scan

__all__ = ["ContentScan", "near_duplicates", "scan_content", "with_scan"]


def scan_content(path: Path, *, progress: Callable[[int, int], None] | None = None) -> ContentScan:
    """Looks through the training file at `path`, of any of the four formats; lines that are no examples are passed
    over. `progress` is called with bytes done and bytes in all, in this thread.

    Raises TrainingFileError where the file cannot be read at all.
    """
    from training_files.content_scan.scan import scan

    return scan(path, progress=progress)


def near_duplicates(path: Path) -> dict[int, int]:
    """The lines that nearly repeat an earlier one, each with the line that it resembles, which is not itself
    among them. Raises TrainingFileError where the file cannot be read.
    """
    from training_files.content_scan.scan import near_duplicates

    return near_duplicates(path)
