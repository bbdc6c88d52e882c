"""Repairs of completion examples: where the prompt ends, how the answer begins, where it stops.

A base model reads one run of text, so that each of the three has to be marked in the same way everywhere.
"""

from collections import Counter
from typing import TYPE_CHECKING

from bot.datasets.mend.repair import Example, Outcome

if TYPE_CHECKING:
    from bot.datasets.mend.file import File

SEPARATORS = (
    "\n\n###\n\n",
    "\n\n===\n\n",
    "\n\n---\n\n",
    "\n\n===>\n\n",
    "\n\n--->\n\n",
    " ->",
    "->",
    "\n\n",
    "\n",
    ":",
)
"""Known ways of ending a prompt, longer ones before those that they end with."""

NEW_SEPARATORS = SEPARATORS[:5]
"""Those that are given to a file that has none."""

STOPS = ("\n\n###\n\n", " END", "###", "***", "+++", "&&&", "\n", ".")
NEW_STOPS = (" END", "###", "***", "+++", "&&&", "$$$", "@@@")


class Marks:
    """Counts how the prompts and completions of a file end, and says which marks it should have."""

    def __init__(self) -> None:
        self.examples = 0
        self._ends: Counter[str] = Counter()
        self._inside: Counter[str] = Counter()
        self._stops: Counter[str] = Counter()
        self._stops_inside: Counter[str] = Counter()

    def observe(self, example: Example) -> None:
        prompt, completion = example.get("prompt"), example.get("completion")
        if not isinstance(prompt, str) or not isinstance(completion, str):
            return
        self.examples += 1
        _note(prompt, SEPARATORS, self._ends, self._inside)
        _note(completion, STOPS + NEW_STOPS, self._stops, self._stops_inside)

    @property
    def separator(self) -> str:
        """The one that half of the prompts have and none holds inside; else the first that occurs in none."""
        return _chosen(self._ends, self._inside, self.examples, SEPARATORS, NEW_SEPARATORS)

    @property
    def stop(self) -> str:
        return _chosen(self._stops, self._stops_inside, self.examples, STOPS, NEW_STOPS)

    @property
    def own_separator(self) -> str:
        """The mark that the file has already, empty where it has none: for taking it off."""
        return _most(self._ends, self.examples, SEPARATORS)

    @property
    def own_stop(self) -> str:
        return _most(self._stops, self.examples, STOPS[:-2])


def _note(text: str, marks: tuple[str, ...], ends: Counter[str], inside: Counter[str]) -> None:
    at_end = next((mark for mark in marks if text.endswith(mark)), None)
    if at_end is not None:
        ends[at_end] += 1
    for mark in marks:
        if mark in text and text.find(mark) != len(text) - len(mark):
            inside[mark] += 1


def _most(ends: Counter[str], examples: int, marks: tuple[str, ...]) -> str:
    mark = max(marks, key=lambda one: ends[one])
    return mark if ends[mark] * 2 >= max(examples, 1) else ""


def _chosen(
    ends: Counter[str], inside: Counter[str], examples: int, marks: tuple[str, ...], new: tuple[str, ...]
) -> str:
    own = _most(ends, examples, marks)
    if own and not inside[own]:
        return own
    return next((mark for mark in new if not inside[mark]), new[0])


def separator(example: Example, file: "File") -> Outcome:
    prompt = example.get("prompt")
    if not isinstance(prompt, str) or "completion" not in example:
        return None
    mark = file.separator
    bare = prompt.removesuffix(mark)
    if bare == prompt:
        bare = prompt.removesuffix(file.own_separator).rstrip()
    fresh = bare + mark
    return None if fresh == prompt else example | {"prompt": fresh}


def leading_space(example: Example, file: "File") -> Outcome:
    completion = example.get("completion")
    if not isinstance(completion, str) or "prompt" not in example or not completion or completion[0].isspace():
        return None
    return example | {"completion": " " + completion}


def stop_sequence(example: Example, file: "File") -> Outcome:
    completion = example.get("completion")
    if not isinstance(completion, str) or "prompt" not in example or completion.endswith(file.stop):
        return None
    return example | {"completion": completion.rstrip() + file.stop}
