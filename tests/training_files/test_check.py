"""One file from end to end."""

import hashlib
import json
import os
import threading
from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import classic
from tests.measured import measured
from tests.refusal import refused
from texts import training_file_errors
from texts.findings import sentence
from training_files import TrainingFileError, auto_epochs, check, check_file, cost, lookup, read_examples, tokens
from training_files.chat import decode_plain, is_sound
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.lines import LONGEST_LINE
from training_files.validate_example import validate

USER = {"role": "user", "content": "Is it open?"}
ANSWER = {"role": "assistant", "content": "Yes."}


def codes(report):
    return {finding.code for finding in report.errors + report.warnings}


def test_a_good_file_is_fine(write, good):
    path = write(*good)
    seen = []
    report = check_file(path, progress=lambda done, total: seen.append((done, total)))
    assert report.ok
    assert (report.format, report.examples, report.errors, report.warnings) == ("chat", 10, [], [])
    assert report.bytes == path.stat().st_size
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen[-1] == (report.bytes, report.bytes)
    assert (report.epochs, report.epochs_reason) == (10, auto_epochs(10).reason)
    assert check_file(path, epochs=2).epochs == 2


def test_tokens_are_content_plus_four_a_message_plus_one_an_example(write):
    examples = [{"messages": [USER, ANSWER]}] * 9 + [{"messages": [USER, ANSWER, USER, ANSWER]}]
    tokens = check_file(write(*examples)).tokens
    short, long = 4 + 2 + 2 * 4 + 1, 2 * (4 + 2) + 4 * 4 + 1  # "Is it open?" is 4 tokens, "Yes." is 2
    assert (tokens.total, tokens.max, tokens.median, tokens.p95) == (9 * short + long, long, short, long)
    assert (tokens.billed, tokens.exact, tokens.tokenizer) == (tokens.total, True, "o200k_base")


def test_a_shared_system_prompt_counts_in_every_example(write):
    prompt = {"role": "system", "content": "You sell bicycles."}
    alone = check_file(write(*[{"messages": [USER, ANSWER]}] * 10)).tokens.total
    shared = check_file(write(*[{"messages": [prompt, USER, ANSWER]}] * 10)).tokens.total
    assert shared == alone + 10 * (4 + 4)
    differing = [{"messages": [prompt | {"content": f"You sell bicycles{n % 3}."}, USER, ANSWER]} for n in range(10)]
    assert check_file(write(*differing)).tokens.total == alone + 10 * (5 + 4)


def test_the_cost_table_begins_with_the_model_that_was_asked_for(write, good):
    report = check_file(write(*good), model="gpt-4.1-mini", epochs=3)
    assert next(iter(report.cost)) == report.model == "gpt-4.1-mini"
    assert report.cost["gpt-4.1-mini"] == cost("gpt-4.1-mini", report.tokens.billed, 3)
    assert "gpt-4.1-mini-2025-04-14" not in report.cost
    assert report.cost["SmolLM2-135M-Instruct"] == 0.0
    if date.today() < date(2027, 1, 6):
        assert report.cost["gpt-4o-mini-2024-07-18"] == cost("gpt-4o-mini", report.tokens.billed, 3)


def test_only_models_that_train_by_the_files_method_are_priced(write):
    pair = {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
    }
    path = write(*[pair | {"input": {"messages": [USER | {"content": f"Question {n}?"}]}} for n in range(10)])
    report = check_file(path, model="gpt-4.1-mini")
    assert (report.ok, report.format, report.method) == (True, "preference", "dpo")
    assert all("dpo" in lookup(model).methods for model in report.cost)
    other = check_file(path, model="gpt-3.5-turbo")
    assert other.counts == {"format_not_taken": 1}
    assert other.cost["gpt-3.5-turbo"] is None
    assert check_file(path, model="somebody/new-model").counts == {}  # who knows


def test_the_report_says_method_and_histogram(write, good):
    report = check_file(write(*good))
    assert (report.method, report.complete, report.table) == ("supervised", True, None)
    assert sum(bar.examples for bar in report.histogram) == 10
    assert (report.histogram[0].low, report.histogram[-1].high) == (report.tokens.median, report.tokens.max)


