"""Graders that people name by a word: each holds the model's answer to the one in the file."""

from typing import Final

from graders.grader import (
    ANSWER,
    REFERENCE,
    Choice,
    Contains,
    FunctionCall,
    Grader,
    JsonEqual,
    Metric,
    Normalized,
    Number,
    Perplexity,
    StringCheck,
    TextSimilarity,
    TokenAccuracy,
    ValidCalls,
)


def _similar(metric: Metric) -> TextSimilarity:
    name = metric.removesuffix("_match")
    return TextSimilarity(name=name, input=ANSWER, reference=REFERENCE, evaluation_metric=metric)


NAMED: Final[dict[str, Grader]] = {
    one.name: one
    for one in (
        Normalized(name="match"),
        StringCheck(name="exact", input=ANSWER, reference=REFERENCE, operation="eq"),
        Contains(name="contains", ignore_case=True),
        Choice(name="choice"),
        Number(name="number", relative=1e-6),
        JsonEqual(name="json"),
        FunctionCall(name="calls"),
        ValidCalls(name="valid_calls"),
        _similar("fuzzy_match"),
        _similar("bleu"),
        _similar("gleu"),
        _similar("meteor"),
        _similar("rouge_1"),
        _similar("rouge_2"),
        _similar("rouge_l"),
        _similar("cosine"),
        Perplexity(name="perplexity"),
        TokenAccuracy(name="token_accuracy"),
    )
}
"""In the order in which they are listed."""


def named(word: str) -> Grader | None:
    """`rouge-l` and `Rouge_L` are the same word."""
    return NAMED.get(word.strip().lower().replace("-", "_").replace(" ", "_"))
