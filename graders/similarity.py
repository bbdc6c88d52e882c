"""How near two texts are, from 0 to 1: OpenAI's `text_similarity`.

The libraries: rapidfuzz (`fuzzy_match`, and the common subsequence of `rouge_l`), sacrebleu (`bleu`), nltk (`gleu`,
`meteor`). ROUGE is counted here: rouge-score's figures in English, and other tokens for other writing, of which it sees
nothing. They are imported when first used.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from graders.errors import NotAvailable
from graders.tokens import Writing, words, writing_of


def require_metric(metric: str) -> None:
    """Raises NotAvailable where a figure is not to be had here for any text."""
    if metric == "cosine":
        raise NotAvailable("grader_no_embeddings")
    if metric == "meteor" and not _wordnet():
        raise NotAvailable("grader_meteor_wordnet")


def similarity(metric: str, text: str, reference: str) -> float:
    """Raises NotAvailable where the figure is not to be had for these texts."""
    match metric:
        case "fuzzy_match":
            return _fuzzy(text, reference)
        case "bleu":
            score: float = _bleu(writing_of(reference or text)).sentence_score(text, [reference]).score
            return min(1.0, score / 100)
        case "gleu":
            return _gleu(text, reference)
        case "meteor":
            return _meteor(text, reference)
        case "rouge_l":
            return _rouge_l(words(text), words(reference))
        case "cosine":
            require_metric(metric)
    return _rouge(words(text), words(reference), int(metric.removeprefix("rouge_")))


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Of two embeddings; below 0 is 0."""
    import numpy as np

    one, other = np.asarray(first, float), np.asarray(second, float)
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    if one.shape != other.shape or not np.isfinite(length) or length == 0:
        raise NotAvailable("grader_no_embeddings")
    return min(1.0, max(0.0, float(one @ other) / length))


def edit_distance(text: str, reference: str, most: int) -> int:
    """In characters; one more than `most` stands for all that is farther."""
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(text, reference, score_cutoff=most))


def _fuzzy(text: str, reference: str) -> float:
    from rapidfuzz import fuzz

    return float(fuzz.ratio(text, reference)) / 100


@cache
def _bleu(writing: Writing) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=writing.value, effective_order=True)


def _marked_words(text: str, writing: Writing) -> list[str]:
    """Words and punctuation as BLEU counts them."""
    found: list[str] = _bleu(writing).tokenizer(text).split()
    return found


def _gleu(text: str, reference: str) -> float:
    from nltk.translate.gleu_score import sentence_gleu

    writing = writing_of(reference or text)
    said, wanted = _marked_words(text, writing), _marked_words(reference, writing)
    return float(sentence_gleu([wanted], said)) if said and wanted else float(said == wanted)


def _meteor(text: str, reference: str) -> float:
    """Synonyms are WordNet's, which is English and not part of nltk: without it there is no such figure."""
    if not reference.isascii():
        raise NotAvailable("grader_meteor_english")
    require_metric("meteor")
    from nltk.translate.meteor_score import meteor_score

    return float(meteor_score([_marked_words(reference, Writing.SPACED)], _marked_words(text, Writing.SPACED)))


@cache
def _wordnet() -> bool:
    import nltk

    try:
        nltk.data.find("corpora/wordnet.zip")
    except LookupError:
        return False
    return True


def _rouge(said: list[str], wanted: list[str], n: int) -> float:
    ours, theirs = _ngrams(said, n), _ngrams(wanted, n)
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def _rouge_l(said: list[str], wanted: list[str]) -> float:
    from rapidfuzz.distance import LCSseq

    return _f1(LCSseq.similarity(said, wanted), len(said), len(wanted))


def _ngrams(tokens: list[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(n)), strict=False))


def _f1(common: int, said: int, wanted: int) -> float:
    return 2 * common / (said + wanted) if common else 0.0
