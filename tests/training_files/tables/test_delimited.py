"""CSV and TSV, as programs and people write them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refusal import refused
from training_files.report import TableNote
from training_files.tables import describe
from training_files.tables.delimited import separator

EXPORT = "问题,答案\n请问几点开门？,早上九点。\n可以退货吗？,七天之内可以。\n在哪里？,北京市海淀区。\n"


def user(example):
    return example["messages"][0]["content"]


def answer(example):
    return example["messages"][-1]["content"]


@pytest.fixture
def table(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32"])
def test_a_chinese_table_is_read_in_the_encoding_it_is_in(table, converted, encoding):
    examples, skipped = converted(table(EXPORT.encode(encoding)))
    assert (user(examples[0]), answer(examples[0])) == ("请问几点开门？", "早上九点。")
    assert (len(examples), skipped) == (3, [])


def test_excel_s_german_export_is_read_with_semicolons_and_umlauts(table, converted):
    path = table("Frage;Antwort\r\nWann öffnen Sie?;Um neun, außer dienstags\r\nWo?;Königstraße 3\r\n".encode("cp1252"))
    examples, _ = converted(path)
    assert [answer(one) for one in examples] == ["Um neun, außer dienstags", "Königstraße 3"]


def test_a_separator_that_the_file_names_is_taken(table, converted):
    examples, _ = converted(table("sep=|\nquestion|answer\na, b|c; d\ne|f\n"))
    assert [user(one) for one in examples] == ["a, b", "e"]


def test_texts_of_several_lines_quotes_and_empty_rows(table, converted):
    content = 'question,answer\r\n"Say ""hi"",\r\nplease","Hi,\r\nthere"\r\n\r\n,\r\nAnd?,That is all\r\n'
    examples, skipped = converted(table(content))
    assert [(user(one), answer(one)) for one in examples] == [
        ('Say "hi",\nplease', "Hi,\nthere"),
        ("And?", "That is all"),
    ]
    assert skipped == []


def test_rows_are_numbered_as_a_sheet_shows_them_with_the_header_as_row_1(table, converted):
    content = 'question,answer\n"two\nlines",fine\n\nno answer,\nquestion,an answer, not quoted\nlast,one\n'
    examples, skipped = converted(table(content))
    assert len(examples) == 2
    assert skipped == [
        (4, "“answer” is empty."),
        (5, "It has 3 cells, the header 2; a text with a separator in it needs quotes."),
    ]


def test_a_short_row_and_extra_empty_cells_do_no_harm(table, converted):
    examples, skipped = converted(table("question,answer,note\na,b\nc,d,e,,\nf\n"))
    assert [answer(one) for one in examples] == ["b", "d"]
    assert skipped == [(4, "“answer” is empty.")]


def test_a_table_without_a_header_is_read_by_what_stands_in_it(table, converted):
    path = table("What is 2 + 2?,Four of course\nWhat is 3 + 3?,Six I think\nWho are you?,A bot\n")
    examples, _ = converted(path)
    assert [user(one) for one in examples] == ["What is 2 + 2?", "What is 3 + 3?", "Who are you?"]
    assert TableNote("no_header") in describe(path).notes


def test_formulas_are_texts_and_are_never_run(table, converted):
    path = table('question,answer\n=cmd|\' /C calc\'!A0,@SUM(1+1)\n"=HYPERLINK(""http://x"")",+1\n')
    examples, _ = converted(path)
    assert [user(one) for one in examples] == ["=cmd|' /C calc'!A0", '=HYPERLINK("http://x")']


def test_marks_of_no_value_are_no_answers(table, converted):
    examples, skipped = converted(table("question,answer\na,b\nc,NaN\nd,#N/A\n"))
    assert len(examples) == 1
    assert skipped == [(3, "“answer” holds no value but NaN."), (4, "“answer” holds no value but #N/A.")]


def test_a_damaged_character_costs_its_row_and_no_other(table, converted):
    path = table(EXPORT.encode() + "坏了吗？,".encode() + b"\xff\xfe" + "\n好的？,好的。\n".encode())
    examples, skipped = converted(path)
    assert [answer(one) for one in examples][-1] == "好的。"
    assert skipped == [(5, "It has a character that cannot be read in the file's encoding (�).")]


def test_nuls_are_characters_like_others(table, converted):
    examples, _ = converted(table("question,answer\n" + "a,b\n" * 50 + "c\0d,e\n"))
    assert user(examples[-1]) == "c\0d"


def test_a_quote_that_is_never_closed_is_an_error_not_a_row(table, converted):
    path = table('question,answer\na,b\nc,"d\ne,f\n' + "g,h\n" * 30)
    with refused(r"A quote is opened in table\.csv and never closed"):
        converted(path)


@pytest.mark.parametrize("filler", ["x" * 1000, "x" * 999 + "\n"], ids=["one line", "many lines"])
def test_a_quote_around_hundreds_of_megabytes_is_given_up_in_bounded_memory(table, converted, filler):
    path = table('question,answer\na,b\nc,"')
    with path.open("ab") as file:
        for _ in range(40):
            file.write(filler.encode() * 1000)
    with refused("8 million characters"):
        converted(path)


def test_ten_thousand_columns_are_read_and_a_hundred_are_shown(table):
    columns = [f"c{n}" for n in range(10_000)]
    columns[5_000:5_002] = ["question", "answer"]
    path = table(",".join(columns) + "\n" + (",".join(["word"] * 10_000) + "\n") * 20)
    found = describe(path)
    assert found.mapping is not None
    assert found.mapping.columns == {"user": "question", "assistant": "answer"}
    assert len(found.columns) == 102


def test_an_empty_table_says_so(table):
    with refused("no rows"):
        describe(table("question,answer\n,\n,\n"))


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0�"), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip()) and text not in ("NaN", "nan", "NULL", "<NA>")
)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=2, max_size=10), mark=st.sampled_from(",;\t|"))
def test_whatever_a_csv_writer_wrote_comes_back(tmp_path_factory, rows, mark):
    from training_files.report import ColumnMapping
    from training_files.tables import convert

    buffer = io.StringIO()
    csv.writer(buffer, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([("question", "answer"), *rows])
    folder = tmp_path_factory.mktemp("csv")
    (folder / "table.csv").write_text(buffer.getvalue(), "utf-8", newline="")
    result = convert(
        folder / "table.csv", ColumnMapping("chat", {"user": "question", "assistant": "answer"}), folder / "out"
    )
    assert (result.examples, result.skipped) == (len(rows), [])


def test_prose_has_no_separator():
    assert (
        separator(["Once, upon a time, there was\n", "a fox; it lived\n", "alone, in a wood, by a lake, far off\n"])
        is None
    )
