"""Parquet files, with flat and nested columns."""

import pytest

from tests.refusal import refused
from training_files.tables import describe


def test_flat_columns_become_examples(parquet, converted):
    path = parquet([{"instruction": f"Say {n}", "output": f"{n}!", "score": n / 2} for n in range(300)])
    table = describe(path)
    assert (table.kind, table.rows, table.exact) == ("parquet", 300, True)
    examples, skipped = converted(path)
    assert examples[299]["messages"] == [
        {"role": "user", "content": "Say 299"},
        {"role": "assistant", "content": "299!"},
    ]
    assert skipped == []


def test_lists_of_messages_come_through_without_parquet_s_nulls(parquet, converted):
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 1}]
    examples, _ = converted(parquet([{"messages": turns, "source": "x"}] * 3))
    assert examples == [{"messages": turns}] * 3


def test_rows_without_an_answer_are_named_by_their_number(parquet, converted):
    examples, skipped = converted(
        parquet(
            [{"question": "a?", "answer": "b"}, {"question": "c?", "answer": None}, {"question": None, "answer": "d"}]
        )
    )
    assert len(examples) == 1
    assert skipped == [(2, "“answer” is empty."), (3, "“question” is empty.")]


@pytest.mark.parametrize("keep", [4, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_answered(parquet, keep):
    path = parquet([{"question": f"{n}?", "answer": "b"} for n in range(1000)])
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    with refused("cannot be read as Parquet: it is damaged or cut off"):
        describe(path)


def test_a_file_that_is_damaged_inside_is_answered(parquet, converted):
    path = parquet([{"question": f"{n}?", "answer": f"b{n}"} for n in range(5000)])
    data = bytearray(path.read_bytes())
    data[200:2000] = b"\xff" * 1800
    path.write_bytes(data)
    with refused(r"rows\.parquet"):
        converted(path)
