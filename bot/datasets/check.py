"""Check a training file: one streaming pass that judges, counts and prices it.

The calling thread reads, decodes and judges one batch while others count the tokens of those before it (counting
lets go of the interpreter's lock). A system prompt that many examples share is counted once a batch. Memory does
not grow with the file: findings are capped, lengths are a histogram, and a line over `lines.LONGEST_LINE` is skipped.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from bot.datasets import formats
from bot.datasets.catalog import DEFAULT_MODEL, ModelFacts, fine_tunable, lookup
from bot.datasets.chat import NotAnExample, decode_plain, judge, parse
from bot.datasets.epochs import FEWEST_EXAMPLES, Epochs, auto_epochs
from bot.datasets.findings import Findings, merged
from bot.datasets.lengths import Lengths
from bot.datasets.lines import LONGEST_LINE, Batch, open_file, read_batches
from bot.datasets.price import cost
from bot.datasets.report import Report, Tokens
from bot.datasets.tokens import SUBSTITUTE, Tokenizer, encoding, tokenizer_for

COUNTERS = min(4, os.cpu_count() or 1)
"""Threads that count tokens. Four keep up with one that decodes."""

OPENAI_FRAMING = (4, 1)
"""Tokens that each message and each example add, as OpenAI bills them; see `catalog.ModelFacts`."""


def check_file(
    path: Path,
    *,
    model: str = DEFAULT_MODEL,
    epochs: int | None = None,
    tokenizers: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Checks the file at `path` as training data for `model`.

    `epochs` is chosen by `auto_epochs` where None. `tokenizers` is a folder of `<model>/tokenizer.json` files
    for models that bring their own. `progress` is called with bytes done and bytes in all, in this thread.

    Raises DatasetError where the file cannot be read at all. Whatever is wrong inside it is in the report.
    """
    if epochs is not None and epochs < 1:
        raise ValueError("epochs must be 1 or more")
    with open_file(path) as file:
        head = file.read(formats.HEAD)
        size = os.fstat(file.fileno()).st_size
    check = _Check(model, tokenizers)
    foreign = formats.recognise(head)
    with ThreadPoolExecutor(COUNTERS, thread_name_prefix="count tokens") as counter:
        try:
            for batch in read_batches(path):
                check.bytes += len(batch.raw)
                check.take(batch, counter, whole=foreign is None)
                if progress is not None:
                    progress(check.bytes, max(size, check.bytes))
            check.finish()
        except BaseException:
            counter.shutdown(wait=False, cancel_futures=True)
            raise
    if foreign is not None:
        check.rules.add(foreign.code, None, what=foreign.what, how=foreign.how)
    return check.report(epochs, foreign.name if foreign is not None else None)


class _Shape(msgspec.Struct, gc=False):
    """The examples of one batch: where each is, how many texts and messages it has. `places` says for each text
    where it stands in `texts`, in which a system prompt stands once. `extras` are tokens known without counting,
    by the example's place in the batch.
    """

    numbers: list[int] = []
    texts_each: list[int] = []
    messages_each: list[int] = []
    places: list[int] = []
    texts: list[str] = []
    prompts: dict[str, int] = {}
    extras: dict[int, int] = {}


