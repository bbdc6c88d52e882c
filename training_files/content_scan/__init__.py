"""The second pass over a training file: near-duplicates, contradictory answers, refusals, secrets, personal data.

It never delays the report: it runs afterwards, and `with_scan` adds its findings. Its libraries are imported when it is
called.
"""

from collections.abc import Callable
from pathlib import Path

from training_files.content_scan.scan_report import ContentScan, with_scan

__all__ = ["ContentScan", "near_duplicates", "scan_content", "with_scan"]


def scan_content(path: Path, *, progress: Callable[[int, int], None] | None = None) -> ContentScan:
    """Scans the training file at `path`, of any of the four formats. Lines that are no examples are passed
    over. `progress` is called with bytes done and bytes in all, in this thread.

    Raises TrainingFileError where the file cannot be read at all.
    """
    from training_files.content_scan.scan import scan

    return scan(path, progress=progress)


def near_duplicates(path: Path, left_out: bytearray | None = None) -> dict[int, int]:
    """Maps each line that nearly repeats an earlier one to that earlier line, which is not itself among the
    keys. Raises TrainingFileError where the file cannot be read. `left_out` holds 1 for each line that is not compared.
    """
    from training_files.content_scan.scan import near_duplicates

    return near_duplicates(path, left_out)
