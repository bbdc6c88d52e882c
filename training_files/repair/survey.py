"""What has to be known of the whole file before one of its examples can be repaired."""

from collections import Counter
from functools import cached_property
from pathlib import Path

from training_files.catalog import lookup
from training_files.chat import PlainMessage, parse
from training_files.dataset_checks import DatasetChecks, filler
from training_files.errors import TrainingFileError
from training_files.example_format import Format, format_of
from training_files.example_length import example_length
from training_files.finding_codes import BY_CODE
from training_files.findings import Findings, errors_worth
from training_files.length_counter import OPENING, LengthCounter
from training_files.pii_numbers import PhoneLookup
from training_files.repair import exact_json, plain
from training_files.repair.completions import SEPARATORS, STOPS
from training_files.repair.conversion import leads
from training_files.repair.endings import Endings
from training_files.repair.plain import Plain, PlainCompletion
from training_files.repair.repair import Example
from training_files.tokens import tokenizer_for
from training_files.validate_example import validate

_HELD = 1 << 18
"""Characters of answers and system prompts that are collected before they are looked at: many at once cost less."""


class Survey:
    """The `RepairContext` of a file: first every example is shown to it, then `settle` draws the conclusions."""

    def __init__(self, model: str, tokenizers: Path | None, to: Format | None) -> None:
        self.model = model
        self.format: str = to or ""
        self.needed: set[str] = set()
        self.prompts = Endings(SEPARATORS)
        self.completions = Endings(STOPS)
        self.phones = PhoneLookup()
        self._tokenizers = tokenizers
        self._formats: Counter[str] = Counter()
        self._dataset_checks = DatasetChecks()
        self._findings = Findings()
        self._lost = 0.0
        self._chats = _Chats()

    def observe(self, example: Example, converted: Example, text: bytes, line: int) -> bool:
        """An example as it is, and as it will be after the conversion: the same object if nothing is to be converted.
        `text` is the JSON of the latter. Returns whether it has no error.
        """
        found = format_of(example)
        if found is not None:
            self._formats[found] += 1
        paired = example if found == "completion" else converted if format_of(converted) == "completion" else {}
        if isinstance(paired.get("prompt"), str) and isinstance(paired.get("completion"), str):
            self.prompts.observe(paired["prompt"])
            self.completions.observe(paired["completion"])
        errors = self._findings.errors
        with self._findings.of_one_example():
            validate(parse(text), line, self._findings, self._dataset_checks)
        return self._findings.errors == errors

    def observe_plain(self, example: Plain, line: int) -> None:
        """The same for a plain example that is not to be converted."""
        self._formats[plain.format_of(example)] += 1
        if isinstance(example, PlainCompletion):
            self.prompts.observe(example.prompt)
            self.completions.observe(example.completion)
            self._dataset_checks.completion(line)
            self._dataset_checks.pair(line, example.prompt, example.completion, self._findings)
            return
        if self._chats.add(line, example.messages) > _HELD:
            self._look_at_chats()

    def _look_at_chats(self) -> None:
        held, self._chats = self._chats, _Chats()
        self._dataset_checks.chat(held.lines, held.answers, held.system_prompts)

    def lose(self, *, blank: bool) -> None:
        """A line that is no example; a blank one is no great defect."""
        self._lost += 0.2 if blank else 1

    def give_up_on(self, size: int, line: int) -> None:
        """Raises TrainingFileError where nearly nothing is right in the first `size` bytes, up to `line`: each repair
        of so much takes its time, and none would make training data of it.
        """
        wrong = self._findings.errors + round(self._lost)
        if wrong > errors_worth(size):
            raise TrainingFileError("too_many_defects", line=line, defects=wrong)

    def settle(self) -> None:
        """Raises TrainingFileError where no example can become what was asked for."""
        found = self._formats
        if self.format and found and not any(leads(one, self.format) for one in found):
            raise TrainingFileError("cannot_be_converted", formats=sorted(found), to=self.format)
        if "chat" in found:  # then what looks like reinforcement is a chat that ends too early
            found["chat"] += found.pop("reinforcement", 0)
        self.format = self.format or next((name for name, _ in found.most_common(1)), "unknown")
        self.prompts.settle()
        self.completions.settle()
        self._look_at_chats()
        self._dataset_checks.finish(self._findings)
        self.needed = {BY_CODE[code].repair for code in self._findings.counts}
        # Other words that many answers share may be a style, so they are reported but not taken off.
        if not any(
            one.code == "filler_opening" and filler(f"{one.quote} …") for one in self._findings.first("warning")
        ):
            self.needed.discard("filler_openings")

    @cached_property
    def limit(self) -> int | None:
        """The most tokens of an example of the model, None where it is not known."""
        facts = lookup(self.model)
        return facts.example_tokens if facts else None

    def tokens(self, example: Example) -> int:
        """How long an example is for the model, as the check measures it; 0 where it cannot be measured."""
        return example_length(parse(exact_json.encode(example)), self._length_counter)

    @cached_property
    def _length_counter(self) -> LengthCounter:
        facts = lookup(self.model)
        return LengthCounter(tokenizer_for(self.model, facts, self._tokenizers), facts)


class _Chats:
    """What is collected of plain chats for `DatasetChecks`."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.answers: list[str] = []
        self.system_prompts: list[str | None] = []
        self._characters = 0

    def add(self, line: int, messages: list[PlainMessage]) -> int:
        """Returns the characters so far, and some for each example."""
        first, answer = messages[0], messages[-1].content
        prompt = first.content if first.role in OPENING else None
        self.lines.append(line)
        self.answers.append(answer)
        self.system_prompts.append(prompt)
        self._characters += len(answer) + (len(prompt) if prompt else 0) + 100
        return self._characters
