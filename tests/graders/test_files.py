"""What a file with a grader is, is seen from what it holds."""

import json

import pytest

from graders.errors import GraderError
from graders.files import FileKind, may_hold_grader, read_grader_file
from graders.reading import as_json
from texts.grader_errors import sentence

CRITERION = {"type": "string_check", "name": "exact", "operation": "eq", "input": "{{sample.output_text}}"}
GRADER = {**CRITERION, "reference": "{{item.answer}}"}
PROMPTFOO = """
description: Sums
prompts: ['{{a}} + {{b}}?']
tests: [{vars: {a: 1, b: 2}, assert: [{type: equals, value: '3'}, {type: latency, threshold: 9}]}]
"""


def test_a_grader_is_read_as_one() -> None:
    found = read_grader_file(json.dumps(GRADER).encode())
    assert found.grader is not None
    assert (found.kind, found.name, as_json(found.grader), found.examples) == (FileKind.GRADER, "exact", GRADER, ())


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_eval_is_read_with_its_items(wrapped: bool) -> None:
    prompt = {"type": "template", "template": [{"role": "user", "content": "{{item.q}}"}]}
    source = {"input_messages": prompt, "source": {"content": [{"item": {"q": "1 + 2?", "answer": "3"}}]}}
    own = {"name": "Sums", "testing_criteria": [GRADER]}
    value = {"eval": own, "run": {"data_source": source}} if wrapped else {**own, "data_source": source}
    found = read_grader_file(json.dumps(value).encode())
    assert (found.kind, found.name) == (FileKind.OPENAI_EVAL, "Sums")
    assert found.examples == ({"messages": [{"role": "user", "content": "1 + 2?"}], "q": "1 + 2?", "answer": "3"},)


def test_a_promptfoo_file_is_read_with_its_tests() -> None:
    found = read_grader_file(PROMPTFOO.encode())
    assert (found.kind, found.name) == (FileKind.PROMPTFOO, "Sums")
    assert found.examples[0]["messages"] == [{"role": "user", "content": "1 + 2?"}]
    assert [part.what for part in found.left_out] == ["latency"]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": 1}', b"name: x", b"\xff\xfe", b"{" * 9999])
def test_anything_else_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(GraderError) as refusal:
        read_grader_file(data)
    assert sentence(refusal.value).endswith(".")


def test_only_some_endings_are_looked_into() -> None:
    assert may_hold_grader("promptfooconfig.YAML")
    assert not may_hold_grader("train.jsonl")
