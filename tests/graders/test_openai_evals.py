"""OpenAI's evals as JSON: criteria, prompt and items are read; what cannot be is named."""

import json
from typing import Any

import pytest

from graders.errors import GraderError
from graders.foreign import Reason
from graders.grader import judges
from graders.grading import grade
from graders.openai_evals import read_openai_eval
from graders.reading import as_json
from graders.sample import Sample
from texts.grader_errors import sentence

EVAL: dict[str, Any] = {
    "object": "eval",
    "id": "eval_1",
    "name": "Tickets",
    "data_source_config": {"type": "custom", "schema": {"type": "object"}},
    "testing_criteria": [
        {
            "id": "c-1",
            "type": "string_check",
            "name": "label",
            "operation": "ilike",
            "input": "{{ sample.output_text }}",
            "reference": "{{ item.label }}",
        },
        {
            "id": "c-2",
            "type": "text_similarity",
            "name": "near",
            "evaluation_metric": "fuzzy_match",
            "input": "{{sample.output_text}}",
            "reference": "{{item.label}}",
            "pass_threshold": 0.8,
        },
        {
            "id": "c-3",
            "type": "label_model",
            "name": "tone",
            "model": "gpt-4.1",
            "input": [{"type": "message", "role": "user", "content": {"type": "input_text", "text": "{{item.label}}"}}],
            "labels": ["kind", "rude"],
            "passing_labels": ["kind"],
        },
    ],
}
RUN: dict[str, Any] = {
    "object": "eval.run",
    "data_source": {
        "type": "completions",
        "model": "gpt-4.1-mini",
        "input_messages": {
            "type": "template",
            "template": [
                {"type": "message", "role": "developer", "content": {"type": "input_text", "text": "One word."}},
                {"type": "message", "role": "user", "content": "Which queue? {{ item.ticket }}"},
            ],
        },
        "source": {"type": "file_content", "content": [{"item": {"ticket": "It burns", "label": "Hardware"}}]},
    },
}


def reading(value: Any) -> Any:
    return read_openai_eval(json.dumps(value))


def test_criteria_prompt_and_items_of_an_eval_and_its_run_are_read() -> None:
    found = reading({"eval": EVAL, "run": RUN})
    assert (found.name, found.model, found.left_out) == ("Tickets", "gpt-4.1-mini", ())
    assert list(found.criteria) == ["c1", "c2", "c3"]
    (example,) = found.examples()
    assert example == {
        "messages": [
            {"role": "developer", "content": "One word."},
            {"role": "user", "content": "Which queue? It burns"},
        ],
        "ticket": "It burns",
        "label": "Hardware",
    }


def test_an_answer_is_right_where_every_criterion_counts_it_so() -> None:
    found = reading({**EVAL, "testing_criteria": EVAL["testing_criteria"][:2]})
    assert found.grader is not None
    for answer, reward in [("Hardware", 1.0), ("hardware", 1.0), ("The queue is Hardware, I think", 0.0), ("x", 0.0)]:
        assert grade(found.grader, {"label": "Hardware"}, Sample(answer)).reward == reward, answer
    assert judges(reading(EVAL).grader) == ("gpt-4.1",)


def test_one_criterion_is_the_grader_itself() -> None:
    found = reading({**EVAL, "testing_criteria": EVAL["testing_criteria"][:1]})
    assert as_json(found.grader)["type"] == "string_check"


def test_what_stands_elsewhere_or_cannot_be_read_is_named() -> None:
    run = {"input_messages": {"type": "item_reference", "item_reference": "item.input"}}
    run["source"] = {"type": "file_id", "id": "file-1"}
    odd = {"type": "endpoint", "name": "ours"}
    found = reading({**EVAL, "testing_criteria": [odd, *EVAL["testing_criteria"]], "data_source": run})
    assert [(part.reason, part.where) for part in found.left_out] == [
        (Reason.UNREADABLE, "testing_criteria[0]"),
        (Reason.FILE, "data_source.input_messages"),
        (Reason.FILE, "data_source.source"),
    ]
    assert list(found.criteria) == ["c2", "c3", "c4"]


@pytest.mark.parametrize("text", ["", "[]", '{"testing_criteria": 1}', "{" * 9999, '{"name": "x"}', "\ud800"])
def test_a_file_that_is_none_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(GraderError) as refusal:
        read_openai_eval(text)
    assert "testing_criteria" in sentence(refusal.value)
