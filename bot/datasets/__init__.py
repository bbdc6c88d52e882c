"""Training files: read, check, count, price."""

from bot.datasets.catalog import DEFAULT_MODEL, ModelFacts, fine_tunable, lookup
from bot.datasets.check import check_file
from bot.datasets.dataset import Dataset
from bot.datasets.deep import DeepReport, deep_check, with_deep
from bot.datasets.epochs import Epochs, auto_epochs
from bot.datasets.errors import DatasetError
from bot.datasets.examples import read_examples
from bot.datasets.price import cost
from bot.datasets.report import Finding, Report, Severity, Tokens

__all__ = [
    "DEFAULT_MODEL",
    "Dataset",
    "DatasetError",
    "DeepReport",
    "Epochs",
    "Finding",
    "ModelFacts",
    "Report",
    "Severity",
    "Tokens",
    "auto_epochs",
    "check_file",
    "cost",
    "deep_check",
    "fine_tunable",
    "lookup",
    "read_examples",
    "with_deep",
]
