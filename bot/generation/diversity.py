"""Texts that are nearly the same: a generating model asks the same thing over and over in other words."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from training_files.content_scan.minhash import normalised

ALIKE: Final = 0.875
"""Two texts are nearly the same where at most one character in eight differs, in whatever order the words are: "How do
I reset my password?" and "How can I reset my password?" are, "… for laptops?" and "… for phones?" are not."""

_MARKS: Final = re.compile(r"[^\w\s]+")


class Distinct:
    """Texts no two of which are nearly the same. It takes time quadratic in how many there are: about a second for
    2,000 questions."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._known = [_sorted(text) for text in texts]
        self._exactly = set(self._known)

    def add(self, text: str) -> bool:
        """False where one like it is there already; then it is left out."""
        words = _sorted(text)
        if words in self._exactly or self._has_alike(words):
            return False
        self._known.append(words)
        self._exactly.add(words)
        return True

    def _has_alike(self, words: str) -> bool:
        return (
            process.extractOne(words, self._known, scorer=Levenshtein.normalized_similarity, score_cutoff=ALIKE)
            is not None
        )


def distinct(known: Sequence[str], new: Sequence[str]) -> list[bool]:
    """Of each new text, whether it is unlike all before it. For a thread or a worker process."""
    texts = Distinct(known)
    return [texts.add(text) for text in new]


def _sorted(text: str) -> str:
    """What makes no difference left out, and the words in one order."""
    return " ".join(sorted(_MARKS.sub(" ", normalised(text)).split()))
