"""How much texts have in common, and which pairs are worth comparing."""

import random

import numpy as np
import pytest

from training_files.content_scan.minhash import SharedText, levenshtein_similarity, normalised, similarity

ENGLISH = "the parcel was sent on monday by the usual carrier and should reach you before the end of week".split()  # noqa: SIM905
CHINESE = list("我们昨天已经通过顺丰快递发出了您的订单预计三天之内可以送到请您保持手机畅通如有问题随时联系客服")


def text(chance: random.Random, chinese: bool, length: int) -> list[str]:
    return chance.choices(CHINESE if chinese else ENGLISH, k=length)


@pytest.mark.parametrize("chinese", [False, True])
def test_texts_that_differ_in_one_place_meet_and_others_do_not(chinese: bool) -> None:
    chance = random.Random(1)
    between = "" if chinese else " "
    words = [text(chance, chinese, 200) for _ in range(200)]
    changed = [[*one[:100], "不" if chinese else "never", *one[101:]] for one in words]
    texts = [between.join(one).encode() for one in (*words, *changed)]
    keys, judged = SharedText().bands(texts)
    meets = (keys[:200] == keys[200:]).any(axis=1)
    assert judged.all()
    assert meets.mean() > 0.95
    assert (keys[:199] == keys[1:200]).any(axis=1).mean() < 0.05
    share = similarity(between.join(words[0]), between.join(changed[0]))
    assert 0.9 < share < 1


def test_what_all_share_says_nothing_about_two() -> None:
    frame_text = "Classify the mood of this review as good, bad or mixed. Answer with one word only. Review: "
    chance = random.Random(2)
    texts = [(frame_text * 3 + " ".join(text(chance, False, 12))).encode() for _ in range(100)]
    knowing, unknowing = SharedText(), SharedText()
    knowing.learn(texts)
    assert unknowing.similarity(texts[0], texts[1]) > 0.55
    assert knowing.similarity(texts[0], texts[1]) < 0.4


def test_the_same_text_has_the_same_keys_wherever_it_stands() -> None:
    frame = SharedText()
    alone, _ = frame.bands([b"the quick brown fox jumps over the lazy dog"])
    among, judged = frame.bands([b"x", b"the quick brown fox jumps over the lazy dog", b"", b"y" * 100])
    assert np.array_equal(alone[0], among[1])
    assert judged.tolist() == [False, True, False, True]


def test_case_width_and_blanks_make_no_difference() -> None:
    assert normalised("Ｈello\n  WORLD ") == normalised("hello world")


def test_a_longer_text_is_not_the_same() -> None:
    assert levenshtein_similarity("abcd", "abcdefgh", least=0.5) == 0.5
    assert levenshtein_similarity("abcd", "abcdefgh", least=0.6) is None
    assert levenshtein_similarity("", "", least=0.9) == 1.0