def test_a_table_is_described_rather_than_read(tmp_path):
    path = tmp_path / "questions.csv"
    path.write_text("question,answer\n" + "".join(f"How much is {n}?,{n} euros\n" for n in range(30)))
    report = check_file(path)
    assert (report.ok, report.format, report.counts) == (False, "csv", {"needs_conversion": 1})
    assert report.table is not None
    assert (report.table.kind, report.table.rows) == ("csv", 30)
    assert "`question` as user, `answer` as assistant" in sentence(report.errors[0])


def test_a_finding_does_not_name_our_copy_of_the_file(tmp_path):
    path = tmp_path / "0a1b2c.jsonl"
    path.write_text("[" * 100_000)
    (finding,) = check_file(path).errors
    assert "0a1b2c" not in sentence(finding)
    assert "The file is not valid JSON" in sentence(finding)


def test_rows_of_jsonl_are_described_too(write):
    report = check_file(write(*[{"instruction": f"Say {n}.", "output": str(n)} for n in range(30)]))
    assert not report.ok
    assert report.counts == {"needs_conversion": 1}
    assert report.table is not None
    assert (report.table.kind, report.table.rows) == ("jsonl", 30)


def test_a_file_that_takes_long_is_reported_on_its_way(write, good, monkeypatch):
    monkeypatch.setattr(check, "FIRST_PARTIAL", 0.0)
    monkeypatch.setattr(check, "NEXT_PARTIAL", 0.0)
    path = write(*good * 3_000)
    partial = []
    report = check_file(path, partial=partial.append)
    assert [one.complete for one in partial] == [False] * len(partial)
    assert len(partial) > 2
    examples = [one.examples for one in partial]
    assert examples == sorted(examples)
    assert (examples[-1], examples[0] < report.examples) == (report.examples, True)
    assert report.complete
    assert report == check_file(path)


def test_a_file_is_reported_on_while_it_still_arrives(write, good, monkeypatch, tmp_path):
    monkeypatch.setattr(check, "FIRST_PARTIAL", 0.0)
    whole = write(*good * 3_000)
    content = whole.read_bytes()
    path, growing = tmp_path / "arriving.jsonl", tmp_path / "growing"
    path.write_bytes(content[:100_000])
    growing.touch()
    first = []

    def arrive(report):
        if not first:
            with path.open("ab") as file:
                file.write(content[100_000:])
            growing.unlink()
        first.append(report)

    report = check_file(path, growing=growing, partial=arrive)
    assert (first[0].bytes, first[0].complete) == (100_000, False)
    assert first[0].examples > 0
    assert report == check_file(whole)


def test_a_file_done_in_time_is_reported_once(write, good, monkeypatch):
    monkeypatch.setattr(check, "FIRST_PARTIAL", 600.0)
    partial = []
    check_file(write(*good), partial=partial.append)
    assert partial == []


def test_a_tokenizer_that_hangs_holds_up_no_partial_report(write, good, monkeypatch):
    """The report on the way comes also while nothing is counted."""
    seen = threading.Event()

    def count(texts):
        assert seen.wait(30)
        return [1] * len(texts)

    monkeypatch.setattr(check, "FIRST_PARTIAL", 0.01)
    monkeypatch.setattr(check, "encoding", lambda name: tokens.Tokenizer(name, count))
    monkeypatch.setattr(check, "tokenizer_for", lambda *_: tokens.Tokenizer("o200k_base", count))
    report = check_file(write(*good), partial=lambda report: seen.set())
    assert report.tokens.total == 10 * (2 * (1 + 4) + 1)


def limits(monkeypatch, **changes):
    """Whichever the model."""
    facts = lookup("gpt-4o-mini")
    assert facts is not None
    monkeypatch.setattr(check, "lookup", lambda model: msgspec.structs.replace(facts, **changes))


def test_a_file_of_more_examples_than_the_provider_takes_is_an_error(write, good, monkeypatch):
    limits(monkeypatch, max_examples=9)
    assert codes(check_file(write(*good))) == {"too_many_examples"}


def test_an_unknown_model_has_no_price_and_its_tokens_are_an_estimate(write, good):
    report = check_file(write(*good), model="somebody/new-model")
    assert report.cost["somebody/new-model"] is None
    assert not report.tokens.exact
    assert report.tokens.why


