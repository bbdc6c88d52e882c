"""A draft of the repaired file: planned by it, and written from it.

Planning and repairing are the same passes. What a plan offers beside its own repairs is counted and not applied.
"""

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import compress
from pathlib import Path

from training_files.errors import TrainingFileError, no_room
from training_files.example_format import Format
from training_files.outputs import require_replaceable
from training_files.repair.input import RepairInput, open_input
from training_files.repair.passes import Passes, Progress
from training_files.repair.plan import RepairPlan, RepairResult
from training_files.repair.repairs import BY_ID, REPAIRS
from training_files.repair.survey import Survey
from training_files.report import ColumnMapping


def plan_repairs(
    path: Path,
    *,
    model: str,
    tokenizers: Path | None = None,
    to: Format | None = None,
    mapping: ColumnMapping | None = None,
    validation: Path | None = None,
    progress: Progress | None = None,
) -> RepairPlan:
    """What can be repaired in the file at `path`; the arguments are those of `drafted`.

    Raises TrainingFileError with a sentence for a person if the file cannot be read at all.
    """
    with drafted(
        path,
        model=model,
        tokenizers=tokenizers,
        to=to,
        mapping=mapping,
        validation=validation,
        progress=progress,
    ) as draft:
        return draft.plan


def repair_file(
    path: Path,
    out: Path,
    *,
    chosen: Collection[str],
    model: str,
    tokenizers: Path | None = None,
    to: Format | None = None,
    mapping: ColumnMapping | None = None,
    validation: Path | None = None,
    progress: Progress | None = None,
) -> RepairResult:
    """Writes the examples of `path` to `out`, with the `chosen` repairs (ids of `repairs.REPAIRS`) and those that come
    with writing a file anew; the other arguments are those of `drafted`.

    Raises TrainingFileError as `Draft.write` does, and ValueError for an id that is none.
    """
    _require_another(path, out)
    with drafted(
        path,
        model=model,
        chosen=chosen,
        offers=False,
        tokenizers=tokenizers,
        to=to,
        mapping=mapping,
        validation=validation,
        progress=progress,
    ) as draft:
        return draft.write(out)


@contextmanager
def drafted(
    path: Path,
    *,
    model: str,
    chosen: Collection[str] | None = None,
    offers: bool = True,
    tokenizers: Path | None = None,
    to: Format | None = None,
    mapping: ColumnMapping | None = None,
    validation: Path | None = None,
    progress: Progress | None = None,
) -> Iterator["Draft"]:
    """A draft of the file at `path` with the `chosen` repairs (what is recommended if None), while this lasts.

    `model` is what it is meant for. `offers`: the plan also counts what the other repairs would change. `tokenizers` is
    the folder as for `check_file`, `to` the format that all examples are to have (that of most of them if None),
    `mapping` how the columns of a table are read (as `tables.describe` proposes if None), `validation` a file whose
    examples are not to stand in this one. `progress` is called with bytes done and bytes in all, in this thread.

    Raises TrainingFileError with a sentence for a person if the file cannot be read at all, and ValueError for an id
    that is none.
    """
    if chosen is None:
        chosen = [repair.id for repair in REPAIRS if repair.recommended]
    unknown = set(chosen) - BY_ID.keys()
    if unknown:
        raise ValueError(f"no such repair: {', '.join(sorted(unknown))}")
    considered = REPAIRS if offers else tuple(repair for repair in REPAIRS if repair.id in chosen)
    with (
        open_input(path, mapping, to, progress) as given,
        tempfile.TemporaryDirectory(prefix="repair-") as folder,
    ):
        draft = Draft(path, given, Path(folder) / "draft.jsonl")
        if given.source is not None:
            passes = Passes(given, chosen, considered, Survey(model, tokenizers, to), progress)
            passes.survey()
            try:
                passes.draft(draft.path, validation)
            except OSError as error:
                raise no_room(error) from error
            draft.passes = passes
        yield draft


class Draft:
    """The repaired file before it is written: in `path`, with examples that are yet to be left out. Of a file of rows
    whose columns are not known there is none, only a plan.
    """

    def __init__(self, original: Path, given: RepairInput, path: Path) -> None:
        self.path = path
        self.passes: Passes | None = None
        self._original = original
        self._table = given.table

    @cached_property
    def plan(self) -> RepairPlan:
        passes = self.passes
        if passes is None:
            return RepairPlan((), self._table, self._table.rows if self._table else 0, "unknown")
        proposed = tuple(passes.proposals(self.path))
        return RepairPlan(
            proposed, self._table, passes.seen, passes.context.format, tuple(passes.lost), passes.lost_lines
        )

    def has(self, chosen: Collection[str]) -> bool:
        """Whether this is the draft that these repairs make."""
        return self.passes is not None and self.passes.effective <= set(chosen) <= self.passes.chosen

    def write(self, out: Path) -> RepairResult:
        """Writes the repaired file.

        `out` is JSONL in UTF-8. A line whose example needs no repair stands there byte for byte, blanks around it
        aside; in the others numbers and texts keep their values and keys their order. `out` is replaced once the new
        file is complete. Raises TrainingFileError if it cannot be written, is the original or no file, and if nobody
        has said how the columns are to be read.
        """
        _require_another(self._original, out)
        passes = self.passes
        if passes is None:
            raise TrainingFileError("columns_not_named", name=self._original.name)
        fresh = out.with_name(f".{out.name}.part")
        digest = hashlib.sha256()
        size = examples = 0
        try:
            with self.path.open("rb") as draft, fresh.open("wb") as file:
                for line in compress(draft, (not left for left in passes.left_out)):
                    digest.update(line)
                    size += file.write(line)
                    examples += 1
            os.replace(fresh, out)
        except OSError as error:
            raise TrainingFileError("cannot_be_written", file=out.name, reason=error.strerror or str(error)) from error
        finally:
            fresh.unlink(missing_ok=True)
        return RepairResult(
            examples=examples,
            dropped=passes.dropped,
            changed=passes.changed,
            lost=tuple(passes.lost),
            lost_lines=passes.lost_lines,
            sha256=digest.hexdigest(),
            bytes=size,
            format=passes.context.format,
            of_rows=passes.of_rows,
            marks=passes.marks,
        )


def _require_another(path: Path, out: Path) -> None:
    if out.resolve() == path.resolve() or (out.exists() and out.samefile(path)):
        raise TrainingFileError("original_is_kept", name=path.name)
    require_replaceable(out)
