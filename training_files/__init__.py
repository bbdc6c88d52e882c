"""Training files: read, check, count, price."""

from training_files.catalog import DEFAULT_MODEL, ModelFacts, fine_tunable, lookup
from training_files.check import check_file
from training_files.deep import DeepReport, deep_check, with_deep
from training_files.epochs import Epochs, auto_epochs
from training_files.errors import TrainingFileError
from training_files.examples import read_examples
from training_files.price import cost
from training_files.report import Finding, Report, Severity, Tokens

__all__ = [
    "DEFAULT_MODEL",
    "DeepReport",
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
    "deep_check",
    "fine_tunable",
    "lookup",
    "read_examples",
    "with_deep",
]