def test_where_no_tokens_are_counted_no_vocabulary_is_loaded_and_the_rules_find_the_same(write, good, monkeypatch):
    path = write(*good, {"messages": [{"role": "robot", "content": "x"}]})
    counted = check_file(path)

    def load(*_: object) -> None:
        raise AssertionError("a vocabulary was asked for")

    monkeypatch.setattr(check, "encoding", load)
    monkeypatch.setattr(check, "tokenizer_for", load)
    estimated = check_file(path, count_tokens=False)
    assert estimated.errors == counted.errors
    assert estimated.errors
    assert (estimated.sha256, estimated.examples, estimated.format) == (counted.sha256, 11, "chat")
    assert not estimated.tokens.exact


def test_other_models_are_priced_with_their_own_tokenizer(write):
    text = "这是一个关于自行车维修的问题。" * 20
    path = write(*[{"messages": [{"role": "user", "content": text}, ANSWER]}] * 10)
    by_old = check_file(path, model="gpt-3.5-turbo", epochs=1)
    by_new = check_file(path, model="gpt-4.1", epochs=1)
    assert by_old.tokens.total > by_new.tokens.total
    assert by_old.cost.get("gpt-4o-mini-2024-07-18") == by_new.cost.get("gpt-4o-mini-2024-07-18")


def test_a_models_own_framing_is_not_charged_for_by_others(write, good):
    path = write(*good)
    local, openai = check_file(path, model="SmolLM2-135M-Instruct"), check_file(path, model="gpt-4.1-mini")
    # 5 a message and one more for the assistant's; the template's own system message of 21; nothing for the example
    assert local.tokens.total == openai.tokens.total + 10 * (2 * 1 + 1 + 21 - 1)
    assert local.cost.get("gpt-4.1-2025-04-14") == openai.cost.get("gpt-4.1-2025-04-14")


def test_an_example_over_the_models_limit_is_a_warning_that_says_how_much_is_cut(write, good):
    long = {"messages": [{"role": "user", "content": "word " * 66_000}, ANSWER]}
    path = write(*good, long)
    report = check_file(path)
    (warning,) = report.warnings
    assert report.ok
    assert (warning.code, warning.line) == ("example_too_long", 11)
    cut = report.tokens.max - 65_536
    assert f"{cut:,} are cut off" in sentence(warning)
    assert report.tokens.billed == report.tokens.total - cut
    assert check_file(path, model="somebody/new-model").warnings == []  # its limit is not known


def test_nine_examples_are_too_few(write, good):
    report = check_file(write(*good[:9]))
    (error,) = report.errors
    assert (error.code, error.line) == ("too_few_examples", None)
    assert "9 examples" in sentence(error)
    assert "Add 1 or more" in sentence(error)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_examples_is_told_so(tmp_path, content):
    path = tmp_path / "file.jsonl"
    path.write_bytes(content)
    report = check_file(path)
    assert not report.ok
    assert report.format == "empty"
    assert report.counts["too_few_examples"] == 1
    assert report.cost == {report.model: None}


def test_a_byte_order_mark_and_empty_lines_are_passed_over_with_a_warning(write, good):
    lines = [json.dumps(one).encode() for one in good]
    report = check_file(write(b"\xef\xbb\xbf" + lines[0], b"", b"  \r", *lines[1:]))
    assert report.ok
    assert report.examples == 10
    assert report.counts == {"empty_line": 2, "byte_order_mark": 1}
    assert [warning.line for warning in report.warnings] == [None, 2, 3]


def test_windows_line_ends_are_fine(write, good):
    assert check_file(write(*(json.dumps(one).encode() + b"\r" for one in good))).counts == {}


def test_a_truncated_file_is_told_where(write, good):
    path = write(*good, {"messages": [USER, ANSWER]})
    path.write_bytes(path.read_bytes()[:-20])
    (error,) = check_file(path).errors
    assert (error.code, error.line) == ("invalid_json", 11)
    assert "cut off" in sentence(error)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\x00" * 1000, "invalid_json"),
        (b'{"messages": NaN}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"messages":[{"role":"user","content":"\\ud83d"},{"role":"assistant","content":"b"}]}', "invalid_json"),
        (b'{"messages":[{"role":"user","content":"caf\xe9"},{"role":"assistant","content":"b"}]}', "not_utf8"),
        (b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"x":"\xff"}', "not_utf8"),
        (b"5", "data_type"),
        (b'{"messages":[[]]}', "data_type"),
    ],
)
def test_a_bad_line_is_found_at_its_place_and_the_rest_is_read(write, good, line, code):
    report = check_file(write(*good[:4], line, *good[4:]))
    assert report.counts[code] == 1
    assert {finding.line for finding in report.errors} == {5}
    assert report.examples == 11


