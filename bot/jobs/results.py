"""The results of a job: the provider's file as it keeps it, and a clean table of all that was measured."""

import base64
import binascii
import csv
import io
import math
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.errors import NotFound
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.providers.interface import ProviderError
from bot.providers.protocol import Metrics
from bot.providers.registry import Providers, UnknownProvider
from training_files.spreadsheet import as_csv

_MOST_BYTES: Final = 50_000_000
# The results file's own name for what events and checkpoints name otherwise (OpenAI's guide to supervised fine-tuning).
_RENAMED: Final = {"train_accuracy": "train_mean_token_accuracy"}
_STORED: Final = tuple(
    name for name in Metrics.__struct_fields__ if name not in {"step", "total_steps", "not_finite", "elapsed_seconds"}
)

Cell = str | int | float


class Results(msgspec.Struct, frozen=True):
    """`provider_file`: its bytes, as CSV; None where the provider keeps none. `table`: CSV, as `results_table` makes
    it; None where nothing was measured."""

    job: Job
    provider_file: bytes | None
    table: bytes | None


class JobResults:
    def __init__(self, jobs: JobStore, lookup: JobLookup, providers: Providers) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._providers = providers

    async def of(self, caller: Caller, word: str) -> Results:
        """Of the job that a person calls `word`, to be posted where the caller is. Where the provider does not give its
        file, what it told before has to do. Raises NotFound, Ambiguous, Denied, ProviderError; Invalid without a
        word."""
        job = await self._lookup.named(caller, word, Action.SEE, to_post=True)
        told = await self._jobs.metrics(job.id)
        content = b""
        if job.result_files:
            try:
                content = readable(await self._providers.named(job.provider).file_content(job.result_files[0]))
            except (ProviderError, UnknownProvider):
                if not told:
                    raise
        table = results_table(content, told)
        if not content and table is None:
            raise NotFound("empty_results_file") if job.result_files else NotFound("no_results_file")
        return Results(job, content or None, table)


def readable(content: bytes) -> bytes:
    """The CSV in a results file. OpenAI sends it encoded in base64 (its cookbook decodes it; read 2026-11-21), others
    as it is.
    """
    packed = b"".join(content.split())
    # A heading holds commas or underscores, none of which is in base64's alphabet.
    if not packed or len(packed) > _MOST_BYTES:
        return content
    try:
        decoded = base64.b64decode(packed, validate=True)
    except binascii.Error:
        return content
    return decoded if decoded.lstrip(b"\xef\xbb\xbf").startswith(b"step") else content


def results_table(content: bytes, metrics: Sequence[Metrics] = ()) -> bytes | None:
    """A line for each step, under the protocol's names of metrics; what was not measured stays blank. The provider's
    file `content` (CSV, or empty) comes first; `metrics` add what was told in events only. What begins like a formula
    is made text. None where there is nothing to show.
    """
    columns, rows = _read(content)
    rows = _by_step(metrics, rows)
    if not rows:
        return None
    columns += [name for name in _STORED if name not in columns and any(name in row for row in rows.values())]
    lines = ([step, *(row.get(name, "") for name in columns)] for step, row in sorted(rows.items()))
    return as_csv(["step", *columns], lines)


def metrics_table(runs: Sequence[tuple[str, Sequence[Metrics]]]) -> bytes:
    """CSV of all that was measured: a line for each job, by its id, and step; what was not measured stays blank."""
    merged = [(job_id, _by_step(metrics)) for job_id, metrics in runs]
    columns = [name for name in _STORED if any(name in row for _, rows in merged for row in rows.values())]
    lines = (
        [job_id, step, *(row.get(name, "") for name in columns)]
        for job_id, rows in merged
        for step, row in sorted(rows.items())
    )
    return as_csv(["job", "step", *columns], lines)


def _by_step(metrics: Sequence[Metrics], rows: dict[int, dict[str, Cell]] | None = None) -> dict[int, dict[str, Cell]]:
    """`rows` with what they lack."""
    rows = rows if rows is not None else {}
    for one in metrics:
        row = rows.setdefault(one.step, {})
        for name in _STORED:
            value = getattr(one, name)
            if value is not None and row.get(name, "") == "":
                row[name] = value
    return rows


def _read(content: bytes) -> tuple[list[str], dict[int, dict[str, Cell]]]:
    """The columns beside the step, and by step what stands in them; nothing where it is not such a file."""
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    try:
        heading = next(lines, [])
        if not heading or heading[0].strip() != "step":
            return [], {}
        columns = [_RENAMED.get(name.strip(), name.strip()) for name in heading[1:]]
        rows: dict[int, dict[str, Cell]] = {}
        for cells in lines:
            step = _cell(cells[0]) if cells else ""
            if isinstance(step, int):
                rows.setdefault(step, {}).update(zip(columns, map(_cell, cells[1:]), strict=False))
    except csv.Error:
        return [], {}
    return columns, rows


def _cell(text: str) -> Cell:
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and text.lstrip("-").isdecimal() else number
