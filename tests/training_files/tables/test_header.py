"""Which row is the header."""

from training_files.tables.header import find, letter

PAIRS = [["How do I open the box?", "With a key, gently."], ["And how do I close it?", "The same way, backwards."]]


def test_known_names_make_a_header_in_the_first_row_or_under_a_title():
    assert find([["question", "answer"], *PAIRS]) == (0, ["question", "answer"])
    assert find([["Our questions, as of May"], ["question", "answer"], *PAIRS]) == (1, ["question", "answer"])


def test_short_words_over_longer_texts_are_a_header_in_any_language():
    assert find([["kysymys", "vastaus"], *PAIRS]) == (0, ["kysymys", "vastaus"])


def test_a_first_row_like_all_others_is_no_header():
    place, names = find(PAIRS)
    assert place is None
    assert names == ["Column A", "Column B"]


def test_columns_without_a_name_or_with_the_same_one_are_told_apart_by_their_letters():
    place, names = find([["question", "", "answer", "answer"], *[[*pair, "x", "y"] for pair in PAIRS]])
    assert place == 0
    assert names == ["question", "Column B", "answer", "answer (column D)"]


def test_letters_go_on_after_z():
    assert [letter(at) for at in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
