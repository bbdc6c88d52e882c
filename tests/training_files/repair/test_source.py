"""What a broken file is read as: encodings, line ends, JSON that spreads, lines that are nearly JSON, tables."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refusal import refused
from texts.repairs import remark
from training_files import DEFAULT_MODEL
from training_files.repair import RepairResult, plan_repairs, repair_file
from training_files.repair.source import _read
from training_files.report import ColumnMapping

CAFE = {"messages": [{"role": "user", "content": "Où est le café ?"}, {"role": "assistant", "content": "Là-bas."}]}
CHINESE = {
    "messages": [{"role": "user", "content": "几点开门？"}, {"role": "assistant", "content": "九点开门，六点关门。"}]
}


def repaired(tmp_path: Path, data: bytes, name: str = "in.jsonl", **more: Any) -> tuple[list[Any], RepairResult]:
    path, out = tmp_path / name, tmp_path / "out.jsonl"
    path.write_bytes(data)
    plan = plan_repairs(path, model=DEFAULT_MODEL, **more)
    done = repair_file(path, out, chosen=plan.recommended, model=DEFAULT_MODEL, **more)
    assert path.read_bytes() == data
    assert (plan.lost, plan.lost_lines) == (done.lost, done.lost_lines)
    assert {one.id: one.examples for one in plan.repairs if one.recommended} == done.changed
    return [json.loads(line) for line in out.read_bytes().decode().splitlines()], done


def lines(*examples: Any, end: str = "\n") -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + end for one in examples)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "gb18030", "big5", "utf-8-sig"])
def test_a_file_in_another_encoding_is_read_in_its_own(tmp_path: Path, encoding: str) -> None:
    data = lines(*[CHINESE | {"id": n} for n in range(20)])
    traditional = data.replace("几点开门", "幾點開門").replace("点", "點").replace("开", "開").replace("关门", "關門")
    text = traditional.replace("门", "門") if encoding == "big5" else data
    got, done = repaired(tmp_path, text.encode(encoding))
    assert got == [json.loads(line) for line in text.splitlines()]
    assert set(done.changed) == {"byte_order_mark" if encoding == "utf-8-sig" else "encoding"}


def test_single_lines_in_windows_1252_are_saved_and_the_others_left_alone(tmp_path: Path) -> None:
    data = lines(CHINESE).encode() + lines(CAFE).encode("cp1252")
    got, done = repaired(tmp_path, data)
    assert got == [CHINESE, CAFE]
    assert done.changed == {"encoding": 1}


def test_a_line_whose_bytes_were_lost_is_named_and_not_guessed(tmp_path: Path) -> None:
    broken = lines(CHINESE).encode().replace("门".encode(), "门".encode()[:2], 1)
    got, done = repaired(tmp_path, lines(CAFE).encode() + broken)
    assert got == [CAFE]
    assert [one.line for one in done.lost] == [2]
    assert "UTF-8" in remark(done.lost[0].why)


def test_line_ends_empty_lines_and_byte_order_mark_come_with_writing_anew(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + lines(CAFE, CHINESE, end="\r\n\r\n").encode())
    done = repair_file(path, out, chosen=[], model=DEFAULT_MODEL)
    assert out.read_bytes() == lines(CAFE, CHINESE).encode()
    assert done.changed == {"byte_order_mark": 1, "line_endings": 2, "empty_rows": 2}
    assert all(one.always for one in plan_repairs(path, model=DEFAULT_MODEL).repairs)


def test_carriage_returns_alone_end_lines_too(tmp_path: Path) -> None:
    assert repaired(tmp_path, lines(CAFE, CHINESE, end="\r").encode())[0] == [CAFE, CHINESE]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_becomes_lines(tmp_path: Path, indent: int | None) -> None:
    tools = CAFE | {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}
    data = json.dumps([tools, CHINESE, CAFE], indent=indent, ensure_ascii=False).encode()
    got, done = repaired(tmp_path, data, "in.json")
    assert got == [tools, CHINESE, CAFE]
    assert done.changed == {"one_a_line": 3}


def test_an_array_larger_than_a_block_becomes_lines(tmp_path: Path) -> None:
    examples = [CAFE | {"id": n, "text": "x" * 1000 * (n % 7)} for n in range(900)]
    assert repaired(tmp_path, json.dumps(examples, indent=1).encode(), "in.json")[0] == examples


def test_objects_over_several_lines_are_read_and_a_broken_one_is_named(tmp_path: Path) -> None:
    whole = json.dumps(CAFE, indent=2)
    data = "\n".join([whole, whole.replace('"role": "user",', '"role" "user",'), json.dumps(CHINESE, indent=2)])
    got, done = repaired(tmp_path, data.encode())
    assert got == [CAFE, CHINESE]
    assert [one.line for one in done.lost] == [whole.count("\n") + 2]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(CAFE) + ",",
        json.dumps(CAFE)[:-1] + ",}",
        json.dumps(CAFE)[:-2] + " ,\t], } ,",
        repr(CAFE),
        json.dumps(CAFE["messages"]),
    ],
)
def test_lines_that_are_nearly_json_are_saved(tmp_path: Path, line: str) -> None:
    got, done = repaired(tmp_path, (lines(CHINESE) + line + "\n").encode())
    assert got == [CHINESE, CAFE]
    assert done.changed == {"json_syntax": 1}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda held: st.lists(held) | st.tuples(held, held) | st.dictionaries(st.text(), held),
    )
)
def test_what_python_printed_is_read_as_it_was(value: Any) -> None:
    saved = _read(repr({"a": value}).encode(), 1, codec=None, syntax=True)
    assert saved.is_example
    assert json.loads(saved.text) == json.loads(json.dumps({"a": value}))


@pytest.mark.parametrize(
    "line", [b"{'a': 'b", b"{'a': 'b\\", b"{'a': '\\q'}", b"{'a': {1}}", b"{'a': inf}", b"{'a': '\\ud800'}"]
)
def test_what_json_has_no_room_for_is_not_made_up(line: bytes) -> None:
    assert not _read(line, 1, codec=None, syntax=True).is_example


def test_of_a_long_line_the_place_is_shown_that_is_repaired(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    example = {"messages": [{"role": "user", "content": "word " * 200}, {"role": "assistant", "content": "So."}]}
    path.write_text(json.dumps(example)[:-1] + ",}\n", encoding="utf-8")
    (proposal,) = (one for one in plan_repairs(path, model=DEFAULT_MODEL).repairs if one.id == "json_syntax")
    assert proposal.before.endswith("}],}")
    assert str(proposal.after).endswith("}]}")


@pytest.mark.parametrize(("raw", "kept"), [("\t", "\t"), ("\x00", ""), ("\x1b", ""), ("\r", "\r"), ("\\\\\t", "\\\t")])
def test_a_raw_control_character_in_a_text_is_escaped_and_a_meaningless_one_goes(
    tmp_path: Path, raw: str, kept: str
) -> None:
    text = '\t{"messages": [{"role": "user", "content": "one%stwo"},\t{"role": "assistant", "content": "So, ] yes."}]}'
    got, done = repaired(tmp_path, (lines(CHINESE) + text % raw + "\n").encode())
    assert [example["messages"][0]["content"] for example in got[1:]] == [f"one{kept}two"]
    assert done.lost_lines == 0
    assert done.changed["json_syntax"] == 1


def test_a_comma_inside_a_text_stays_where_it_is(tmp_path: Path) -> None:
    text = 'a list [1, 2, ] and {"x": 1,}, said \\" so,'
    example = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": ",]"}]}
    got, _ = repaired(tmp_path, (lines(CHINESE) + json.dumps(example)[:-1] + ",}\n").encode())
    assert got == [CHINESE, example]


@pytest.mark.parametrize(
    "line", [b"{", b"[1, 2]", b"7", b"__import__('os')", b"{'a': open('x')}", b"[" * 10_000, b'"\\ud83d"']
)
def test_what_cannot_be_saved_is_named_with_its_line(tmp_path: Path, line: bytes) -> None:
    got, done = repaired(tmp_path, lines(CAFE).encode() + line + b"\n" + lines(CHINESE).encode())
    assert got == [CAFE, CHINESE]
    assert [one.line for one in done.lost] == [2]
    assert remark(done.lost[0].why).endswith(".")


def test_a_number_that_cannot_be_written_anew_stays_in_a_line_that_needs_no_repair(tmp_path: Path) -> None:
    line = lines(CAFE).rstrip()[:-1] + ', "score": 1e9999999999999999999}\n'
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text(line + line.replace('"user"', '"human"'), encoding="utf-8")
    done = repair_file(path, out, chosen=["roles"], model=DEFAULT_MODEL)
    assert out.read_text(encoding="utf-8") == line
    assert [one.line for one in done.lost] == [2]


def test_a_table_is_read_by_its_columns_and_its_empty_rows_are_named(tmp_path: Path) -> None:
    data = b"question,answer\r\nWhat?,This\r\nWho?,\r\nWhen?,Now\r\n"
    got, done = repaired(tmp_path, data, "in.csv")
    assert [[one["content"] for one in example["messages"]] for example in got] == [["What?", "This"], ["When?", "Now"]]
    assert (done.examples, done.lost_lines, [one.line for one in done.lost]) == (2, 1, [3])


def test_a_persons_columns_count_more_than_the_proposed_ones(tmp_path: Path) -> None:
    mapping = ColumnMapping("completion", {"prompt": "b", "completion": "a"})
    got, _ = repaired(tmp_path, b"a,b\n1 x,2 x\n3 x,4 x\n", "in.csv", mapping=mapping)
    assert got == [{"prompt": "2 x", "completion": "1 x"}, {"prompt": "4 x", "completion": "3 x"}]


def test_columns_that_say_nothing_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"a,b,c,d\n1,2,3,4\n5,6,7,8\n")
    plan = plan_repairs(path, model=DEFAULT_MODEL)
    assert plan.table is not None
    assert (plan.table.mapping, plan.repairs) == (None, ())
    with refused("columns"):
        repair_file(path, tmp_path / "out.jsonl", chosen=[], model=DEFAULT_MODEL)


def test_rows_of_alpaca_become_chats(tmp_path: Path) -> None:
    rows = [{"instruction": f"Say {n}", "input": "", "output": f"{n}."} for n in range(3)]
    got, _ = repaired(tmp_path, lines(*rows).encode())
    assert got[1]["messages"] == [{"role": "user", "content": "Say 1"}, {"role": "assistant", "content": "1."}]


def test_what_is_no_data_at_all_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(b"%PDF-1.7 ...")
    with refused("is a PDF document"):
        plan_repairs(path, model=DEFAULT_MODEL)
