"""Examples of a training file that also stand in a validation file, where they measure what was learned by heart."""

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from training_files.chat import decode_plain, read_object
from training_files.duplicates import Duplicates, fingerprint
from training_files.lines import Batch, read_batches


def count_overlap(training: Path, validation: Path) -> int:
    """How many examples of `training` stand in `validation`, too. In bounded memory; lines that are no examples are
    passed over. Raises TrainingFileError where one of the files cannot be read.
    """
    with closing(Duplicates()) as duplicates:
        for path, take in ((validation, duplicates.add_validation), (training, duplicates.add)):
            for batch in read_batches(path):
                take(*fingerprints(batch))
        duplicates.finish()
        return duplicates.found["in_validation_file"].count


def fingerprints(batch: Batch) -> tuple[list[int], list[int]]:
    """Of each example in the batch: its fingerprint, and its line."""
    hashes, lines = [], []
    for number, line in enumerate(batch.lines, batch.number):
        try:
            example: Any = decode_plain(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            example = read_object(line)
        if example is None:
            continue
        hashes.append(fingerprint(example, line))
        lines.append(number)
    return hashes, lines
