"""Training files, and the copies of them at providers."""

from collections.abc import Sequence

from texts.errors.table import ERRORS
from texts.language import _


@ERRORS.sentence
def no_training_file_in_message() -> str:
    return _("There is no training file in this message. Choose one with a file, such as JSONL, CSV or a spreadsheet.")


@ERRORS.sentence
def unknown_dataset() -> str:
    return _("I have no such training file (any more). Drop it into the channel again to use it.")


@ERRORS.sentence
def copy_gone(file: str) -> str:
    return _("My copy of {file} is gone. Drop the file again.", file=file)


@ERRORS.sentence
def nothing_to_correct(file: str) -> str:
    return _("There is nothing to correct in {file}.", file=file)


@ERRORS.sentence
def split_with_errors() -> str:
    return _("This file has errors. Repair it first, then split it.")


@ERRORS.sentence
def nothing_left() -> str:
    return _("Nothing would be left of the file, so I made none.")


@ERRORS.sentence
def file_in_training() -> str:
    return _("A job is training on this file right now. Cancel it or wait for its end, then delete.")


@ERRORS.sentence
def unknown_provider_file(provider: str, file: str) -> str:
    return _("{provider} has no file {file} (any more).", provider=provider, file=file)


@ERRORS.sentence
def provider_file_in_use(jobs: Sequence[str]) -> str:
    """`jobs`: those that use it and that this person may know of."""
    if jobs:
        return _("Job {job} uses this file. Cancel it or wait for its end, then delete.", job=jobs[0])
    return _("A job uses this file. Cancel it or wait for its end, then delete.")


@ERRORS.sentence
def nothing_ticked() -> str:
    return _("Nothing was ticked, so I repaired nothing.")


@ERRORS.sentence
def file_still_read(file: str) -> str:
    return _("{file} is still being read. Try again in a moment.", file=file)
