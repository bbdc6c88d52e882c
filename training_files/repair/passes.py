"""The two passes over a file: the survey looks at all of it, the draft repairs it example by example."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from contextlib import closing, suppress
from pathlib import Path

from training_files.repair import exact_json, excerpt, plain
from training_files.repair.comparison import COMPARING, Comparison
from training_files.repair.conversion import convert
from training_files.repair.input import RepairInput
from training_files.repair.plain import Plain
from training_files.repair.plan import MOST_LOST, LostLine, ProposedRepair, Remark, Why
from training_files.repair.repair import Dropped, Example, Repair
from training_files.repair.repairs import BY_ID, REPAIRS
from training_files.repair.source import Record, records
from training_files.repair.survey import Survey

Progress = Callable[[int, int], None]


class Passes:
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
        self._first: dict[str, tuple[int | None, Example | str | Why, Example | str | Why]] = {}
        self._sound = bytearray()  # of the examples that are not plain: whether the survey found no error
        self._comparison: Comparison | None = None
        self._progress = progress
        self._bytes = self.source.path.stat().st_size
        self._converted = given.converted
        if given.converted is not None:
            self._first["convert"] = (None, *given.first_row())
            self.seen += given.converted.skipped_rows
            self.lost_lines += given.converted.skipped_rows
            self.lost += [LostLine(one.row, Remark(one.why, one.values)) for one in given.converted.skipped[:MOST_LOST]]

    @property
    def changed(self) -> dict[str, int]:
        """How many examples each repair touched; those that are only offered touched none."""
        offered = ({repair.id for repair in self.considered} | COMPARING) - self.chosen
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
        with draft.open("wb") as file, closing(Comparison(self._asked, validation)) as comparison:
            for line, example, text in self._repaired():
                file.write(text + b"\n")
                comparison.add(line, example, text)
            file.flush()
            comparison.finish(draft)
        self._comparison = comparison
        self.left_out = bytearray(len(comparison.lines))
        for id, places in comparison.places.items():
            self.counts[id] = len(places)
            if id in self.chosen:
                for place in places:
                    self.left_out[place - 1] = 1
        if self._converted is not None:
            self.counts["convert"] = self._converted.examples
        self.dropped += sum(self.left_out)

    @property
    def of_rows(self) -> bool:
        """Whether the examples are made of the rows of a table."""
        return self._converted is not None

    @property
    def marks(self) -> dict[str, str]:
        """The separator and the stop sequence, as JSON, by the ids of the repairs that write them."""
        marks = {"separator": self.context.prompts.mark, "stop_sequence": self.context.completions.mark}
        return {id: exact_json.encode(mark).decode() for id, mark in marks.items() if self.counts[id]}

    def proposals(self, draft: Path) -> Iterator[ProposedRepair]:
        """What was found to do, in the order of the table."""
        assert self._comparison is not None
        for repair in REPAIRS:
            if self.counts[repair.id]:
                line, *sides = self._first.get(repair.id) or self._comparison.first(repair.id, draft)
                before, after = excerpt.before_and_after(*sides)
                yield ProposedRepair(
                    id=repair.id,
                    examples=self.counts[repair.id],
                    line=line,
                    before=before,
                    after=after,
                    recommended=repair.recommended,
                    drops=repair.drops,
                    always=repair.always or (repair.id == "convert" and self.of_rows),
                    mark=self.marks.get(repair.id, ""),
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
                self._lose(record.line, Remark("nested_too_deeply"))
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
                self._lose(record.line, Remark("number_cannot_be_written"))
                return None
            example = outcome
        return example

    def _records(self, number: int) -> Iterator[Record]:
        def progress(done: int) -> None:
            if self._progress is not None:
                self._progress(number * self._bytes + done, 2 * self._bytes)

        encoding, syntax = "encoding" in self.chosen, "json_syntax" in self.chosen
        return records(self.source, encoding=encoding, syntax=syntax, progress=progress)

    def _note(self, id: str, line: int | None, before: Example | str | Why, after: Example | str | Why) -> None:
        self.counts[id] += 1
        self._first.setdefault(id, (line, before, after))

    def _lose(self, line: int, why: Why) -> None:
        self.lost_lines += 1
        if len(self.lost) < MOST_LOST:
            self.lost.append(LostLine(line, why))


_EARLY = {repair.id for repair in REPAIRS[: REPAIRS.index(BY_ID["convert"])]}
