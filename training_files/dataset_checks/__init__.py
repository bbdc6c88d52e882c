"""What shows only over many examples of a file.

Words that open many answers, a system prompt that varies by accident, classes out of balance, the separator and
stop sequence of completions, keys that nobody knows, formats that are mixed. It is fed while the file is read, costs
next to nothing on a chat example, and its memory is bounded: what is counted has caps.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from training_files.dataset_checks.answer_classes import AnswerClasses, tally_answers
from training_files.dataset_checks.completions import Completions, common_ending
from training_files.dataset_checks.filler_openings import FillerOpenings, Looked, filler, look
from training_files.dataset_checks.occurrences import Occurrences
from training_files.dataset_checks.reinforcement_checks import ReinforcementChecks
from training_files.dataset_checks.system_prompts import SystemPrompts, tally_prompts
from training_files.findings import Findings
from training_files.quoting import MOST_NAMES

__all__ = ["DatasetChecks", "Recorder", "common_ending", "filler"]

MOST_KEYS = 20
"""Unknown keys that are named."""

MOST_IMAGE_EXAMPLES = 50_000  # OpenAI's vision fine-tuning guide, read 2026-11-21


class Chats(msgspec.Struct, frozen=True, gc=False):
    """What shows of chat examples in a batch: the line of the first, how many there are, how their answers open, and
    their different answers and system prompts as long as these are few.
    """

    line: int
    count: int
    openings: Looked
    answers: dict[str, Occurrences] | None
    systems: dict[str | None, Occurrences] | None

    @classmethod
    def of(cls, numbers: Sequence[int], answers: Sequence[str], prompts: Sequence[str | None]) -> "Chats":
        """Of one example or more."""
        return cls(
            numbers[0],
            len(numbers),
            look(numbers, answers),
            tally_answers(numbers, answers),
            tally_prompts(numbers, prompts),
        )


class DatasetChecks:
    """What is seen of one file. Feed it examples in any order, then ask `finish` once."""

    def __init__(self, count_tokens: Callable[[list[str]], list[int]] | None = None) -> None:
        """`count_tokens` measures the names of classes; where there is none their lengths are not judged."""
        self._formats: dict[str, Occurrences] = {}
        self._keys: dict[str, Occurrences] = {}
        self._row_keys: list[str] = []
        self._calls_without_tools = Occurrences()
        self._images = Occurrences()
        self._filler_openings = FillerOpenings()
        self._answers = AnswerClasses()
        self._system_prompts = SystemPrompts()
        self._completions = Completions(count_tokens)
        self._reinforcement = ReinforcementChecks()

    @property
    def format(self) -> str:
        """The format that most of the examples have: chat, completion, preference, reinforcement or rows; empty where
        there were none.
        """
        formats = self._settled()
        return max(formats, key=lambda name: formats[name].rank, default="")

    def chat(self, numbers: Sequence[int], answers: Sequence[str], systems: Sequence[str | None]) -> None:
        """Chat examples: their lines in order, their last answers (empty where it is a call), their system prompts."""
        if numbers:
            self.chats(Chats.of(numbers, answers, systems))

    def chats(self, chats: "Chats") -> None:
        """Chat examples that were looked at already."""
        self._note("chat", chats.line, chats.count)
        self._filler_openings.add(chats.openings)
        self._answers.add(chats.count, chats.answers)
        self._system_prompts.add(chats.systems)

    def pair(self, line: int, prompt: str, completion: str, findings: Findings) -> None:
        """A completion example with its texts."""
        self._filler_openings.add(look([line], [completion]))
        self._completions.add(line, prompt, completion, findings)

    def completion(self, line: int) -> None:
        self._note("completion", line)

    def preference(self, line: int) -> None:
        self._note("preference", line)

    def reinforcement(self, line: int, fields: Sequence[str], last: int, answered: bool) -> None:
        """A chat that ends with the user's message, the one at `last`, and has the named fields beside. `answered`:
        whether the assistant speaks in it.
        """
        self._note("reinforcement", line)
        self._reinforcement.add(line, fields, last, answered)

    def row(self, line: int, keys: Sequence[str]) -> None:
        """An object of a layout that has to be converted."""
        self._note("rows", line)
        self._row_keys = self._row_keys or list(keys)[:5]

    def keys(self, line: int, unknown: Sequence[str]) -> None:
        """Keys that the format does not know."""
        for key in unknown:
            if key in self._keys or len(self._keys) < MOST_KEYS:
                self._keys.setdefault(key, Occurrences()).again(line)

    def calls_without_tools(self, line: int) -> None:
        """An example calls tools and declares none."""
        self._calls_without_tools.again(line)

    def images(self, line: int) -> None:
        """An example has images."""
        self._images.again(line)

    @property
    def image_examples(self) -> int:
        return self._images.count

    def finish(self, findings: Findings) -> None:
        """Notes what showed over the whole file."""
        formats = self._settled()
        self._reinforcement.finish(findings, chats="reinforcement" not in formats)
        self._name_formats(formats, findings)
        for key, seen in self._keys.items():
            findings.add("unrecognized_key", seen.line, key[:60], examples=seen.count, key=key[:60])
        if self._calls_without_tools.count:
            without = self._calls_without_tools
            findings.add("tools_not_declared", without.line, examples=without.count)
        if self._images.count > MOST_IMAGE_EXAMPLES:
            findings.add("too_many_image_examples", None, count=self._images.count)
        self._filler_openings.finish(findings, classes=self._answers.are_classes() or self._completions.are_classes())
        self._answers.finish(findings)
        self._system_prompts.finish(findings)
        self._completions.finish(findings)

    def _note(self, name: str, line: int, count: int = 1) -> None:
        self._formats.setdefault(name, Occurrences()).again(line, count)

    def _settled(self) -> dict[str, Occurrences]:
        """The formats seen; among chats an example that ends with the user's message is a chat too."""
        if "chat" not in self._formats or "reinforcement" not in self._formats:
            return self._formats
        formats = dict(self._formats)
        asked, chat = formats.pop("reinforcement"), formats["chat"]
        return formats | {"chat": Occurrences(chat.count + asked.count, min(chat.line, asked.line))}

    def _name_formats(self, formats: dict[str, Occurrences], findings: Findings) -> None:
        rows = formats.get("rows")
        if rows is not None and "needs_conversion" not in findings.counts:
            keys = [key[:30] for key in self._row_keys[:MOST_NAMES]]
            more = len(self._row_keys) - len(keys)
            findings.add("needs_conversion", rows.line, rows=rows.count, columns=keys, more=more)
        trained = sorted(
            (name for name in formats if name != "rows"), key=lambda name: formats[name].rank, reverse=True
        )
        if len(trained) > 1:
            counts = {name: formats[name].count for name in trained}
            lines = {name: formats[name].line for name in trained}
            findings.add("mixed_formats", lines[trained[1]], examples=counts, lines=lines)


