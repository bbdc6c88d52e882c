"""Telling encodings apart, on texts as short as people's tables begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_files.tables.encodings import detect

CHINESE = "问题,答案\n请问营业时间是几点？,我们早上九点开门，晚上八点关门。\n"
TRADITIONAL = "問題,答案\n請問營業時間是幾點？,我們早上九點開門，晚上八點關門。\n"
JAPANESE = "質問,回答\n営業時間は何時ですか,朝九時から夜八時までです\n"
KOREAN = "질문,답변\n영업시간이 어떻게 되나요,오전 아홉시부터입니다\n"
GERMAN = "Frage,Antwort\nWann öffnen Sie?,Um neun Uhr, außer am Dienstag\n"
FRENCH = "question,réponse\nÀ quelle heure ouvrez-vous ?,À neuf heures – l’été aussi.\n"
POLISH = "pytanie,odpowiedź\nO której otwieracie?,O dziewiątej rano. Zapraszamy również w święta.\n"
RUSSIAN = "вопрос,ответ\nКогда вы открываетесь?,В девять утра.\n"

LEGACY = [
    (CHINESE, "gb18030"),
    ("标签,文本\n正面,菜很好吃\n", "gb18030"),
    ("你好,很好\n", "gb18030"),
    (TRADITIONAL, "big5"),
    ("標籤,文本\n正面,菜很好吃\n", "big5"),
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc_jp"),
    (KOREAN, "euc_kr"),
    (GERMAN, "cp1252"),
    (FRENCH, "cp1252"),
    (POLISH, "cp1250"),
    (RUSSIAN, "cp1251"),
]


@pytest.mark.parametrize(("text", "encoding"), LEGACY)
def test_a_legacy_encoding_is_known_by_a_few_lines(text, encoding):
    data = text.encode(encoding)
    assert data.decode(detect(data) or "") == text


@pytest.mark.parametrize("text", [CHINESE, TRADITIONAL, JAPANESE, KOREAN, GERMAN, RUSSIAN, "a,b\nc,d\n"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_unicode_is_known_with_and_without_a_mark(text, encoding):
    data = text.encode(encoding)
    assert data.decode(detect(data) or "") == text


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16-le"])
def test_a_head_that_ends_inside_a_character_is_known_all_the_same(encoding):
    data = (TRADITIONAL * 20).encode(encoding)
    assert detect(data[:1001]) == detect(data)


def test_rare_characters_that_only_the_whole_of_gb18030_has_are_read():
    text = "问题,答案\n" + "这个字怎么读？,𠮷字读作吉，是一个少见的字。\n" * 3
    data = text.encode("gb18030")
    assert data.decode(detect(data) or "") == text


def test_utf8_with_a_few_damaged_bytes_is_still_utf8():
    data = (CHINESE * 5).encode() + b"\xff\xfe" + (CHINESE * 5).encode()
    assert detect(data) == "utf-8"


def test_a_stray_nul_does_not_make_text_binary():
    assert detect((CHINESE * 10 + "a\0b").encode()) == "utf-8"


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0" * 20, b"\0" * 1000])
def test_what_is_no_text_has_no_encoding(data):
    assert detect(data) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_and_can_be_read_in_the_encoding(head):
    encoding = detect(head)
    if encoding is not None:
        head.decode(encoding, "replace")
