"""Which format a line is held to."""

import pytest

USER = {"role": "user", "content": "Is it open?"}
ANSWER = {"role": "assistant", "content": "Yes."}
CHAT = {"messages": [USER, ANSWER]}
PAIR = {
    "input": {"messages": [USER]},
    "preferred_output": [ANSWER],
    "non_preferred_output": [ANSWER | {"content": "Perhaps."}],
}
COMPLETION = {"prompt": "Is it open? ->", "completion": " yes\n"}


@pytest.mark.parametrize("example", [5, None, "text", True, [CHAT]])
def test_a_line_that_is_no_object_is_told_so(judged, example):
    (finding,) = judged(CHAT, example).first("error")
    assert (finding.code, finding.line, finding.field) == ("data_type", 2, None)


def test_an_array_is_told_to_be_taken_apart(judged):
    assert "without the brackets" in judged([CHAT]).first("error")[0].message


@pytest.mark.parametrize(
    "keys",
    [
        ("conversations",),
        ("instruction", "input", "output"),
        ("Question", "Answer"),
        ("prompt", "response"),
        ("text", "label"),
        ("prompt", "chosen", "rejected"),
    ],
)
def test_rows_need_conversion_and_that_is_said_once(judged, keys):
    findings = judged(*[dict.fromkeys(keys, "a")] * 50)
    assert findings.counts == {"needs_conversion": 1}
    (finding,) = findings.first("error")
    assert finding.line == 1
    assert "50 examples are rows" in finding.message


@pytest.mark.parametrize(
    ("example", "field"),
    [
        ({"prompt": "a"}, "completion"),
        ({"completion": " b"}, "prompt"),
        ({"prompt": 1, "completion": " b"}, "prompt"),
        ({"prompt": "a", "completion": None}, "completion"),
    ],
)
def test_a_completion_needs_both_its_texts(judged, example, field):
    (finding,) = judged(COMPLETION, example).first("error")
    assert (finding.code, finding.line, finding.field) == ("completion_missing_text", 2, field)


@pytest.mark.parametrize("completion", ["", " ", "\n\n"])
def test_a_blank_completion_teaches_nothing(judged, completion):
    (finding,) = judged(COMPLETION, {"prompt": "a ->", "completion": completion}).first("error")
    assert (finding.code, finding.line, finding.field) == ("empty_answer", 2, "completion")


def test_a_file_of_several_formats_is_told_so_at_the_first_odd_line(judged):
    findings = judged(CHAT, CHAT, CHAT, PAIR, COMPLETION, PAIR)
    (finding,) = findings.first("error")
    assert (finding.code, finding.line) == ("mixed_formats", 4)
    assert "3 examples of chat from line 1 on, 2 examples of preference from line 4 on" in finding.message


def test_unknown_keys_beside_the_messages_are_said_once_each(judged):
    first, second = judged(CHAT, CHAT | {"id": 1, "source": "mail"}, CHAT | {"id": 2}).first("warning")
    assert (first.code, first.line, first.field) == ("unrecognized_key", 2, "id")
    assert "2 examples have the key `id`" in first.message
    assert (second.line, second.field) == (2, "source")


def test_a_thousand_unknown_keys_do_not_fill_the_report(judged):
    assert judged(CHAT | {f"key{n}": n for n in range(1_000)}).counts == {"unrecognized_key": 20}
