"""Tables (CSV, JSON, workbooks, Parquet): describe one, and convert its rows to training examples."""

from training_files.tables.conversion import Converted, Skipped, convert
from training_files.tables.description import describe

__all__ = ["Converted", "Skipped", "convert", "describe"]
