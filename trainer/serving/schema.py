"""Answers held to a JSON schema: at each place only tokens that keep the answer a beginning of allowed JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer

from trainer.serving.prompt import NotAnswerable, Vocabulary
from trainer.serving.request import Refused


def guided(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, asking for JSON in one line: small models otherwise go on with blanks, which JSON always allows."""
    return {**schema, "x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}}


def grammar(schema: dict[str, Any]) -> str:
    """What llguidance follows. NotAnswerable where the schema is none, or asks for what cannot be followed."""
    try:
        written = LLMatcher.grammar_from_json_schema(json.dumps(guided(schema)))
    except ValueError as error:
        raise _invalid(str(error)) from error
    problem = LLMatcher.validate_grammar(written)
    if problem:
        raise _invalid(problem)
    return written


class Schemas:
    """What one model's vocabulary makes of schemas."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._tokenizer = LLTokenizer(
            vocabulary.tokenizer.to_str(), n_vocab=vocabulary.size, eos_token=sorted(vocabulary.ends)
        )

    def follow(self, schema: dict[str, Any]) -> Follower:
        """NotAnswerable as `grammar`."""
        return Follower(LLMatcher(self._tokenizer, grammar(schema)))


class Follower:
    """One answer on its way through a schema."""

    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher

    @property
    def complete(self) -> bool:
        """Nothing may follow."""
        return bool(self._matcher.is_stopped())

    def allowed(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """For each token of the vocabulary, whether it may come next."""
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        return np.unpackbits(bits, bitorder="little").astype(bool)

    def add(self, token: int) -> None:
        self._matcher.consume_token(token)


def _invalid(problem: str) -> NotAnswerable:
    return NotAnswerable(Refused("invalid_schema", problem.splitlines()[0] if problem else "It cannot be followed."))
