"""The check of a job's files, in a process of its own: `python -m trainer.validation '{...}'`

A file is somebody else's: whatever it does to the process that reads it, the server goes on. No torch in here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from bot.datasets import DatasetError, check_file
from trainer.pipes import ChildPipe

# Findings that stop nothing here: longer examples are cut at the end as the protocol says, and any number of examples
# can be measured on.
_HARMLESS = {"training_file": {"example_too_long"}, "validation_file": {"example_too_long", "too_few_examples"}}
_SHOWN = 3


class Files(msgspec.Struct, frozen=True):
    """What to check: paths, and the base model that will read them."""

    model: str
    training_file: str
    validation_file: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """Why a job cannot start, as its `error`."""

    code: str
    message: str
    param: str


def main() -> None:
    pipe = ChildPipe()
    if sys.platform != "win32":
        os.nice(5)
    files = msgspec.json.decode(sys.argv[1], type=Files)
    problem = examine(files)
    pipe.send(problem=msgspec.to_builtins(problem))


def examine(files: Files) -> Problem | None:
    problem = _examine(Path(files.training_file), "training_file", files.model)
    if problem is None and files.validation_file is not None:
        problem = _examine(Path(files.validation_file), "validation_file", files.model)
    return problem


def _examine(path: Path, param: str, model: str) -> Problem | None:
    what = param.replace("_", " ")
    if not path.is_file():
        return Problem(
            "file_deleted",
            f"The {what} was deleted before it could be checked. Upload it again and start a new job.",
            param,
        )
    try:
        report = check_file(path, model=model)
    except DatasetError as error:
        return Problem(f"invalid_{param}", f"The {what} cannot be read: {error}", param)
    errors = [finding for finding in report.errors if finding.code not in _HARMLESS[param]]
    if not errors:
        if report.format != "chat":
            return Problem(
                f"invalid_{param}",
                f"The {what} is in the format {report.format!r}; supervised fine-tuning needs the chat format: one "
                'object {"messages": [...]} a line.',
                param,
            )
        return None
    if all(finding.code == "too_few_examples" for finding in errors):
        # The service's own words, which programs look for.
        return Problem(
            "invalid_n_examples",
            f"Training file has {report.examples} example(s), but must have at least 10 examples. Add more examples.",
            param,
        )
    errors = [finding for finding in errors if finding.code != "too_few_examples"]
    said = " ".join(
        f"Line {finding.line}: {finding.message}" if finding.line else finding.message for finding in errors[:_SHOWN]
    )
    total = sum(count for code, count in report.counts.items() if code in {finding.code for finding in errors})
    more = f" There are {total - _SHOWN} more errors." if total > _SHOWN else ""
    return Problem(f"invalid_{param}", f"The job failed due to an invalid {what}. {said}{more}", param)


if __name__ == "__main__":
    main()
