"""Training files: read, check, count, price."""

from training_files.catalog import DEFAULT_MODEL, ModelFacts, cost, fine_tunable, lookup
from training_files.check import check_file
from training_files.content_scan import ContentScan, scan_content, with_scan
from training_files.epochs import Epochs, auto_epochs
from training_files.errors import TrainingFileError
from training_files.examples import read_examples
from training_files.report import Finding, Report, Severity, Tokens

__all__ = [
    "DEFAULT_MODEL",
    "ContentScan",
    "Epochs",
    "Finding",
    "ModelFacts",
    "Report",
    "Severity",
    "Tokens",
    "TrainingFileError",
    "auto_epochs",
    "check_file",
    "cost",
    "fine_tunable",
    "lookup",
    "read_examples",
    "scan_content",
    "with_scan",
]
