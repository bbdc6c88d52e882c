"""How the prompts, or the completions, of a file end: with a separator or stop sequence, its own or a new one."""

from training_files.dataset_checks.completions import FEWEST, LEARNED_FROM, common_ending

_LONGEST = 1 << 16
"""Characters of a text that are kept to learn from."""


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