def test_a_line_over_the_limit_is_skipped_in_bounded_memory(write, good, tmp_path):
    path = write(*good)
    with path.open("ab") as file:
        file.write(b'{"messages": [{"role": "user", "content": "')
        for _ in range((LONGEST_LINE >> 20) + 40):
            file.write(b"word wor" * (1 << 17))
        file.write(b'"}]}\n' + json.dumps(good[0]).encode() + b"\n")
    report = check_file(path)
    (error,) = report.errors
    assert (error.code, error.line) == ("line_too_long", 11)
    assert report.examples == 12


def test_memory_does_not_grow_with_the_file(tmp_path):
    pytest.importorskip("resource", reason="peak memory is measured on Linux and macOS")
    peaks = []
    for megabytes in (4, 4, 28):  # the peak of one process was seen 17 MB below that of all others
        path = tmp_path / f"{megabytes}.jsonl"
        with path.open("w") as file:
            while file.tell() < megabytes << 20:  # 250 bytes an example, no two the same: many hashes
                example = {
                    "messages": [USER | {"content": f"Is it open at {file.tell()}? {' Or later?' * 15}"}, ANSWER]
                }
                file.write(json.dumps(example) + "\n")
        peaks.append(measured("-c", CHECK, path).megabytes)
    assert peaks[2] < max(peaks[:2]) + 12


CHECK = "import sys; from pathlib import Path; from training_files import check_file; check_file(Path(sys.argv[1]))"


roles = st.sampled_from(["system", "user", "user", "assistant", "assistant", "function", "human"])
message = st.fixed_dictionaries(
    {"role": roles, "content": st.sampled_from(["", "a", "b c"])},
    optional={"name": st.just("Ada"), "weight": st.sampled_from([0, 1]), "mood": st.just("glad")},
) | st.fixed_dictionaries({}, optional={"role": roles, "content": st.just("a")})
dataset = st.lists(st.fixed_dictionaries({"messages": st.lists(message, max_size=3)}) | st.just({}) | st.just(1))


CLASSIC = {
    "data_type",
    "missing_messages_list",
    "message_missing_key",
    "message_unrecognized_key",
    "unrecognized_role",
    "missing_content",
    "example_missing_assistant_message",
}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dataset)
def test_a_whole_files_classic_counts_are_those_of_the_classic_script(write, dataset):
    report = check_file(write(*dataset))
    counts = {code: count for code, count in report.counts.items() if code in CLASSIC}
    assert counts == classic.format_errors(dataset)
    assert report.examples == len(dataset)


plain_message = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "user", "assistant", "assistant"]),
        "content": st.sampled_from(["a", " ", "\n b"]),
    },
    optional={"weight": st.sampled_from([0, 1, None])},
)


@given(st.lists(plain_message, min_size=1, max_size=4))
def test_what_is_passed_quickly_has_nothing_wrong_with_it(messages):
    """The fast path leaves out the rules: only where it has nothing to say."""
    findings = Findings()
    validate({"messages": messages}, 1, findings, DatasetChecks())
    example = decode_plain(json.dumps({"messages": messages}).encode())
    if is_sound(example.messages):
        assert findings.counts == {}
    elif not any(message["content"].isspace() for message in messages) and messages[-1].get("weight") != 0:
        assert findings.counts


def test_the_last_message_must_be_an_answer(write, good):
    for messages, code in (
        ([USER, ANSWER, USER], "last_message_not_assistant"),
        ([USER, USER], "example_missing_assistant_message"),
        ([USER, ANSWER | {"content": " \n"}], "empty_answer"),
    ):
        (error,) = check_file(write(*good, {"messages": messages})).errors
        assert (error.code, error.line) == (code, 11)


def test_findings_by_the_thousand_are_all_counted(write):
    report = check_file(write(*[{"messages": []}] * 1_500))
    assert report.counts["missing_messages_list"] == 1_500
    assert [error.line for error in report.errors] == list(range(1, 1_001))