class Recorder(DatasetChecks):
    """Takes what is fed to `DatasetChecks`, to feed it to another later on (`replay`), perhaps in another process."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def replay(self, dataset_checks: DatasetChecks, findings: Findings) -> None:
        """Feeds all to `dataset_checks`; what it finds at once goes to `findings`."""
        for name, *arguments in self.calls:
            more = [findings] if name == "pair" else []
            getattr(dataset_checks, name)(*arguments, *more)

    def chats(self, chats: Chats) -> None:
        self.calls.append(("chats", chats))

    def pair(self, line: int, prompt: str, completion: str, findings: Findings) -> None:
        self.calls.append(("pair", line, prompt, completion))

    def completion(self, line: int) -> None:
        self.calls.append(("completion", line))

    def preference(self, line: int) -> None:
        self.calls.append(("preference", line))

    def reinforcement(self, line: int, fields: Sequence[str], last: int, answered: bool) -> None:
        self.calls.append(("reinforcement", line, fields, last, answered))

    def row(self, line: int, keys: Sequence[str]) -> None:
        self.calls.append(("row", line, keys[:5]))

    def keys(self, line: int, unknown: Sequence[str]) -> None:
        if unknown:
            self.calls.append(("keys", line, unknown))

    def calls_without_tools(self, line: int) -> None:
        self.calls.append(("calls_without_tools", line))

    def images(self, line: int) -> None:
        self.calls.append(("images", line))
