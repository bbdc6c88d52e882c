"""Answers in Markdown, cut into messages."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.blocks.text import size
from handlers.chat.markdown import closed, cut


def messages(text: str, limit: int) -> list[str]:
    parts = []
    while size(text) > limit:
        head, text = cut(text, limit)
        parts.append(head)
    return [*parts, text]


def test_text_is_cut_between_paragraphs_rather_than_lines_and_lines_rather_than_words() -> None:
    assert cut("one two\n\nthree four\nfive six seven", 25) == ("one two\n\nthree four", "five six seven")
    assert cut("one two three\n\nfour\nfive six seven", 25) == ("one two three", "four\nfive six seven")
    assert cut("one two three four five six", 15) == ("one two three", "four five six")
    assert cut("x" * 30, 20) == ("x" * 20, "x" * 10)


def test_what_stands_there_already_is_kept_where_it_can_be() -> None:
    text = "one two\n\nthree four\nfive six seven"
    assert cut(text, 25, least=15)[0] == "one two\n\nthree four"
    assert cut("one two three\n\nfour\nfive six seven", 25, least=18)[0] == "one two three\n\nfour"
    assert cut("one two three\n\nfour five six seven", 25, least=18)[0] == "one two three"


def test_code_that_is_cut_is_closed_and_opened_again_in_its_language() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(20))
    parts = messages(f"See:\n```python\n{code}\n```\nDone.", 120)
    assert len(parts) > 2
    assert all(part.startswith("```python\nline_") for part in parts[1:])
    assert all(part.endswith("\n```") for part in parts[:-1])
    assert [line for part in parts for line in part.split("\n") if line.startswith("line_")] == code.split("\n")
    assert parts[-1].endswith("\n```\nDone.")


def test_code_in_a_list_or_a_quotation_is_closed_where_it_stands() -> None:
    listed = "- ```py\n" + "  a = 1\n" * 20
    assert cut(listed, 100)[0].endswith("\n  ```")
    cited = "> ~~~py\n" + "> a = 1\n" * 20
    head, rest = cut(cited, 100)
    assert head.endswith("\n> ~~~")
    assert rest.startswith("> ~~~py\n> a = 1\n")


def test_a_fence_within_a_longer_fence_closes_nothing() -> None:
    text = "````md\n```\n" + "words\n" * 30
    head, rest = cut(text, 100)
    assert head.endswith("\n````")
    assert rest.startswith("````md\nwords")
    assert closed("````\n```\n") == "````\n```\n````"


def test_a_table_is_cut_between_rows_and_has_its_header_in_each_part() -> None:
    header = "| name | value |\n|:---|---:|\n"
    rows = [f"| row {number} | {number} |" for number in range(30)]
    parts = messages("Intro.\n\n" + header + "\n".join(rows) + "\n\nDone.", 150)
    assert len(parts) > 3
    assert all(part.startswith(header + "| row") for part in parts[1:-1])
    assert [line for part in parts for line in part.split("\n") if line.startswith("| row")] == rows


def test_a_tables_header_is_not_cut_in_two() -> None:
    head, rest = cut("Some words before.\n| a | b |\n|---|---|\n| 1 | 2 |\n", 32)
    assert (head, rest) == ("Some words before.", "| a | b |\n|---|---|\n| 1 | 2 |\n")


def test_code_that_stands_open_is_closed_and_nothing_else() -> None:
    assert closed("```py\nx = 1") == "```py\nx = 1\n```"
    assert closed("```py\nx = 1\n```") == "```py\nx = 1\n```"
    assert closed("words ``` in a line") == "words ``` in a line"
    assert closed("") == ""


@pytest.mark.parametrize(
    "opener", ["```" + "x" * 5_000, "|" + "a|" * 3_000 + "\n|" + "-|" * 3_000 + "\n" + "|1|\n" * 99]
)
def test_what_would_be_repeated_at_length_is_not(opener: str) -> None:
    parts = messages(opener + "\nwords\n" * 500, 3_000)
    assert sum(map(len, parts)) < 20_000


MARKDOWN = st.lists(
    st.sampled_from(
        ["word ", "\n", "\n\n", "```", "```py\n", "~~~\n", "| a | b |\n", "|---|---|\n", "> ", "- ", "𝔘😀", "x" * 40]
    )
    | st.text(max_size=9),
    max_size=80,
).map("".join)


@given(MARKDOWN, st.integers(60, 200), st.integers(0, 300))
@example("word word word xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx| a | b |\n|---|---|\nword ", 75, 0)
def test_whatever_is_cut_fits_comes_to_an_end_and_loses_nothing(text: str, limit: int, least: int) -> None:
    letters = [character for character in text if character.isalnum()]
    shown: list[str] = []
    rest = text
    while size(rest) > limit:
        before = rest
        head, rest = cut(rest, limit, least)
        assert size(head) <= limit
        assert len(rest) < len(before)
        shown.append(head)
    kept = iter("".join([*shown, rest]))
    assert all(character in kept for character in letters)  # in this order
