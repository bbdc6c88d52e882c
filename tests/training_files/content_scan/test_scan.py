"""The second pass over whole files."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from texts.findings import sentence
from training_files import ContentScan, Finding, TrainingFileError, check_file, scan_content, with_scan
from training_files.content_scan import near_duplicates
from training_files.content_scan import scan as check
from training_files.content_scan.prompt_and_answer import prompt_and_answer, texts

Write = Callable[..., Path]
POLICY = (
    "You can return anything within thirty days of delivery, as long as it is unused and in its own packaging. "
    "Print the label from your account, put it on the parcel and hand it in at any post office near you."
)
KEY = "sk-proj-Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7jKl0nOp"


def chat(question: str, answer: str, system: str | None = None) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": ([{"role": "system", "content": system}] if system else []) + messages}


def pair(question: str, preferred: str, rejected: str) -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": preferred}],
        "non_preferred_output": [{"role": "assistant", "content": rejected}],
    }


def found(report: ContentScan, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


def test_a_clean_file_has_no_findings(write: Write, good: list[dict[str, Any]]) -> None:
    report = scan_content(write(*good))
    assert (report.findings, report.counts, report.examples) == ([], {}, 10)


def test_a_near_duplicate_names_the_line_it_resembles_and_how_much(write: Write) -> None:
    path = write(
        chat("How do I send something back that I bought last week?", POLICY),
        chat("What time do you open?", "At nine."),
        chat("How do I send something back that I bought last month?", POLICY),
    )
    [finding] = scan_content(path).findings
    assert (finding.code, finding.line) == ("near_duplicate", 3)
    assert "% the same as the one on line 1" in sentence(finding)
    assert finding.quote.startswith("How do I send something back")
    assert near_duplicates(path) == {3: 1}


def test_near_duplicates_are_found_in_chinese_and_in_each_format(write: Write) -> None:
    question = (
        "请问我上个星期在你们网上商店买的那双黑色运动鞋尺码不太合适，能不能换一双大一号的呢？需要我自己付运费吗？"
    )
    answer = "可以的。请您在签收后的七天之内，在订单页面里点击申请换货，我们会安排快递员上门取件，运费由我们承担。"
    other = question.replace("黑色", "白色")
    assert near_duplicates(write(chat(question, answer), chat(other, answer))) == {2: 1}
    rows = [{"prompt": one, "completion": answer} for one in (question, other)]
    assert near_duplicates(write(*rows)) == {2: 1}
    assert near_duplicates(write(pair(question, answer, "不行。"), pair(other, answer, "不行。"))) == {2: 1}
    graded = [{"messages": [{"role": "user", "content": one * 2}], "answer": "42"} for one in (question, other)]
    assert near_duplicates(write(*graded)) == {2: 1}


def test_exact_duplicates_are_left_to_the_first_pass_and_another_answer_is_no_repetition(write: Write) -> None:
    question = "A long review of a phone that is mostly about its camera and its battery, and a little of its price."
    path = write(chat(question, "good"), chat(question, "good"), chat(question + " Hm.", "bad"))
    assert near_duplicates(path) == {}


def test_the_same_answer_to_another_question_is_no_repetition(write: Write) -> None:
    path = write(chat("How do I send something back?", POLICY * 3), chat("What is your policy on returns?", POLICY * 3))
    assert near_duplicates(path) == {}


def test_of_many_that_resemble_each_other_the_first_stays(write: Write) -> None:
    path = write(*(chat(f"How do I send back order number {n}?", POLICY * 2) for n in range(40)))
    assert near_duplicates(path) == dict.fromkeys(range(2, 41), 1)


def test_examples_in_the_same_frame_are_no_near_duplicates(write: Write) -> None:
    frame = "Read the sentence, then say in one word which language it is written in. Say nothing else. " * 4
    words = [f"{a}{b}" for a in ("river", "stone", "cloud", "table") for b in range(30)]
    sentences = [" ".join(words[(n * k) % 119] for k in (1, 3, 7, 11, 13)) for n in range(1, 120)]
    assert near_duplicates(write(*(chat(frame + one, "English") for one in sentences))) == {}


def test_a_label_that_differs_contradicts_and_a_variant_does_not(write: Write) -> None:
    path = write(
        chat("Great phone!", "positive"),
        chat("great  PHONE!", "negative"),
        chat("Great phone!", "Positive"),
        chat("How do I return it?", POLICY),
        chat("How do I return it?", POLICY + " Thank you!"),
        chat("How do I return it?", "We take nothing back that has left the shop, whatever the reason may have been."),
        chat("Great phone!", "negative", system="Say the opposite."),
    )
    first, second = found(scan_content(path), "contradictory_answers")
    assert first.line == 2
    assert "On line 1 the same prompt is answered with “positive”, here with “negative”." in sentence(first)
    assert second.line == 6
    assert "line 4" in sentence(second)


def test_a_preference_contradicts_only_where_it_is_the_other_way_round(write: Write) -> None:
    path = write(pair("Hi?", "Hello!", "What?"), pair("Hi?", "Good day!", "What?"), pair("Hi?", "What?", "Hello!"))
    [finding] = found(scan_content(path), "contradictory_answers")
    assert (finding.line, "the other way round" in sentence(finding)) == (3, True)


def test_many_refusals_are_counted_with_their_share(write: Write) -> None:
    answers = [chat(f"Question {n}?", f"Answer {n}.") for n in range(12)]
    refusals = [chat(f"Please {n}", "I'm sorry, but I can't help with that.") for n in range(4)]
    assert scan_content(write(*answers, *refusals)).counts == {}  # under five
    spoken = {"messages": [{"role": "user", "content": "Do it"}, {"role": "assistant", "refusal": "No."}]}
    [finding] = scan_content(write(*answers, *refusals, spoken)).findings
    assert (finding.code, finding.line) == ("many_refusals", None)
    assert "5 of 17 answers (29%) refuse, the first on line 13" in sentence(finding)


def test_secrets_and_personal_data_are_named_placed_and_never_shown(write: Write) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"key": KEY})}}
    path = write(
        chat("My mail is jane.roe@gmail.com and my other john.roe@gmail.com", "Thanks"),
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [call]}]},
        {"prompt": f"{KEY} 手机13812345678", "completion": " ok"},
        pair("我的密码是 Zx9!kd82pQ", "jane.roe@gmail.com", "No"),
    )
    report = scan_content(path)
    assert report.counts == {"personal_data": 3, "secret": 3}
    assert "2 mail addresses" in sentence(found(report, "personal_data")[0])
    assert found(report, "personal_data")[0].field == "messages[0].content"
    assert found(report, "secret")[0].field == "messages[1].tool_calls[0].function.arguments"
    assert found(report, "secret")[1].quote == "[SECRET] 手机[PHONE]"
    shown = json.dumps([[sentence(one), one.quote] for one in report.findings], ensure_ascii=False)
    assert not any(secret in shown for secret in (KEY, "jane.roe", "13812345678", "Zx9!kd82pQ"))


def test_secrets_and_personal_data_are_counted_beyond_the_findings_that_are_kept(write: Write) -> None:
    mail, key = "ana.silva@gmail.com", "ghp_" + "a1B2c3D4e5F6g7H8i9" * 2
    many = [chat(f"Question {n}?", f"{mail} {mail}") for n in range(1_000)]
    later = [
        chat("1", f"{mail} {key}"),
        chat("2", f"{key} {key}"),
        chat("3", "Nothing."),
        chat(f"{mail} 4", key),
        chat("5", mail),
    ]
    counts = scan_content(write(*many, *later)).counts
    assert counts["personal_data"] == 1_000 + 3
    assert counts["secret"] == 3


def test_other_findings_show_no_secret_either(write: Write) -> None:
    path = write(chat(f"Is {KEY} mine?", "yes"), chat(f"Is {KEY} mine?", KEY[:38]))
    report = scan_content(path)
    assert found(report, "contradictory_answers")
    assert KEY[:38] not in json.dumps([[sentence(one), one.quote] for one in report.findings])


def test_lines_that_are_no_examples_are_passed_over_and_numbers_stay_right(write: Write) -> None:
    path = write(
        b"\xef\xbb\xbf" + json.dumps(chat("How do I send something back that I bought last week?", POLICY)).encode(),
        b"",
        b'{"messages": [',
        b"\xff\xfe",
        b"[1, 2]",
        b'{"messages": 3}',
        b'{"prompt": null}',
        chat("How do I send something back that I bought last month?", POLICY),
    )
    report = scan_content(path)
    assert (report.examples, report.counts) == (4, {"near_duplicate": 1})
    assert near_duplicates(path) == {8: 1}


def test_a_file_that_check_gives_up_on_for_broken_lines_is_given_up_here_too(write: Write) -> None:
    holds_a_key = chat(f"Is {KEY} mine?", "yes")
    asked, broken = chat("Is it mine?", "yes"), b"{]"
    assert scan_content(write(asked, *[broken] * 1_000, holds_a_key)).counts == {"secret": 1}
    path = write(asked, *[broken] * 200_000, holds_a_key)
    assert check_file(path).counts["too_many_findings"] == 1
    assert scan_content(path).counts == {}


def test_numbers_that_only_the_slower_decoder_knows_keep_no_example_from_being_seen(write: Write) -> None:
    line = b'{"messages": [{"role": "user", "content": "' + KEY.encode() + b'", "weight": %s}]}'
    path = write(line % b"1e999", line % (b"1" * 300), line % b"NaN")
    assert [finding.line for finding in scan_content(path).findings] == [1, 2]


def test_lines_after_one_that_is_too_long_are_found_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from training_files import lines

    monkeypatch.setattr(check, "read_batches", lambda path: lines.read_batches(path, block=700, longest=2_000))
    first, last = (chat(f"How do I send back what I bought last {when}?", POLICY) for when in ("week", "month"))
    for length in (1_500, 2_100, 2_700, 5_001, 9_999):
        assert near_duplicates(write(first, b"x" * length, b"", last)) == {4: 1}


def test_progress_ends_with_all_bytes(write: Write, good: list[dict[str, Any]]) -> None:
    path = write(*good)
    told: list[tuple[int, int]] = []
    scan_content(path, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_file_that_cannot_be_read_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(TrainingFileError):
        scan_content(tmp_path / "none.jsonl")
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert scan_content(empty).examples == 0


def test_a_code_that_is_everywhere_does_not_crowd_out_the_others(write: Write) -> None:
    mails = [chat(f"I am person{n}@gmail.com", f"Noted, {n}.") for n in range(1_200)]
    path = write(*mails, chat("Great phone!", "positive"), chat("Great phone!", "negative"))
    report = scan_content(path)
    assert report.counts["personal_data"] == 1_200
    assert len(report.findings) == 1_000
    assert [one.line for one in found(report, "contradictory_answers")] == [1_202]


def test_the_findings_are_added_to_the_report_once(write: Write, good: list[dict[str, Any]]) -> None:
    path = write(*good, chat("Mine is jane.roe@gmail.com", "Thanks"), b"")
    first, second = check_file(path), scan_content(path)
    whole = with_scan(first, second)
    assert whole.deep
    assert not first.deep
    assert whole.counts["personal_data"] == 1
    assert {one.code for one in whole.warnings} >= {"personal_data", "empty_line"}
    assert whole.ok == first.ok
    assert with_scan(whole, second) == whole


def test_importing_the_data_sets_imports_no_detector() -> None:
    heavy = "phonenumbers", "stdnum", "rensa", "rapidfuzz", "re2"
    script = f"import sys, training_files; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[]"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("messages", "role", "content", "prompt", "completion", "input", "preferred_output", "tool_calls", "refusal")
STRANGE = st.recursive(
    VALUES, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner | st.lists(inner, max_size=2))
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(example=STRANGE)
def test_nothing_that_is_json_is_too_strange(example: Any) -> None:
    prompt_and_answer(example)
    list(texts(example))
