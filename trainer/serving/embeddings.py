"""Embeddings: what a text means as a vector, from a table with one vector for each token.

No network computes here: the table was made from one once (WordLlama, Model2Vec), which costs some quality and makes a
text take microseconds. So the server does it itself, in a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from trainer.tensors import Floats


class Embeddings:
    """OSError where the folder holds no such model."""

    def __init__(self, folder: Path) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            (self._vectors,) = load_file(folder / "model.safetensors").values()
        except Exception as error:  # the libraries raise nothing narrower
            raise OSError(f"{folder} holds no model for embeddings: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.size, self.dimensions = self._vectors.shape

    def tokens(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def vectors(self, tokens: Sequence[Sequence[int]]) -> Floats:
        """A vector of length 1 for each of the texts, shape (texts, dimensions): the mean of its tokens'."""
        means = np.stack([self._vectors[list(ids)].mean(axis=0, dtype=np.float32) for ids in tokens])
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


@lru_cache(maxsize=4)
def embeddings(folder: str) -> Embeddings:
    """The model in this folder, read once."""
    return Embeddings(Path(folder))
