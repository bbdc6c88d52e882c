"""The two passes over a file: the survey looks at all of it, the draft repairs it example by example.

Planning and repairing are the same passes. What a plan offers beside its own repairs is counted and not applied.
"""

import hashlib
import os
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from itertools import compress, islice
from pathlib import Path

import msgspec

from training_files import content_scan
from training_files.chat import decode_plain
from training_files.duplicates import Duplicates, Kind, Repetition, Repetitions, fingerprint
from training_files.errors import TrainingFileError, no_room
from training_files.example_format import Format
from training_files.outputs import require_replaceable
from training_files.repair import exact_json, excerpt, plain
from training_files.repair.conversion import convert
from training_files.repair.input import RepairInput, open_input
from training_files.repair.plain import Plain
from training_files.repair.plan import MOST_LOST, LostLine, ProposedRepair, RepairPlan, RepairResult
from training_files.repair.repair import Dropped, Example, Repair
from training_files.repair.repairs import BY_ID, REPAIRS
from training_files.repair.source import Record, opened, records
from training_files.repair.survey import Survey
from training_files.report import ColumnMapping

Progress = Callable[[int, int], None]


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
            work = _Work(given, chosen, considered, Survey(model, tokenizers, to), progress)
            work.survey()
            try:
                work.draft(draft.path, validation)
            except OSError as error:
                raise no_room(error) from error
            draft.work = work
        yield draft


class Draft:
    """The repaired file before it is written: in `path`, with examples that are yet to be left out. Of a file of rows
    whose columns are not known there is none, only a plan.
    """

    def __init__(self, original: Path, given: RepairInput, path: Path) -> None:
        self.path = path
        self.work: _Work | None = None
        self._original = original
        self._table = given.table

    @cached_property
    def plan(self) -> RepairPlan:
        work = self.work
        if work is None:
            return RepairPlan((), self._table, self._table.rows if self._table else 0, "unknown")
        proposed = tuple(work.proposals(self.path))
        return RepairPlan(proposed, self._table, work.seen, work.context.format, tuple(work.lost), work.lost_lines)

    def has(self, chosen: Collection[str]) -> bool:
        """Whether this is the draft that these repairs make."""
        return self.work is not None and self.work.effective <= set(chosen) <= self.work.chosen

    def write(self, out: Path) -> RepairResult:
        """Writes the repaired file.

        `out` is JSONL in UTF-8. A line whose example needs no repair stands there byte for byte, blanks around it
        aside; in the others numbers and texts keep their values and keys their order. `out` is replaced once the new
        file is complete. Raises TrainingFileError if it cannot be written, is the original or no file, and if nobody
        has said how the columns are to be read.
        """
        _require_another(self._original, out)
        work = self.work
        if work is None:
            raise TrainingFileError(
                f"Nobody has said yet which columns of {self._original.name} hold what. Name them, then repair it."
            )
        fresh = out.with_name(f".{out.name}.part")
        digest = hashlib.sha256()
        size = examples = 0
        try:
            with self.path.open("rb") as draft, fresh.open("wb") as file:
                for line in compress(draft, (not left for left in work.left_out)):
                    digest.update(line)
                    size += file.write(line)
                    examples += 1
            os.replace(fresh, out)
        except OSError as error:
            raise TrainingFileError(f"{out.name} cannot be written: {error.strerror or error}.") from error
        finally:
            fresh.unlink(missing_ok=True)
        return RepairResult(
            examples=examples,
            dropped=work.dropped,
            changed=work.changed,
            lost=tuple(work.lost),
            lost_lines=work.lost_lines,
            sha256=digest.hexdigest(),
            bytes=size,
            format=work.context.format,
        )


def _require_another(path: Path, out: Path) -> None:
    if out.resolve() == path.resolve() or (out.exists() and out.samefile(path)):
        raise TrainingFileError(
            f"{path.name} is the file that is repaired; it is never overwritten. Give another name."
        )
    require_replaceable(out)


