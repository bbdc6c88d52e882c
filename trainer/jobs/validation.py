"""The check of a job's files, in a process of its own: `python -m trainer.jobs.validation '{...}'`

A file is somebody else's: whatever it does to the process that reads it, the server goes on. No torch in here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from texts import findings, training_file_errors
from trainer.pipes import ChildPipe
from training_files import Report, TrainingFileError, check_file

# Findings that stop nothing here: longer examples are cut at the end as the protocol says, and any number of examples
# can be measured on.
_HARMLESS = {"training_file": {"example_too_long"}, "validation_file": {"example_too_long", "too_few_examples"}}
_SHOWN = 3


# The formats that each method trains on, as the check names them.
_FORMATS = {"supervised": ("chat", "completion"), "dpo": ("preference",), "reinforcement": ("reinforcement",)}
_WANTED = {
    "supervised": 'the chat format, one object {"messages": [...]} a line, or for base models {"prompt": "...", '
    '"completion": "..."}',
    "dpo": 'the preference format: one object {"input": {"messages": [...]}, "preferred_output": [...], '
    '"non_preferred_output": [...]} a line',
    "reinforcement": 'the reinforcement format: one object {"messages": [...], ...} a line, whose messages end with '
    "the user's and whose other fields are what the grader reads",
}
_CALLED = {
    "supervised": "supervised fine-tuning",
    "dpo": "direct preference optimization (dpo)",
    "reinforcement": "reinforcement fine-tuning",
}


class Files(msgspec.Struct, frozen=True):
    """What to check: paths, the base model that will read them, and the method of training."""

    model: str
    method: str
    training_file: str
    validation_file: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """Why a job cannot start, as its `error`."""

    code: str
    message: str
    param: str


class Checked(msgspec.Struct, frozen=True):
    """What the check says: a problem, or None and what is worth knowing of the files later."""

    problem: Problem | None
    lineage: dict[str, Any] = {}


def main() -> None:
    pipe: ChildPipe[None] = ChildPipe()
    if sys.platform != "win32":
        os.nice(5)
    files = msgspec.json.decode(sys.argv[1], type=Files)
    pipe.send(examine(files))


def examine(files: Files) -> Checked:
    named = {"training_file": files.training_file, "validation_file": files.validation_file}
    lineage: dict[str, Any] = {}
    for param, path in named.items():
        if path is None:
            continue
        found = _examine(Path(path), param, files)
        if isinstance(found, Problem):
            return Checked(found)
        lineage[param] = {"sha256": found.sha256, "examples": found.examples, "format": found.format}
    return Checked(None, lineage)


def _examine(path: Path, param: str, files: Files) -> Problem | Report:
    what = param.replace("_", " ")
    if not path.is_file():
        return Problem(
            "file_deleted",
            f"The {what} was deleted before it could be checked. Upload it again and start a new job.",
            param,
        )
    try:
        report = check_file(path, model=files.model, count_tokens=False)  # the worker counts, and cuts
    except TrainingFileError as error:
        return Problem(f"invalid_{param}", f"The {what} cannot be read: {training_file_errors.sentence(error)}", param)
    fitting = report.format in _FORMATS[files.method]
    if not fitting and report.format in {"chat", "completion", "preference", "reinforcement"}:
        return Problem(
            f"invalid_{param}",
            f"The {what} is in the {report.format} format, but {_CALLED[files.method]} needs {_WANTED[files.method]}.",
            param,
        )
    errors = [finding for finding in report.errors if finding.code not in _HARMLESS[param]]
    if not errors:
        if not fitting:
            return Problem(
                f"invalid_{param}",
                f"The {what} is in the format {report.format!r}; {_CALLED[files.method]} needs "
                f"{_WANTED[files.method]}.",
                param,
            )
        return report
    if all(finding.code == "too_few_examples" for finding in errors):
        # The service's own words, which programs look for.
        return Problem(
            "invalid_n_examples",
            f"Training file has {report.examples} example(s), but must have at least 10 examples. Add more examples.",
            param,
        )
    errors = [finding for finding in errors if finding.code != "too_few_examples"]
    said = " ".join(
        f"Line {one.line}: {findings.sentence(one)}" if one.line else findings.sentence(one) for one in errors[:_SHOWN]
    )
    total = sum(count for code, count in report.told.items() if code in {finding.code for finding in errors})
    more = f" There are {total - _SHOWN} more errors." if total > _SHOWN else ""
    return Problem(f"invalid_{param}", f"The job failed due to an invalid {what}. {said}{more}", param)


if __name__ == "__main__":
    main()
