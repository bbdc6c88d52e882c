"""The table of codes."""

import re

from texts.findings import sentence
from training_files.finding_codes import BY_CODE, FINDING_CODES
from training_files.findings import KEPT, Findings, merged
from training_files.repair.repairs import REPAIRS


def test_every_code_stands_once_and_ends_in_a_sentence():
    assert len(BY_CODE) == len(FINDING_CODES)
    for rule in FINDING_CODES:
        assert re.fullmatch(r"[a-z0-9_]+", rule.code)


def test_every_finding_that_can_be_repaired_names_a_repair():
    repairs = {repair.id for repair in REPAIRS}
    assert {rule.repair for rule in FINDING_CODES} - {""} <= repairs


def test_a_second_code_of_one_defect_is_counted_and_not_told():
    collected = Findings()
    collected.add("message_missing_key", 1, "messages[0]", missing=["content"])
    collected.repeat("missing_content")
    assert collected.counts == {"message_missing_key": 1, "missing_content": 1}
    assert collected.repeated == {"missing_content": 1}
    assert [finding.code for finding in collected.first("error")] == ["message_missing_key"]


def test_a_quote_is_short():
    collected = Findings()
    collected.add("empty_answer", 1, "completion", quote=" " * 5_000)
    assert collected.first("error")[0].quote == " " * 120


def test_the_first_thousand_are_kept_and_all_are_counted():
    collected = Findings()
    for line in range(1, KEPT + 500):
        collected.add("empty_line", line)
        collected.add("example_missing_assistant_message", line, "messages")
    assert collected.counts == {"empty_line": KEPT + 499, "example_missing_assistant_message": KEPT + 499}
    assert [one.line for one in collected.first("warning")] == list(range(1, KEPT + 1))
    assert len(collected.first("error")) == KEPT


def test_what_is_said_of_the_whole_file_is_kept_however_much_is_said_of_its_lines():
    collected, later = Findings(), Findings()
    for line in range(1, KEPT + 500):
        collected.add("example_missing_assistant_message", line, "messages")
    collected.add("too_many_findings", None, before=KEPT + 500, count=KEPT + 499)
    later.add("example_missing_assistant_message", KEPT + 500, "messages")
    later.add("too_few_examples", None, examples=1, fewest=10, bytes=1)
    collected.extend(later)
    told = merged([collected], "error")
    assert len(told) == KEPT
    assert [one.code for one in told if one.line is None] == ["too_many_findings", "too_few_examples"]


def test_findings_of_two_kinds_come_by_line_the_whole_files_first():
    one, two = Findings(), Findings()
    one.add("empty_line", 5)
    one.add("byte_order_mark", None)
    two.add("empty_line", 3)
    assert [finding.line for finding in merged([one, two], "warning")] == [None, 3, 5]


def test_braces_in_a_file_do_not_disturb_the_sentence():
    collected = Findings()
    collected.add("unrecognized_role", 1, "messages[0].role", role='"{line}"', instead="user")
    assert '"{line}"' in sentence(collected.first("error")[0])
