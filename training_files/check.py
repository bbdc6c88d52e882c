"""Check a training file: one streaming pass that judges, counts and prices it.

The calling thread reads, decodes and judges one batch while others count the tokens of those before it (counting
lets go of the interpreter's lock). Memory does not grow with the file: findings are capped, lengths are a histogram,
hashes of examples go to disk when they are many, and a line over `lines.LONGEST_LINE` is skipped.
"""

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from training_files.catalog import DEFAULT_MODEL, METHODS, cost, fine_tunable, lookup
from training_files.check_batch import CheckedBatch, check_and_count, check_batch, skim_batch
from training_files.dataset_checks import DatasetChecks
from training_files.duplicates import Duplicates
from training_files.epochs import FEWEST_EXAMPLES, Epochs, auto_epochs
from training_files.errors import TrainingFileError
from training_files.findings import Findings, errors_worth, merged
from training_files.forked import can_fork, forked_map
from training_files.length_counter import LengthCounter, Texts
from training_files.lines import (
    BLOCK,
    LONGEST_LINE,
    MOST_VALUES,
    Batch,
    Stretch,
    open_file,
    read_batches,
    read_head,
    read_stretch,
    stretches,
)
from training_files.overlap import fingerprints
from training_files.report import Param, Report, Severity, Table, Tokens
from training_files.tables import file_type
from training_files.tokens import SUBSTITUTE, encoding, estimate, tokenizer_for

T = TypeVar("T")

COUNTERS = min(4, os.cpu_count() or 1)
"""Threads that count tokens. Four keep up with one that decodes."""

SHARED = 8 << 20
"""Bytes from which on a file is shared out to several processes. A smaller one takes less time than starting them."""

STRETCH = 1 << 21
"""Bytes that a process checks at a time."""

MOST_PROCESSES = 6
"""Six take 250 MB together; each further one would take 30 more."""

MOST_COLUMNS = 6
"""Columns of a table that the finding names."""

FIRST_PARTIAL = 0.5
NEXT_PARTIAL = 1.0
"""Seconds until the first report on the way, and between two."""


def check_file(
    path: Path,
    *,
    model: str = DEFAULT_MODEL,
    epochs: int | None = None,
    tokenizers: Path | None = None,
    validation: Path | None = None,
    growing: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    partial: Callable[[Report], None] | None = None,
    processes: int = 1,
    count_tokens: bool = True,
) -> Report:
    """Checks the file at `path` as training data for `model`.

    `epochs` is chosen by `auto_epochs` where None. `tokenizers` is a folder of `<model>/tokenizer.json` files
    for models that bring their own. `validation` is the file's validation file: examples that stand in both are
    found; nothing else of it is judged. `growing` stands as long as the file is still being written: what comes is
    waited for (`lines.read_batches`). `progress` is called with bytes done and bytes in all, in this thread.
    `partial` is called in this thread with what was found so far, a report whose `complete` is False: the first
    within one second, then every second; never for a file that takes less. Where `processes` is more than one, a large
    file that is complete is shared out to so many, if they can be forked here; the report is the same. Where
    `count_tokens` is False no vocabulary is loaded, and lengths are estimates: for who judges by the rules alone.

    Raises TrainingFileError where a file cannot be read at all. Whatever is wrong inside it is in the report.
    """
    if epochs is not None and epochs < 1:
        raise ValueError("epochs must be 1 or more")
    foreign = file_type.recognise(read_head(path, file_type.HEAD, growing=growing))
    size = path.stat().st_size
    counter = ThreadPoolExecutor(COUNTERS, thread_name_prefix="count tokens")
    second = ThreadPoolExecutor(1, thread_name_prefix="count tokens for other models")
    with counter, second, closing(Duplicates()) as duplicates:
        check = _Check(model, tokenizers, epochs, foreign, counter, second, duplicates, partial, count_tokens)
        try:
            if validation is not None:
                check.add_validation(validation)
            if processes > 1 and growing is None and size >= SHARED and check.can_be_shared():
                steps = check.share(path, processes)
            else:
                steps = check.take_all(read_batches(path, block=BLOCK, growing=growing))
            with closing(steps):
                for done in steps:
                    if progress is not None:
                        progress(done, max(size, done))
            check.finish(path)
        except BaseException:
            for executor in (counter, second):
                executor.shutdown(wait=False, cancel_futures=True)
            raise
        return check.report(complete=True)


