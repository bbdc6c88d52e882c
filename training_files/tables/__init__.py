"""Files of rows that are to become training files: what they are, how they would be read, and reading them so."""

from training_files.tables.conversion import Converted, Skipped, convert
from training_files.tables.description import describe

__all__ = ["Converted", "Skipped", "convert", "describe"]
