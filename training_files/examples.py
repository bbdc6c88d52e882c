"""The examples of a file, one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training_files.chat import NotAnExample, parse
from training_files.errors import TrainingFileError
from training_files.lines import read_batches


def read_examples(path: Path) -> Iterator[dict[str, Any]]:
    """The examples of a JSONL file in order, each the JSON object of one line; empty lines are passed over.

    Raises like `numbered_examples`.
    """
    return (example for _, example in numbered_examples(path))


def numbered_examples(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each example with the number of its line, from 1.

    Holds one batch of lines at a time. Raises TrainingFileError where the file cannot be read, or at the first line
    that is not a JSON object; use `check_file` first to know all that is wrong.
    """
    for batch in read_batches(path):
        if batch.oversized:
            raise TrainingFileError("line_too_long", name=path.name, line=batch.number)
        for number, line in enumerate(batch.lines, batch.number):
            if not line or line.isspace():
                continue
            try:
                example = parse(line, cut=batch.cut)
            except NotAnExample as wrong:
                raise TrainingFileError("no_example", name=path.name, line=number, finding=wrong.code) from wrong
            if not isinstance(example, dict):
                raise TrainingFileError("no_example", name=path.name, line=number, finding="data_type")
            yield number, example
