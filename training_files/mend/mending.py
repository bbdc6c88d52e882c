"""The two passes over a file: one looks at all of it, the other mends it example by example.

Proposing and mending are the same passes. Proposing writes nothing; it applies what is recommended, and of the rest
counts what it would touch.
"""

import hashlib
import os
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, suppress
from itertools import compress, islice
from pathlib import Path

import msgspec

from training_files import content_scan
from training_files.chat import PlainExample, decode_plain
from training_files.duplicates import Duplicates, Kind, Repetition, Repetitions, fingerprint
from training_files.errors import TrainingFileError
from training_files.example_format import Format
from training_files.mend import canonical, excerpt
from training_files.mend.conversion import convert
from training_files.mend.file import File
from training_files.mend.plan import MOST_LOST, Lost, Mended, Plan, Proposal
from training_files.mend.ready import Ready, ready
from training_files.mend.repair import Dropped, Example, Repair
from training_files.mend.repairs import BY_ID, REPAIRS
from training_files.mend.source import Record, opened, records
from training_files.mend.untouched import sound, untouched
from training_files.outputs import require_replaceable
from training_files.report import Mapping

Progress = Callable[[int, int], None]


def propose(
    path: Path,
    *,
    model: str,
    tokenizers: Path | None = None,
    to: Format | None = None,
    mapping: Mapping | None = None,
    validation: Path | None = None,
    progress: Progress | None = None,
) -> Plan:
    """What can be mended in the file at `path`; nothing is written.

    `model` is what it is meant for, `tokenizers` the folder as for `check_file`, `to` the format that all examples
    are to have (that of most of them where None), `mapping` how the columns of a table are read (as `tables.describe`
    proposes where None), `validation` a file whose examples are not to stand in this one. `progress` is called with
    bytes done and bytes in all, in this thread.

    Raises TrainingFileError with a sentence for a person where the file cannot be read at all.
    """
    with ready(path, mapping, to, progress) as file:
        if file.source is None:
            return Plan((), file.table, file.table.rows if file.table else 0, "unknown")
        recommended = [repair.id for repair in REPAIRS if repair.recommended]
        work = _Work(file, recommended, REPAIRS, File(model, tokenizers, to), progress)
        work.survey()
        with tempfile.TemporaryDirectory(prefix="mend-") as folder:
            draft = Path(folder) / "draft.jsonl"
            work.draft(draft, validation)
            repairs = tuple(work.proposals(draft))
        return Plan(repairs, file.table, work.seen, work.file.format, tuple(work.lost), work.lost_lines)


def mend(
    path: Path,
    out: Path,
    *,
    chosen: Collection[str],
    model: str,
    tokenizers: Path | None = None,
    to: Format | None = None,
    mapping: Mapping | None = None,
    validation: Path | None = None,
    progress: Progress | None = None,
) -> Mended:
    """Writes the examples of `path` to `out`, with the `chosen` repairs (ids of `repairs.REPAIRS`) and those that come
    with writing a file anew; the other arguments are those of `propose`.

    `out` is JSONL in UTF-8. A line whose example needs no repair stands there byte for byte, blanks around it aside; in
    the others numbers and texts keep their values and keys their order. `out` is replaced once the new file is
    complete. Raises TrainingFileError, also where `out` is the original, and ValueError for an id that is none.
    """
    unknown = set(chosen) - BY_ID.keys()
    if unknown:
        raise ValueError(f"no such repair: {', '.join(sorted(unknown))}")
    if out.resolve() == path.resolve() or (out.exists() and out.samefile(path)):
        raise TrainingFileError(f"{path.name} is the file that is mended; it is never overwritten. Give another name.")
    require_replaceable(out)
    with ready(path, mapping, to, progress) as file:
        if file.source is None:
            raise TrainingFileError(
                f"Nobody has said yet which columns of {path.name} hold what. Name them, then mend it."
            )
        considered = tuple(repair for repair in REPAIRS if repair.id in chosen)
        work = _Work(file, chosen, considered, File(model, tokenizers, to), progress)
        work.survey()
        return _written(work, out, validation)


def _written(work: "_Work", out: Path, validation: Path | None) -> Mended:
    fresh = out.with_name(f".{out.name}.part")
    first = out.with_name(f".{out.name}.draft")
    digest = hashlib.sha256()
    size = examples = 0
    try:
        going = work.draft(first, validation)
        with first.open("rb") as draft, fresh.open("wb") as file:
            for line in compress(draft, (not gone for gone in going)):
                digest.update(line)
                size += file.write(line)
                examples += 1
        os.replace(fresh, out)
    except OSError as error:
        raise TrainingFileError(f"{out.name} cannot be written: {error.strerror or error}.") from error
    finally:
        first.unlink(missing_ok=True)
        fresh.unlink(missing_ok=True)
    return Mended(
        examples=examples,
        dropped=work.dropped,
        changed={id: count for id, count in work.counts.items() if count},
        lost=tuple(work.lost),
        lost_lines=work.lost_lines,
        sha256=digest.hexdigest(),
        bytes=size,
        format=work.file.format,
    )