class _Check:
    """One pass over one file."""

    def __init__(
        self,
        model: str,
        tokenizers: Path | None,
        epochs: int | None,
        foreign: file_type.FileType | None,
        counter: ThreadPoolExecutor,
        second: ThreadPoolExecutor,
        duplicates: Duplicates,
        partial: Callable[[Report], None] | None,
        count_tokens: bool,
    ) -> None:
        self.model = model
        self.facts = lookup(model)
        self.asked = epochs
        self.foreign = foreign
        self.counter = counter
        self.second = second  # one thread: each keeps a cache of 16 MB for the vocabulary, beside the model's own
        self.duplicates = duplicates
        self.partial = partial
        self.due = time.monotonic() + FIRST_PARTIAL
        self.rules = Findings()
        self.too_long = Findings()  # these come a few batches later: merged by line at the end
        self.table: Table | None = None
        self.bytes = 0
        self.examples = 0
        self.estimated = False
        self.done_with = False
        self.hash = hashlib.sha256()
        own = tokenizer_for(model, self.facts, tokenizers) if count_tokens else estimate()
        self.own = LengthCounter(own, self.facts)
        # Measures for the other models' prices.
        self.others = LengthCounter(encoding(SUBSTITUTE) if count_tokens else estimate(), None)
        if self.others.measures_like(self.own):
            self.others = self.own
        self.dataset_checks = DatasetChecks(self.own.tokenizer.count)
        self.waiting: deque[_Counting] = deque()

    def add_validation(self, validation: Path) -> None:
        """Notes the validation file's examples."""
        for batch in read_batches(validation):
            self.duplicates.add_validation(*fingerprints(batch))
            self._say_partial()

    def can_be_shared(self) -> bool:
        return self.foreign is None and can_fork() and self.own.tokenizer.forkable and self.others.tokenizer.forkable

    def share(self, path: Path, processes: int) -> Generator[int, None, None]:
        """Has other processes check the file, and adds what they find. Gives the bytes done, now and again."""
        with open_file(path) as file:

            def work(asked: _Asked) -> list[CheckedBatch]:
                findings = Findings(asked.room)
                errors, done = asked.errors, asked.stretch.start
                checked = []
                for batch in read_stretch(file, asked.stretch, block=BLOCK):
                    done += len(batch.raw)
                    if asked.skim or errors > errors_worth(done):  # it will be given up by then, if not before
                        checked.append(skim_batch(batch))
                        continue
                    findings = Findings(findings.room())
                    checked.append(check_and_count(batch, findings, self.own, self.others))
                    errors += findings.errors
                return checked

            results = forked_map(
                work,
                stretches(self._hashed(file), STRETCH),
                request=lambda stretch: _Asked(stretch, self.rules.room(), self.rules.errors, self.done_with),
                warm_up=self._load,
                processes=min(processes, MOST_PROCESSES),
            )
            with closing(results):
                for batches in results:
                    for batch in batches:
                        self.add(batch)
                    self._say_partial()
                    yield self.bytes

    def _hashed(self, file: BinaryIO) -> Iterator[bytes]:
        while raw := file.read(BLOCK):
            self.hash.update(raw)
            yield raw

    def _load(self) -> None:
        for counter in (self.own, self.others):
            counter.tokenizer.count(["."])

    def take_all(self, batches: Iterator[Batch]) -> Generator[int, None, None]:
        """Checks the file's batches one after the other. Gives the bytes done after each."""
        self._count(Texts(texts=["."]))  # so that the vocabulary is loaded meanwhile
        for batch in batches:
            self.take(batch)
            yield self.bytes

    def take(self, batch: Batch) -> None:
        """Judges a batch and hands its texts to another thread; of a foreign file only the hash is taken."""
        self.hash.update(batch.raw)
        if self.foreign is not None or self.given_up(len(batch.raw)):
            self.add(skim_batch(batch))
        else:
            large = max(map(len, batch.lines), default=0) > BLOCK
            if large:  # one at a time, and alone
                self._settle(all_but=0)
            checked, texts = check_batch(batch, Findings(self.rules.room()), with_roles=bool(self.own.by_role))
            self.add(checked)
            if texts.numbers:
                self.waiting.append(self._count(texts))
            self._settle(all_but=0 if large else COUNTERS + 1)
        self._say_partial()

    def given_up(self, more: int = 0) -> bool:
        """Whether the rest is not looked at: so many bytes further on there are more errors than are worth the time."""
        return self.done_with or self.rules.errors > errors_worth(self.bytes + more)

    def add(self, batch: CheckedBatch) -> None:
        """Adds what was found in the next batch of the file; its lengths too, where they are known."""
        self.bytes += batch.bytes
        if batch.byte_order_mark:
            self.rules.add("byte_order_mark", None)
        if self.foreign is not None:
            return
        self.examples += batch.lines
        if batch.oversized:
            self.examples += 1
            self.rules.add("line_too_long", batch.number, megabytes=LONGEST_LINE >> 20, values=MOST_VALUES)
        if self.given_up():
            if not self.done_with:
                self.rules.add("too_many_findings", None, before=batch.number, count=self.rules.errors)
            self.done_with = True
            return
        self.rules.extend(batch.findings)
        batch.dataset_checks.replay(self.dataset_checks, self.rules)
        self.duplicates.add(batch.hashes, batch.numbers)
        self.estimated = self.estimated or batch.estimated
        self.add_lengths(batch.numbers, batch.lengths, batch.other_lengths)

    def finish(self, path: Path) -> None:
        self._settle(all_but=0)
        self._wait(self.counter.submit(self.duplicates.finish))
        self.dataset_checks.finish(self.rules)
        self._validate_file()
        if self.foreign is not None and not self.foreign.convertible:
            self.rules.add(self.foreign.code, None, kind=self.foreign.kind)
        elif self.foreign is not None or self.dataset_checks.format == "rows":
            self._describe(path)
        format = self._format()
        if self.facts is not None and format in METHODS and not self.facts.takes(format):
            others = [one.id for one in fine_tunable(date.today()) if one.takes(format) and one.framing_tried]
            self.rules.add("format_not_taken", None, model=self.model, format=format, others=others)

    def _describe(self, path: Path) -> None:
        """A file of rows: what its columns are, and how they would be read."""
        from training_files import tables

        try:
            self.table = self._wait(self.counter.submit(tables.describe, path))
        except TrainingFileError as error:
            if self.foreign is not None:
                # But for the name, which is our copy's: people know the file by another one.
                values: dict[str, str | int] = {
                    name: value
                    for name, value in error.values.items()
                    if isinstance(value, str | int) and name != "name"
                }
                self.rules.add("not_jsonl", None, kind=self.foreign.kind, error=error.kind, values=values)
            return
        if self.foreign is not None:  # rows of JSONL are told by DatasetChecks
            self.rules.add("needs_conversion", None, None, **_table_params(self.table))

    def _count(self, texts: Texts) -> "_Counting":
        """Has the tokens of the batch's texts counted, for `own` and for `others`."""
        mine, theirs, each = self.own.texts(texts), self.others.texts(texts), len(texts.texts)
        own = others = self.counter.submit(self.own.count, mine, each)
        if self.others.tokenizer.name != self.own.tokenizer.name or theirs != mine:
            others = self.second.submit(self.others.count, theirs, each)
        return _Counting(texts, own, others)

    def _settle(self, *, all_but: int) -> None:
        """Takes the counts of the oldest batches, until so many wait."""
        while len(self.waiting) > all_but:
            batch = self.waiting.popleft()
            lengths = self.own.measure(batch.texts, self._wait(batch.own))
            others = [] if self.others is self.own else self.others.measure(batch.texts, self._wait(batch.others))
            self.add_lengths(batch.texts.numbers, lengths, others)

    def add_lengths(self, numbers: list[int], lengths: list[int], others: list[int]) -> None:
        """Adds the lengths of the examples on these lines: for the model, and for the others where they differ."""
        self.own.lengths.add(lengths)
        self.others.lengths.add(others)
        limit = self.facts.example_tokens if self.facts else None
        if limit is None or max(lengths, default=0) <= limit:
            return
        for number, length in sorted(zip(numbers, lengths, strict=True)):
            if length > limit:
                self.too_long.add("example_too_long", number, tokens=length, limit=limit, model=self.model)

    def _wait(self, future: Future[T]) -> T:
        """The future's result; partial reports go on meanwhile."""
        while self.partial is not None and not future.done():
            wait([future], timeout=max(0.0, self.due - time.monotonic()))
            self._say_partial()
        return future.result()

    def _say_partial(self) -> None:
        if self.partial is not None and time.monotonic() >= self.due:
            self.partial(self.report(complete=False))
            self.due = time.monotonic() + NEXT_PARTIAL

    def _validate_file(self) -> None:
        facts = self.facts
        fewest = facts.min_examples if facts else FEWEST_EXAMPLES
        if self.foreign is None and self.examples < fewest:
            self.rules.add("too_few_examples", None, examples=self.examples, fewest=fewest, bytes=self.bytes)
        most = facts.max_examples if facts else None
        if most is not None and self.examples > most:
            self.rules.add("too_many_examples", None, model=self.model, examples=self.examples, limit=most)
        most = facts.max_file_bytes if facts else None
        if most is not None and self.bytes > most:
            megabytes = self.bytes >> 20
            self.rules.add("file_too_large", None, model=self.model, megabytes=megabytes, limit=most >> 20)

    def report(self, *, complete: bool) -> Report:
        epochs = auto_epochs(self.examples)
        if self.asked is not None:
            epochs = Epochs(self.asked, "asked")
        collected = [self.rules, self.too_long, _named(self.duplicates)]
        errors, warnings = merged(collected, "error"), merged(collected, "warning")
        counts = {code: count for findings in collected for code, count in findings.counts.items()}
        lengths = self.own.lengths
        format = self._format()
        return Report(
            ok=not errors,
            format=format,
            examples=self.examples,
            errors=errors,
            warnings=warnings,
            counts=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
            tokens=self._tokens(),
            epochs=epochs.count,
            cost=self._cost(format, epochs.count),
            model=self.model,
            bytes=self.bytes,
            sha256=self.hash.hexdigest(),
            epochs_reason=epochs.reason if lengths.examples or self.asked is not None else "",
            method=METHODS.get(format),
            histogram=lengths.bars(self.facts.example_tokens if self.facts else None),
            table=self.table,
            complete=complete,
            repeated=self.rules.repeated,
            images=self.dataset_checks.image_examples,
        )

    def _format(self) -> str:
        if self.foreign is not None:
            return self.foreign.name
        if self.dataset_checks.format or not self.own.lengths.examples:
            return self.dataset_checks.format or ("unknown" if self.examples else "empty")
        return "chat"

    def _tokens(self) -> Tokens:
        lengths, tokenizer = self.own.lengths, self.own.tokenizer
        why = tokenizer.why
        if not why and self.estimated:
            why = {"completion": "completions", "preference": "preferences"}.get(self._format(), "details")
        tried = self.facts is None or self.facts.framing_tried
        if not why and not tried:
            why = "chat_template"
        return Tokens(
            total=lengths.total,
            max=lengths.max,
            median=lengths.quantile(0.5),
            p95=lengths.quantile(0.95),
            billed=lengths.capped(self.facts.example_tokens if self.facts else None),
            exact=tokenizer.exact and tried and not self.estimated,
            tokenizer=tokenizer.name,
            why=why,
        )

    def _cost(self, format: str, epochs: int) -> dict[str, float | None]:
        """For `model`, and for all others that can be trained on this format today."""
        if not self.own.lengths.examples or (self.facts is not None and not self.facts.takes(format)):
            prices: dict[str, float | None] = {self.model: None}  # not the same as free
        else:
            limit = self.facts.example_tokens if self.facts else None
            prices = {self.model: cost(self.model, self.own.lengths.capped(limit), epochs)}
        lengths = self.others.lengths
        for other in fine_tunable(date.today()) if lengths.examples else ():
            if other == self.facts or other.training_price is None or not other.takes(format):
                continue
            if other.training_price or 0.0 not in prices.values():  # one of those that are free speaks for all
                prices[other.id] = cost(other.id, lengths.capped(other.example_tokens), epochs)
        return prices


class _Asked(NamedTuple):
    """What another process is to check: it keeps as many findings as there is room for, or skims the lines only.
    `errors` is how many were counted so far, in what comes before.
    """

    stretch: Stretch
    room: dict[Severity, int]
    errors: int
    skim: bool


class _Counting(NamedTuple):
    """A batch whose texts are being counted."""

    texts: Texts
    own: Future[list[int]]
    others: Future[list[int]]


def _named(duplicates: Duplicates) -> Findings:
    findings = Findings()
    for code, repetitions in duplicates.found.items():
        for one in repetitions.named:
            findings.add(code, one.line, first=one.first)
        if repetitions.count:
            findings.counts[code] = repetitions.count
    return findings


def _table_params(table: Table) -> dict[str, Param]:
    """What a table is and how it would be read."""
    columns = [column.name[:40] for column in table.columns[:MOST_COLUMNS]]
    params: dict[str, Param] = {
        "kind": table.kind,
        "rows": table.rows,
        "columns": columns,
        "more": len(table.columns) + table.unlisted - len(columns),
    }
    if table.mapping is None:
        return params
    return params | {
        "format": table.mapping.format,
        "mapping": {part: column[:40] for part, column in table.mapping.columns.items()},
    }