def test_a_file_that_is_given_up_is_not_taken_up_again(write, good, monkeypatch):
    """Though with each byte further on more errors would be worth the time."""
    monkeypatch.setattr(check, "errors_worth", lambda size: 3 + size // 1_000)
    monkeypatch.setattr(check, "BLOCK", 100)
    report = check_file(write(*[b"5"] * 200, *good * 100, b"{"))
    assert report.counts["too_many_findings"] == 1
    assert "invalid_json" not in report.counts
    assert report.examples == 200 + 100 * len(good) + 1


def test_other_training_formats_are_named(write):
    assert check_file(write(*[{"prompt": "a", "completion": "b"}] * 10)).format == "completion"
    assert check_file(write(*[{"input": {}, "preferred_output": []}] * 10)).format == "preference"
    assert check_file(write(*[{"instruction": "a", "output": "b"}] * 10)).format == "rows"


def test_a_file_over_the_providers_limit_is_an_error(write, good, monkeypatch):
    limits(monkeypatch, max_file_bytes=100)
    assert codes(check_file(write(*good))) == {"file_too_large"}


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path, name):
    with refused(r"\.$"):
        check_file(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name here")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with refused("not a regular file"):
        check_file(tmp_path / "pipe")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_so(write, good):
    path = write(*good)
    path.chmod(0)
    with refused("permissions"):
        check_file(path)


def test_a_failure_in_progress_ends_the_check(write, good):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_file(write(*good), progress=stop)


mutations = st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=6), st.integers(0, 8)), max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutations)
def test_a_mutated_file_is_always_answered_with_findings_on_its_lines(write, good, changes):
    path = write(*good)
    data = path.read_bytes()
    for place, put, cut in changes:
        place %= len(data) + 1
        data = data[:place] + put + data[place + cut :]
    path.write_bytes(data)
    report = check_file(path)
    lines = data.count(b"\n") + 1
    assert all(finding.line is None or 1 <= finding.line <= lines for finding in report.errors + report.warnings)
    assert report.ok == (not report.errors)
    assert sum(report.counts.values()) >= len(report.errors) + len(report.warnings)
    if report.ok:
        assert len(list(read_examples(path))) == report.examples


def test_examples_are_read_one_by_one(write, good):
    assert list(read_examples(write(*good))) == good
    assert list(read_examples(write(good[0], b"", good[1]))) == good[:2]


@pytest.mark.parametrize(
    ("line", "words"),
    [(b"{", "Line 2 of file.jsonl is not an example"), (b"[]", "(data_type)"), (b"\xff", "(not_utf8)")],
)
def test_reading_examples_stops_at_a_line_that_is_none(write, good, line, words):
    with pytest.raises(TrainingFileError) as refused:
        list(read_examples(write(good[0], line)))
    assert words in training_file_errors.sentence(refused.value)


def test_the_samples_are_what_they_are_for(root):
    voice = check_file(root / "examples" / "house-voice.jsonl")
    assert (voice.ok, voice.examples, voice.warnings) == (True, 12, [])
    assert check_file(root / "examples" / "house-voice-validation.jsonl").ok
    assert check_file(root / "examples" / "tool-calls.jsonl").counts == {}
    per_line = {"data_type", "missing_messages_list", "message_missing_key", "message_unrecognized_key"}
    per_line |= {"unrecognized_role", "missing_content", "example_missing_assistant_message", "invalid_json"}
    assert codes(check_file(root / "examples" / "broken.jsonl")) == per_line | {
        "not_utf8",
        "empty_line",
        "mixed_formats",
    }


def test_the_voice_is_the_same_in_every_answer_and_no_question_stands_twice(root):
    files = [root / "examples" / f"house-voice{part}.jsonl" for part in ("", "-validation")]
    examples = [example["messages"] for file in files for example in read_examples(file)]
    questions = [question["content"] for question, _ in examples]
    assert len(set(questions)) == len(questions) == 22
    for _, answer in examples:
        assert answer["content"].startswith("Ring ring! ")
        assert answer["content"].endswith(" Happy pedalling!")


@pytest.mark.parametrize(("name", "examples"), [("lsat-train", 1585), ("lsat-validation", 231)])
def test_real_files_are_fine(root, name, examples):
    path = root.parent / "shared" / "data" / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"{path.name} is not here (data shared beside the repository)")
    report = check_file(path)
    assert (report.ok, report.examples) == (True, examples)
    repeated = examples - len({json.dumps(example, sort_keys=True) for example in read_examples(path)})
    assert report.counts == ({"duplicate_example": repeated} if repeated else {})
    assert report.epochs == auto_epochs(examples).count
    assert 200 < report.tokens.median < report.tokens.p95 < report.tokens.max < 1_000
