"""Repairs of completion examples: where the prompt ends, how the answer begins, where it stops.

A base model reads one run of text, so that each of the three has to be marked in the same way everywhere.
"""

from typing import TYPE_CHECKING

from training_files.habits.completions import FEWEST, LEARNED_FROM, common_ending
from training_files.mend.repair import Example, Outcome

if TYPE_CHECKING:
    from training_files.mend.file import File

SEPARATORS = ("\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n")
STOPS = (" END", " ###", " ***", " +++", " &&&", " $$$", " @@@")

_LONGEST = 1 << 16
"""Characters of a text that are kept to learn from."""


def separator(example: Example, file: "File") -> Outcome:
    prompt = example.get("prompt")
    if "separator" not in file.needed or not isinstance(prompt, str) or "completion" not in example:
        return None
    fresh = file.prompts.ended(prompt)
    return None if fresh == prompt else example | {"prompt": fresh}


def leading_space(example: Example, file: "File") -> Outcome:
    completion = example.get("completion")
    if "leading_space" not in file.needed or not isinstance(completion, str) or "prompt" not in example:
        return None
    if (
        not completion or completion[0].isspace() or not completion[0].isascii()
    ):  # Chinese has no spaces, and needs none
        return None
    return example | {"completion": " " + completion}


def stop_sequence(example: Example, file: "File") -> Outcome:
    completion = example.get("completion")
    if "stop_sequence" not in file.needed or not isinstance(completion, str) or "prompt" not in example:
        return None
    fresh = file.completions.ended(completion)
    return None if fresh == completion else example | {"completion": fresh}


class Endings:
    """How the prompts, or the completions, of a file end, and how they should: with the mark that they have in common,
    as the check learns it, where none holds it inside; else with the first of `new` that none holds.
    """

    def __init__(self, new: tuple[str, ...]) -> None:
        self.own = ""
        self.mark = new[0]
        self._new = new
        self._held: list[str] | None = []
        self._first: list[str] = []
        self._inside: set[str] = set()

    def observe(self, text: str) -> None:
        self._inside |= {mark for mark in self._new if mark in text.removesuffix(mark)}
        if self._held is None:
            if self.own and self.own in text.removesuffix(self.own):
                self._inside.add(self.own)
            return
        self._held.append(text[-_LONGEST:])
        if len(self._held) == LEARNED_FROM:
            self._learn()

    def settle(self) -> None:
        if self._held is not None:
            self._learn()
        if self.own and self.own not in self._inside:
            self.mark = self.own
            return
        self.mark = next((mark for mark in self._new if mark not in self._inside), self._new[0])
        for _ in range(3):  # what stands before the mark may be common too, and is then part of it to the check
            self.mark = common_ending([self.ended(text) for text in self._first]) or self.mark

    def bare(self, text: str) -> str:
        """The text without the mark that the file has already."""
        return text.removesuffix(self.own) if self.own else text

    def ended(self, text: str) -> str:
        """The text with the mark that it should have."""
        return text if text.endswith(self.mark) else self.bare(text).rstrip() + self.mark

    def _learn(self) -> None:
        self._first, self._held = self._held or [], None
        self.own = common_ending(self._first) if len(self._first) >= FEWEST else ""
        if self.own and any(self.own in text.removesuffix(self.own) for text in self._first):
            self._inside.add(self.own)
