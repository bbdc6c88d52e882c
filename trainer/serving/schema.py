"""Answers held to a JSON schema: at each place only tokens that keep the answer a beginning of allowed JSON."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer

from trainer.serving.messages import Refusal, Refused
from trainer.serving.vocabulary import Vocabulary


def _guided(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, asking for JSON in one line: small models otherwise go on with blanks, which JSON always allows."""
    return {**schema, "x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}}


def grammar(schema: dict[str, Any]) -> str:
    """What llguidance follows. Refusal where the schema is none, or asks for what cannot be followed."""
    try:
        written = LLMatcher.grammar_from_json_schema(json.dumps(_guided(schema)))
    except ValueError as error:
        raise _invalid(str(error)) from error
    problem = LLMatcher.validate_grammar(written)
    if problem:
        raise _invalid(problem)
    return written


def follow(vocabulary: Vocabulary, schema: dict[str, Any]) -> Follower:
    """Refusal as `grammar`."""
    return Follower(LLMatcher(_tokenizer(vocabulary), grammar(schema)))


@lru_cache(maxsize=4)
def _tokenizer(vocabulary: Vocabulary) -> LLTokenizer:
    return LLTokenizer(vocabulary.tokenizer.to_str(), n_vocab=vocabulary.size, eos_token=sorted(vocabulary.ends))


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


def _invalid(problem: str) -> Refusal:
    return Refusal(Refused("invalid_schema", problem.splitlines()[0] if problem else "It cannot be followed."))
