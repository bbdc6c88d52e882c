"""Similarity of texts, and MinHash to find the pairs worth comparing.

A text is taken as the set of its shingles: every run of eight bytes of its UTF-8, which is a word and a half of English
and nearly three Chinese characters, so that no language needs words told apart. Text that a third of the first
examples share, such as the frame of a prompt, is left out: it says nothing about what makes them alike.

Which pairs are worth comparing is found by MinHash (Broder 1997) with banding (Leskovec, Rajaraman and Ullman, "Mining
of Massive Datasets", 3.4): 128 minima in 16 bands of 8. Of pairs that have 85 % of their shingles in common (Dice) it
finds 77 %, of those with 90 % 97 %, of those with 95 % all but one in 10,000.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np
import rensa
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

BANDS, ROWS = 16, 8
FEWEST = 24
"""Shingles that a text must have beside what all share; of a shorter one nothing is said."""

WIDTH = 8
_END = b"\0" * WIDTH
_SLOTS = 20  # bits: shingles are told apart by these when counting what examples share
_SHARE, _LEARNED_FROM = 1 / 3, 50
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: spreads text over all bits

Hashes = NDArray[np.uint64]


def normalised(text: str) -> str:
    """The text without what makes no difference: case, width and form of characters, white space."""
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


class SharedText:
    """The text that many examples of a file share, learned from the first ones, and MinHash of the rest."""

    def __init__(self) -> None:
        self._common: NDArray[np.bool_] | None = None

    def learn(self, texts: Sequence[bytes]) -> None:
        """Learns from `texts`, the first time that there are enough of them; later ones change nothing."""
        if self._common is not None or len(texts) < _LEARNED_FROM:
            return
        counts = np.zeros(1 << _SLOTS, np.uint32)
        for text in texts:
            counts[np.unique(_slots(_shingles(text + _END)))] += 1
        self._common = counts >= len(texts) * _SHARE

    def bands(self, texts: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
        """For each text the keys of its bands, of shape (texts, BANDS), and whether it is long enough to be judged; the
        keys of one that is not mean nothing.
        """
        keys = np.zeros((len(texts), BANDS), np.uint32)
        judged = np.fromiter((len(text) >= FEWEST - 1 for text in texts), np.bool_, len(texts))  # it has one more
        if judged.any():
            keys[judged], judged[judged] = self._bands([text for text in texts if len(text) >= FEWEST - 1])
        return keys, judged

    def _bands(self, texts: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
        ends = np.cumsum([len(text) + WIDTH for text in texts])
        shingles = _shingles(b"".join(text + _END for text in texts))
        kept = np.ones(len(shingles), np.bool_)
        kept[(ends[:-1, None] - np.arange(1, WIDTH)).ravel()] = False  # these reach into the next text
        if self._common is not None:
            kept &= ~self._common[_slots(shingles)]
        ends = np.cumsum(kept)[np.minimum(ends, len(shingles)) - 1]
        shingles = shingles[kept]
        offsets = np.concatenate(([0], ends)).astype(np.uint64)
        matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(shingles, offsets, BANDS * ROWS, 1)
        minima = np.array(matrix.to_rows(), np.uint64).reshape(len(texts), BANDS, ROWS)
        weights = np.cumprod(np.full(ROWS, _MIX, np.uint64))
        keys = ((minima * weights).sum(axis=2, dtype=np.uint64) >> np.uint64(32)).astype(np.uint32)
        return keys, np.diff(offsets.astype(np.int64)) >= FEWEST

    def similarity(self, one: bytes, other: bytes) -> float:
        """How much two texts have in common beside what all have, from 0 to 1: Dice's coefficient of their shingles."""
        a, b = (np.unique(self._without(_shingles(text + _END))) for text in (one, other))
        both = len(np.intersect1d(a, b, assume_unique=True))
        return 2 * both / max(1, len(a) + len(b))

    def _without(self, shingles: Hashes) -> Hashes:
        return shingles if self._common is None else shingles[~self._common[_slots(shingles)]]


def similarity(one: str, other: str) -> float:
    """The share of two texts that is in both, in any order, from 0 to 1."""
    return SharedText().similarity(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def levenshtein_similarity(one: str | bytes, other: str | bytes, *, least: float) -> float | None:
    """How much of the longer of two texts need not be touched to make it the other, from 0 to 1 (Levenshtein); None
    where it is under `least`, which is told much sooner.
    """
    share = Levenshtein.normalized_similarity(one, other, score_cutoff=least)
    return share if share >= least else None


def _shingles(text: bytes) -> Hashes:
    """The hash of the eight bytes at each place but the last seven."""
    windows = np.ndarray((len(text) - WIDTH + 1,), "<u8", text, strides=(1,))
    hashes = windows * _MIX
    hashes ^= hashes >> np.uint64(32)
    hashes *= _MIX
    return hashes


def _slots(shingles: Hashes) -> Hashes:
    return shingles >> np.uint64(64 - _SLOTS)
