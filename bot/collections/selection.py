"""Some of a collection's examples, by what they have in common."""

import hashlib
from collections.abc import Sequence

import msgspec

from bot.collections.collection import Collection, Example
from bot.collections.gist import words


class Filter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is given has to be true of an example. `contributor`: who added it, or whose words it holds. `origin`: how
    it came about. `model` answers in it. `text` is said in it, however written. `since`, `until`: when it was added, in
    seconds since the epoch. `repeated`: an earlier one says the same."""

    contributor: str | None = None
    origin: str | None = None
    model: str | None = None
    text: str = ""
    since: float | None = None
    until: float | None = None
    repeated: bool = False

    def chosen(self, examples: Sequence[Example]) -> list[Example]:
        """`examples`: all of a collection, in the order in which they were added."""
        seen: set[str] = set()
        found = []
        for example in examples:
            if self._fits(example) and (not self.repeated or example.line in seen):
                found.append(example)
            seen.add(example.line)
        return found

    def _fits(self, example: Example) -> bool:
        return (
            (self.contributor is None or example.is_of(self.contributor))
            and self.origin in (None, example.origin)
            and self.model in (None, example.model)
            and (self.since is None or example.added_at >= self.since)
            and (self.until is None or example.added_at < self.until)
            and self.text.casefold() in words(example.line).casefold()
        )


class Selection(msgspec.Struct, frozen=True):
    """Those of a collection's examples that a filter lets through; `of` how many."""

    collection: Collection
    examples: tuple[Example, ...]
    of: int

    @property
    def version(self) -> str:
        """Another one where other examples are let through."""
        ids = " ".join(example.id for example in self.examples)
        return hashlib.sha256(ids.encode()).hexdigest()[:8]
