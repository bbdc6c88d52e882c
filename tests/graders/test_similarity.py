"""Figures are those of the libraries that everybody uses, and fit the writing of the text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz
from sacrebleu import sentence_bleu

from graders.errors import NotAvailable
from graders.similarity import cosine, similarity

ENGLISH = [
    ("The quick brown fox jumps over the dog.", "The quick red fox jumped over the lazy dog!"),
    ("It's a well-known fact: 3.5 of 10 don't know.", "It is a well-known fact that 3.5 in 10 do not know"),
    ("Yes", "Yes."),
    ("no overlap at all here", "something different entirely"),
    ("the the the the", "the cat the mat"),
    ("x_y 12,000 A.B.", "x y 12000 a b"),
]
METRICS = ("fuzzy_match", "bleu", "gleu", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l")


@pytest.mark.parametrize("metric", [metric for metric in METRICS if metric.startswith("rouge")])
@pytest.mark.parametrize(("text", "reference"), ENGLISH)
def test_rouge_in_english_is_that_of_rouge_score(metric: str, text: str, reference: str) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    theirs = metric.replace("_l", "L").replace("_", "")
    wanted = RougeScorer([theirs]).score(reference, text)[theirs].fmeasure
    assert similarity(metric, text, reference) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("text", "reference"), ENGLISH)
def test_bleu_in_english_is_sacrebleus(text: str, reference: str) -> None:
    assert similarity("bleu", text, reference) == pytest.approx(sentence_bleu(text, [reference]).score / 100)


@pytest.mark.parametrize(
    ("tokenizer", "text", "reference"),
    [
        ("zh", "今天的天气真的很好，我们去公园。", "今天天气真好，我们一起去公园玩。"),
        ("zh", "请用 Python 3 写代码", "请使用 Python 3 编写代码"),
        ("char", "今日はとてもいい天気です。", "今日は天気がとてもいいです。"),
        ("char", "วันนี้อากาศดีมาก", "วันนี้อากาศดี"),
        ("13a", "오늘 날씨가 정말 좋아요 그래서 산책", "오늘 날씨가 정말 좋네요 그래서 산책"),
    ],
)
def test_bleu_takes_the_tokenizer_that_fits_the_writing(tokenizer: str, text: str, reference: str) -> None:
    wanted = sentence_bleu(text, [reference], tokenize=tokenizer).score / 100
    assert similarity("bleu", text, reference) == pytest.approx(wanted)
    assert 0.1 < wanted < 1


def test_gleu_is_nltks_on_the_words_that_bleu_counts() -> None:
    from nltk.translate.gleu_score import sentence_gleu

    said, wanted = "The cat sat on a mat.", "The cat sat on the mat."
    expected = sentence_gleu(
        [["The", "cat", "sat", "on", "the", "mat", "."]], ["The", "cat", "sat", "on", "a", "mat", "."]
    )
    assert similarity("gleu", said, wanted) == pytest.approx(expected)
    chinese = sentence_gleu([list("我们去公园玩")], list("我们去公园"))
    assert similarity("gleu", "我们去公园", "我们去公园玩") == pytest.approx(chinese)


def test_fuzzy_match_is_rapidfuzzs_ratio() -> None:
    assert similarity("fuzzy_match", "fuzzy wuzzy", "fuzzy was he") == fuzz.ratio("fuzzy wuzzy", "fuzzy was he") / 100


@pytest.mark.parametrize(
    ("metric", "score"),
    # Of the six characters 今天天气很好 four stand in 今天天气不错, in three pairs of five.
    [("rouge_1", 4 / 6), ("rouge_2", 3 / 5), ("rouge_l", 4 / 6)],
)
def test_rouge_in_chinese_counts_characters(metric: str, score: float) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    assert RougeScorer(["rouge1"]).score("今天天气不错", "今天天气很好")["rouge1"].fmeasure == 0
    assert similarity(metric, "今天天气很好", "今天天气不错") == pytest.approx(score)


def test_words_of_any_alphabet_are_whole() -> None:
    assert similarity("rouge_1", "хорошая погода", "плохая погода") == pytest.approx(0.5)
    assert similarity("rouge_1", "नमस्ते दुनिया", "नमस्ते दोस्त") == pytest.approx(0.5)
    assert similarity("rouge_1", "un café noir", "un cafe noir") == pytest.approx(2 / 3)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("text", ["The same words, all five of them.", "完全一样的一句话，超过五个字。"])
def test_a_text_is_as_near_to_itself_as_can_be(metric: str, text: str) -> None:
    assert similarity(metric, text, text) == pytest.approx(1.0)


@pytest.mark.parametrize("metric", METRICS)
@given(text=st.text(max_size=60), reference=st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_every_figure_is_from_0_to_1(metric: str, text: str, reference: str) -> None:
    assert 0 <= similarity(metric, text, reference) <= 1


def test_what_cannot_be_had_is_not_available(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from graders.similarity import _wordnet

    monkeypatch.setattr("nltk.data.path", [str(tmp_path)])
    _wordnet.cache_clear()
    for metric, text, kind in [
        ("meteor", "a cat", "grader_meteor_wordnet"),
        ("meteor", "一只猫", "grader_meteor_english"),
        ("cosine", "a cat", "grader_no_embeddings"),
    ]:
        with pytest.raises(NotAvailable, match=kind):
            similarity(metric, text, text)


def test_cosine_is_that_of_two_vectors() -> None:
    assert cosine([1, 0], [1, 1]) == pytest.approx(0.5**0.5)
    assert cosine([1, 0], [-1, 0]) == 0
    with pytest.raises(NotAvailable):
        cosine([0, 0], [1, 1])