class _Work:
    """The repair of one file: first `survey`, then `draft`; its figures are what happened."""

    def __init__(
        self,
        given: RepairInput,
        chosen: Collection[str],
        considered: tuple[Repair, ...],
        context: Survey,
        progress: Progress | None,
    ) -> None:
        assert given.source is not None
        self.source = given.source
        self.context = context
        self.chosen = frozenset(chosen)
        self.considered = [repair for repair in considered if repair.function is not None]
        self.counts = Counter({repair.id: 0 for repair in REPAIRS})  # in the order of the table
        self.seen = self.dropped = self.lost_lines = 0
        self.lost: list[LostLine] = []
        self.left_out = bytearray()  # 1 for each line of the draft that stands elsewhere too, and is left out
        self._asked = {repair.id for repair in considered}
        self._first: dict[str, tuple[int | None, Example | str, Example | str]] = {}
        self._sound = bytearray()  # of the examples that are not plain: whether the survey found no error
        self._lines = array("Q")  # of each example of the draft: where it stands in the original
        self._repetition: dict[str, Repetition] = {}  # the first of each kind, by its place in the draft
        self._progress = progress
        self._bytes = self.source.path.stat().st_size
        self._converted = given.converted
        if given.converted is not None:
            self._first["convert"] = (None, *given.first_row())
            self.seen += given.converted.skipped_rows
            self.lost_lines += given.converted.skipped_rows
            self.lost += [LostLine(one.row, one.why) for one in given.converted.skipped[:MOST_LOST]]

    @property
    def changed(self) -> dict[str, int]:
        """How many examples each repair touched; those that are only offered touched none."""
        offered = ({repair.id for repair in self.considered} | _COMPARING) - self.chosen
        if self._converted is not None:
            offered.discard("convert")
        return {id: count for id, count in self.counts.items() if count and id not in offered}

    @property
    def effective(self) -> Set[str]:
        """The chosen repairs that did something."""
        return self.chosen & self.changed.keys()

    def survey(self) -> None:
        """The first pass: every example as it will be when the repairs are reached that look at the whole file."""
        early = [repair for repair in self.considered if repair.id in self.chosen & _EARLY]
        size = 0
        for record in self._records(0):
            size += len(record.text)
            if record.plain is not None:
                if self._is_settled(record.plain, record.text):
                    self.context.observe_plain(record.plain, record.line)
                else:
                    self._observe(record, early)
            elif record.is_example:
                self._sound.append(self._observe(record, early))
            else:
                self.context.lose(blank=not record.why)
            self.context.give_up_on(size, record.line)
        self.context.settle()

    def _is_settled(self, example: Plain, line: bytes) -> bool:
        """Whether the survey sees a plain example as it stands."""
        if self.context.format not in ("", plain.format_of(example)):
            return False
        return "control_characters" not in self.chosen or not plain.may_hold_control_characters(line)

    def _observe(self, record: Record, early: list[Repair]) -> bool:
        """Whether the example has no error as it stands."""
        with suppress(RecursionError):  # the second pass says so
            example = record.example
            assert example is not None
            for repair in early:
                assert repair.function is not None
                outcome = repair.function(example, self.context)
                if isinstance(outcome, dict):
                    example = outcome
            outcome = convert(example, self.context) if self.context.format else None
            converted = outcome if isinstance(outcome, dict) else example
            as_it_stands = converted is record.example
            text = record.text if as_it_stands else exact_json.encode(converted)
            return self.context.observe(example, converted, text, record.line) and as_it_stands
        return False

    def draft(self, draft: Path, validation: Path | None) -> None:
        """The second pass: writes what is repaired to `draft`, and notes which lines of it are left out, because they
        stand in the file twice or in the validation file. That is known once all were seen.
        """
        found = {id: _Places() for id in _COMPARED if id in self._asked}
        with draft.open("wb") as file, closing(Duplicates()) as duplicates:
            duplicates.found.update({_COMPARED[id]: places for id, places in found.items()})
            if validation is not None and "validation_overlap" in found:
                _hold_out(duplicates, validation)
            hashes: list[int] = []
            for line, example, text in self._repaired():
                file.write(text + b"\n")
                self._lines.append(line)
                if found:
                    hashes.append(_fingerprint(example, text))
                if len(hashes) == _BATCH:
                    duplicates.add(hashes, range(len(self._lines) - _BATCH + 1, len(self._lines) + 1))
                    hashes = []
            duplicates.add(hashes, range(len(self._lines) - len(hashes) + 1, len(self._lines) + 1))
            duplicates.finish()
        again: dict[str, Collection[int]] = {id: repeated.places for id, repeated in found.items()}
        self._repetition = {id: repeated.named[0] for id, repeated in found.items() if repeated.named}
        if "near_duplicates" in self._asked:
            repeated = bytearray(len(self._lines))
            for place in again.get("duplicates", ()):
                repeated[place - 1] = 1
            again["near_duplicates"] = near = content_scan.near_duplicates(draft, repeated)
            if near:
                self._repetition["near_duplicates"] = Repetition(*min(near.items()))
        self.left_out = bytearray(len(self._lines))
        for id, places in again.items():
            self.counts[id] = len(places)
            if id in self.chosen:
                for place in places:
                    self.left_out[place - 1] = 1
        if self._converted is not None:
            self.counts["convert"] = self._converted.examples
        self.dropped += sum(self.left_out)

    def proposals(self, draft: Path) -> Iterator[ProposedRepair]:
        """What was found to do, in the order of the table."""
        for repair in REPAIRS:
            if self.counts[repair.id]:
                line, *sides = self._first.get(repair.id) or self._repeated(repair.id, draft)
                before, after = excerpt.before_and_after(*sides)
                rows = repair.id == "convert" and self._converted is not None
                yield ProposedRepair(
                    id=repair.id,
                    title=self._title(repair),
                    examples=self.counts[repair.id],
                    line=line,
                    before=before,
                    after=after,
                    recommended=repair.recommended,
                    drops=repair.drops,
                    always=repair.always or rows,
                    note="" if rows else repair.does,
                )

    def _repaired(self) -> Iterator[tuple[int, Example | Plain, bytes]]:
        """Line, value and JSON of each example that remains."""
        for id, (before, after) in self.source.repairs.items():
            self._note(id, None, before, after)
        sound = iter(self._sound)
        for record in self._records(1):
            for id, shown in record.repairs.items():
                self.counts[id] += 1
                if id not in self._first:
                    self._first[id] = (record.line, *shown())
            if not record.is_example:
                if record.why:
                    self.seen += 1
                    self._lose(record.line, record.why)
                continue
            self.seen += 1
            repairs, is_sound = self.considered, False
            if record.plain is not None:
                concern = plain.repairs_that_concern(record.plain, record.text, self.context)
                if not concern:
                    yield record.line, record.plain, record.text
                    continue
                if not concern & plain.FAR_REACHING:
                    repairs = [repair for repair in repairs if repair.id in concern]
            else:
                is_sound = bool(next(sound, False))
            try:
                example = self._repair(record, repairs, is_sound)
                if example is not None:
                    text = record.text if example is record.example else exact_json.encode(example)
            except RecursionError:
                self._lose(record.line, "It is nested too deeply to be repaired.")
                continue
            if example is not None:
                yield record.line, example, text

    def _repair(self, record: Record, repairs: Sequence[Repair], is_sound: bool) -> Example | None:
        example = record.example
        assert example is not None
        for repair in repairs:
            assert repair.function is not None
            if is_sound and repair.id == "unusable" and example is record.example:
                continue  # the survey has judged it
            outcome = repair.function(example, self.context)
            if outcome is None:
                continue
            self._note(repair.id, record.line, example, outcome.why if isinstance(outcome, Dropped) else outcome)
            if repair.id not in self.chosen:
                continue
            if isinstance(outcome, Dropped):
                if outcome.lost:
                    self._lose(record.line, outcome.why)
                else:
                    self.dropped += 1
                return None
            if record.final:
                self._lose(record.line, "It needs a repair, and holds a number that cannot be written anew.")
                return None
            example = outcome
        return example

    def _records(self, number: int) -> Iterator[Record]:
        def progress(done: int) -> None:
            if self._progress is not None:
                self._progress(number * self._bytes + done, 2 * self._bytes)

        encoding, syntax = "encoding" in self.chosen, "json_syntax" in self.chosen
        return records(self.source, encoding=encoding, syntax=syntax, progress=progress)

    def _note(self, id: str, line: int | None, before: Example | str, after: Example | str) -> None:
        self.counts[id] += 1
        self._first.setdefault(id, (line, before, after))

    def _repeated(self, id: str, draft: Path) -> tuple[int, Example | str, Example | str]:
        """The first example that stands somewhere else too: its line, its text, and where that is."""
        place, other = self._repetition[id].line, self._repetition[id].first
        with draft.open("rb") as file:
            text = next(islice(file, place - 1, None))
        if id == "validation_overlap":
            where = f"Line {other:,} of the validation file is the same."
        else:
            alike = "the same" if id == "duplicates" else "nearly the same"
            where = f"It is {alike} as line {self._lines[other - 1]:,}."
        return self._lines[place - 1], exact_json.decode(text), where

    def _lose(self, line: int, why: str) -> None:
        self.lost_lines += 1
        if len(self.lost) < MOST_LOST:
            self.lost.append(LostLine(line, why))

    def _title(self, repair: Repair) -> str:
        marks = {"separator": self.context.prompts.mark, "stop_sequence": self.context.completions.mark}
        if repair.id in marks:
            return f"{repair.title}: {exact_json.encode(marks[repair.id]).decode()}"
        if repair.id == "convert":
            return f"Make every {'row' if self._converted else 'example'} a {self.context.format} example"
        return repair.title


