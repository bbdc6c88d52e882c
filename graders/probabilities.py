"""Figures from the probabilities of an answer's tokens."""

import math
from collections.abc import Sequence

from graders.errors import NotAvailable
from graders.sample import TokenLogprob


def mean_probability(tokens: Sequence[TokenLogprob]) -> float:
    """The geometric mean: 1 / perplexity."""
    if not tokens:
        raise NotAvailable("grader_no_logprobs")
    return min(1.0, math.exp(math.fsum(token.logprob for token in tokens) / len(tokens)))


def token_accuracy(tokens: Sequence[TokenLogprob]) -> float:
    """The share of tokens than which none was more probable."""
    if not tokens or any(token.best is None for token in tokens):
        raise NotAvailable("grader_no_logprobs")
    return sum(token.logprob >= (token.best or 0.0) - 1e-9 for token in tokens) / len(tokens)