class _Work:
    """One mending: first `survey`, then `draft`; its figures are what happened."""

    def __init__(
        self,
        ready: Ready,
        chosen: Collection[str],
        considered: tuple[Repair, ...],
        file: File,
        progress: Progress | None,
    ) -> None:
        assert ready.source is not None
        self.source = ready.source
        self.file = file
        self.chosen = frozenset(chosen)
        self.considered = [repair for repair in considered if repair.function is not None]
        self.counts = Counter({repair.id: 0 for repair in REPAIRS})  # in the order of the table
        self.seen = self.dropped = self.lost_lines = 0
        self.lost: list[Lost] = []
        self._asked = {repair.id for repair in considered}
        self._first: dict[str, tuple[int | None, Example | str, Example | str]] = {}
        self._lines = array("Q")  # of each example of the draft: where it stands in the original
        self._repetition: dict[str, Repetition] = {}  # the first of each kind, by its place in the draft
        self._progress = progress
        self._bytes = self.source.path.stat().st_size
        self._converted = ready.converted
        if ready.converted is not None:
            self._first["convert"] = (None, *ready.first_row())
            self.seen += ready.converted.skipped_rows
            self.lost_lines += ready.converted.skipped_rows
            self.lost += [Lost(one.row, one.why) for one in ready.converted.skipped[:MOST_LOST]]

    def survey(self) -> None:
        """The first pass: every example as it will be when the repairs are reached that look at the whole file."""
        early = [repair for repair in self.considered if repair.id in self.chosen & _EARLY]
        size = 0
        for record in self._records(0):
            size += len(record.text)
            if self.file.format in ("", "chat") and (plain := sound(record.text)) is not None:
                self.file.observe_sound(plain.messages, record.line)
            elif record.example is not None:
                with suppress(RecursionError):  # the second pass says so
                    self._observe(record.example, record.line, early)
            else:
                self.file.lose(blank=not record.why)
            self.file.give_up_on(size, record.line)
        self.file.settle()

    def _observe(self, example: Example, line: int, early: list[Repair]) -> None:
        for repair in early:
            assert repair.function is not None
            outcome = repair.function(example, self.file)
            if isinstance(outcome, dict):
                example = outcome
        converted = convert(example, self.file) if self.file.format else None
        self.file.observe(example, converted if isinstance(converted, dict) else example, line)

    def draft(self, draft: Path, validation: Path | None) -> bytearray:
        """The second pass: writes what is mended to `draft`, and says of each line of it whether it goes, because the
        example stands in the file twice or in the validation file. That is known once all were seen.
        """
        found = {id: _Places() for id in _COMPARED if id in self._asked}
        with draft.open("wb") as file, closing(Duplicates()) as duplicates:
            duplicates.found.update({_COMPARED[id]: places for id, places in found.items()})
            if validation is not None and "validation_overlap" in found:
                _hold_out(duplicates, validation)
            hashes: list[int] = []
            for line, example, text in self._mended():
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
            near = content_scan.near_duplicates(draft)
            for place in again.get("duplicates", ()):
                near.pop(place, None)
            again["near_duplicates"] = near
            if near:
                self._repetition["near_duplicates"] = Repetition(*min(near.items()))
        going = bytearray(len(self._lines))
        for id, places in again.items():
            self.counts[id] = len(places)
            if id in self.chosen:
                for place in places:
                    going[place - 1] = 1
        if self._converted is not None:
            self.counts["convert"] = self._converted.examples
        self.dropped += sum(going)
        return going

    def proposals(self, draft: Path) -> Iterator[Proposal]:
        """What was found to do, in the order of the table."""
        for repair in REPAIRS:
            if self.counts[repair.id]:
                line, *sides = self._first.get(repair.id) or self._repeated(repair.id, draft)
                before, after = excerpt.sides(*sides)
                rows = repair.id == "convert" and self._converted is not None
                yield Proposal(
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

    def _mended(self) -> Iterator[tuple[int, Example | PlainExample, bytes]]:
        """Line, value and JSON of each example that remains."""
        for id, (before, after) in self.source.repairs.items():
            self._note(id, None, before, after)
        for record in self._records(1):
            for id, (before, after) in record.repairs.items():
                self._note(id, record.line, before, after)
            if record.example is None and not record.why:
                continue
            self.seen += 1
            if record.example is None:
                self._lose(record.line, record.why)
                continue
            if (plain := untouched(record.text, self.file)) is not None:
                yield record.line, plain, record.text
                continue
            try:
                example = self._mend(record, record.example)
                if example is not None:
                    text = record.text if example is record.example else canonical.encode(example)
            except RecursionError:
                self._lose(record.line, "It is nested too deeply to be mended.")
                continue
            if example is not None:
                yield record.line, example, text

    def _mend(self, record: Record, example: Example) -> Example | None:
        for repair in self.considered:
            assert repair.function is not None
            outcome = repair.function(example, self.file)
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
        return self._lines[place - 1], canonical.decode(text), where

    def _lose(self, line: int, why: str) -> None:
        self.lost_lines += 1
        if len(self.lost) < MOST_LOST:
            self.lost.append(Lost(line, why))

    def _title(self, repair: Repair) -> str:
        marks = {"separator": self.file.prompts.mark, "stop_sequence": self.file.completions.mark}
        if repair.id in marks:
            return f"{repair.title}: {canonical.encode(marks[repair.id]).decode()}"
        if repair.id == "convert":
            return f"Make every {'row' if self._converted else 'example'} a {self.file.format} example"
        return repair.title


_BATCH = 4_096
"""Examples that are compared at once."""

_EARLY = {repair.id for repair in REPAIRS[: REPAIRS.index(BY_ID["convert"])]}
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
            if record.example is not None:
                duplicates.hold_out([_fingerprint(record.example, record.text)], [record.line])


def _fingerprint(example: Example | PlainExample, text: bytes) -> int:
    """As the check takes it, for which what is left out of a plain chat and what is null there are the same."""
    if isinstance(example, PlainExample):
        return fingerprint(example, text)
    try:
        return fingerprint(decode_plain(text), text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return fingerprint(example, text)