class _Gauge:
    """Measures the examples with one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, facts: ModelFacts | None) -> None:
        self.tokenizer = tokenizer
        self.lengths = Lengths()
        self.framing = (facts.message_tokens, facts.frame_tokens) if facts else OPENAI_FRAMING

    def measure(self, shape: _Shape, counts: list[int]) -> list[int]:
        """The length of each example, framing included."""
        until = list(accumulate(map(counts.__getitem__, shape.places), initial=0))
        ends = accumulate(shape.texts_each)
        each, frame = self.framing
        start = 0
        found = []
        for end, messages in zip(ends, shape.messages_each, strict=True):
            found.append(until[end] - until[start] + each * messages + frame)
            start = end
        for place, extra in shape.extras.items():
            found[place] += extra
        self.lengths.add(found)
        return found


class _Check:
    """One pass over one file."""

    def __init__(self, model: str, tokenizers: Path | None) -> None:
        self.model = model
        self.facts = lookup(model)
        self.rules = Findings()
        self.too_long = Findings()  # these come a few batches later: merged by line at the end
        self.bytes = 0
        self.examples = 0
        self.other_format = "unknown"
        self.estimated = False
        self.hash = hashlib.sha256()
        self.own = _Gauge(tokenizer_for(model, self.facts, tokenizers), self.facts)
        self.others = self.own  # measures for the other models' prices
        if (self.own.tokenizer.name, self.own.framing) != (SUBSTITUTE, OPENAI_FRAMING):
            self.others = _Gauge(encoding(SUBSTITUTE), None)
        self.waiting: deque[tuple[_Shape, Future[tuple[list[int], list[int]]]]] = deque()

    def take(self, batch: Batch, counter: ThreadPoolExecutor, *, whole: bool) -> None:
        """Judges a batch and hands its texts to another thread; of a foreign file only the hash is taken."""
        self.hash.update(batch.raw)
        shape = self._judge(batch) if whole else _Shape()
        self.waiting.append((shape, counter.submit(self._count, shape.texts)))
        if len(self.waiting) > COUNTERS + 1:
            self._settle()

    def finish(self) -> None:
        while self.waiting:
            self._settle()

    def _count(self, texts: list[str]) -> tuple[list[int], list[int]]:
        """Tokens of each text, for `own` and for `others`."""
        if not texts:
            return [], []
        own = self.own.tokenizer.count(texts)
        if self.others.tokenizer.name == self.own.tokenizer.name:
            return own, own
        return own, self.others.tokenizer.count(texts)

    def _settle(self) -> None:
        """Takes the oldest batch's counts."""
        shape, future = self.waiting.popleft()
        own, others = future.result()
        lengths = self.own.measure(shape, own)
        if self.others is not self.own:
            self.others.measure(shape, others)
        limit = self.facts.example_tokens if self.facts else None
        if limit is not None and max(lengths, default=0) > limit:
            for number, length in zip(shape.numbers, lengths, strict=True):
                if length > limit:
                    self.too_long.add(
                        "example_too_long",
                        number,
                        tokens=length,
                        limit=limit,
                        cut=length - limit,
                        model=self.model,
                    )

    def _judge(self, batch: Batch) -> _Shape:
        shape = _Shape()
        if batch.byte_order_mark:
            self.rules.add("byte_order_mark", None)
        if batch.oversized:
            self.examples += 1
            self.rules.add("line_too_long", batch.number, megabytes=LONGEST_LINE >> 20)
        numbers, texts_each, messages_each = shape.numbers, shape.texts_each, shape.messages_each
        texts, places, prompts = shape.texts, shape.places, shape.prompts
        decode = decode_plain
        for number, line in enumerate(batch.lines, batch.number):
            if not line:
                self._pass_over(number)
                continue
            try:
                messages = decode(line).messages
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                self._look_closer(line, number, shape, cut=batch.cut)
                continue
            if messages[-1].role != "assistant" and not any(one.role == "assistant" for one in messages):
                self.rules.add("example_missing_assistant_message", number, "messages")
            numbers.append(number)
            texts_each.append(len(messages))
            messages_each.append(len(messages))
            for message in messages:
                content = message.content
                if message.role == "system":
                    place = prompts.setdefault(content, len(texts))
                    places.append(place)
                    if place < len(texts):
                        continue
                else:
                    places.append(len(texts))
                texts.append(content)
        self.examples += len(batch.lines)
        return shape

    def _look_closer(self, line: bytes, number: int, shape: _Shape, *, cut: bool) -> None:
        """A line that is not plain: blank, wrong, or with tools, names and parts."""
        if line.isspace():
            self._pass_over(number)
            return
        try:
            example: Any = parse(line, cut=cut)
        except NotAnExample as wrong:
            self.rules.add(wrong.code, number, **wrong.details)
            return
        counted = judge(example, number, self.rules)
        if counted is None:
            if isinstance(example, dict):
                self.other_format = _format_of(example)
            return
        self.estimated = self.estimated or counted.estimated
        if counted.extra:
            shape.extras[len(shape.numbers)] = counted.extra
        shape.numbers.append(number)
        shape.texts_each.append(len(counted.texts))
        shape.messages_each.append(counted.messages)
        shape.places += range(len(shape.texts), len(shape.texts) + len(counted.texts))
        shape.texts += counted.texts

    def _pass_over(self, number: int) -> None:
        self.examples -= 1
        self.rules.add("empty_line", number)

    def report(self, asked: int | None, foreign: str | None) -> Report:
        self._judge_file(foreign)
        epochs = auto_epochs(self.examples)
        if asked is not None:
            epochs = Epochs(asked, "as asked for")
        errors = merged([self.rules, self.too_long], "error")
        warnings = merged([self.rules, self.too_long], "warning")
        counts = self.rules.counts | self.too_long.counts
        lengths = self.own.lengths
        return Report(
            ok=not errors,
            format=foreign or self._format(),
            examples=self.examples,
            errors=errors,
            warnings=warnings,
            counts=dict(sorted(counts.items(), key=lambda item: -item[1])),
            tokens=self._tokens(),
            epochs=epochs.count,
            cost=self._cost(epochs.count),
            model=self.model,
            bytes=self.bytes,
            sha256=self.hash.hexdigest(),
            epochs_reason=epochs.reason if lengths.examples or asked is not None else "",
        )

    def _judge_file(self, foreign: str | None) -> None:
        fewest = self.facts.min_examples if self.facts else FEWEST_EXAMPLES
        if foreign is None and self.examples < fewest:
            if self.bytes == 0:
                what = "The file is empty."
            else:
                has = "1 example" if self.examples == 1 else f"{self.examples or 'no'} examples"
                what = f"The file has {has}; training takes at least {fewest}."
            self.rules.add("too_few_examples", None, what=what, missing=fewest - self.examples)
        most = self.facts.max_file_bytes if self.facts else None
        if most is not None and self.bytes > most:
            megabytes = self.bytes >> 20
            self.rules.add("file_too_large", None, model=self.model, megabytes=megabytes, limit=most >> 20)

    def _format(self) -> str:
        if self.own.lengths.examples:
            return "chat"
        return "empty" if self.examples == 0 else self.other_format

    def _tokens(self) -> Tokens:
        lengths, tokenizer = self.own.lengths, self.own.tokenizer
        why = tokenizer.why
        if not why and self.estimated:
            why = "how names, tools, calls and images are billed is not published, so they are estimated"
        return Tokens(
            total=lengths.total,
            max=lengths.max,
            median=lengths.quantile(0.5),
            p95=lengths.quantile(0.95),
            billed=lengths.capped(self.facts.example_tokens if self.facts else None),
            exact=tokenizer.exact and not self.estimated,
            tokenizer=tokenizer.name,
            why=why,
        )

    def _cost(self, epochs: int) -> dict[str, float | None]:
        if not self.own.lengths.examples:
            return {self.model: None}  # nothing could be counted: not the same as free
        limit = self.facts.example_tokens if self.facts else None
        prices = {self.model: cost(self.model, self.own.lengths.capped(limit), epochs)}
        lengths = self.others.lengths
        for other in fine_tunable(date.today()):
            if other != self.facts and other.training_price is not None:
                prices[other.id] = cost(other.id, lengths.capped(other.example_tokens), epochs)
        return prices


def _format_of(example: dict[str, Any]) -> str:
    if "prompt" in example and "completion" in example:
        return "completion"
    if "input" in example and "preferred_output" in example:
        return "preference"
    if "conversations" in example:
        return "sharegpt"
    return "unknown"