_BATCH = 4_096
"""Examples that are compared at once."""

_EARLY = {repair.id for repair in REPAIRS[: REPAIRS.index(BY_ID["convert"])]}
_COMPARING = frozenset(("duplicates", "near_duplicates", "validation_overlap"))
_COMPARED: dict[str, Kind] = {"duplicates": "duplicate_example", "validation_overlap": "in_validation_file"}


class _Places(Repetitions):
    """Where all repetitions stand, not only those that are named."""

    places: "array[int]" = msgspec.field(default_factory=lambda: array("Q"))

    def add(self, found: Sequence[Repetition]) -> None:
        super().add(found)
        self.places.extend(one.line for one in found)


def _hold_out(duplicates: Duplicates, validation: Path) -> None:
    with opened(validation) as source:
        for record in records(source, encoding=True, syntax=True, progress=lambda done: None):
            example = record.plain or record.example
            if example is not None:
                duplicates.hold_out([_fingerprint(example, record.text)], [record.line])


def _fingerprint(example: Example | Plain, text: bytes) -> int:
    """As the check takes it, for which what is left out of a plain chat and what is null there are the same."""
    if not isinstance(example, dict):
        return fingerprint(example, text)
    try:
        return fingerprint(decode_plain(text), text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return fingerprint(example, text)
