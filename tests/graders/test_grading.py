"""What each grader gives an answer."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders import python
from graders.errors import GradeFault, GraderError
from graders.grading import grade, passes
from graders.named import NAMED, named
from graders.python import trusted_sources
from graders.reading import as_json, grader_of
from graders.sample import Grade, Sample, TokenLogprob
from texts.grader_errors import sentence


def graded(grader: dict[str, Any], answer: str | Sample, /, **item: Any) -> Grade:
    """By a grader whose name does not matter."""
    sample = Sample(answer) if isinstance(answer, str) else answer
    return grade(grader_of({"name": "g", **grader}), item, sample)


def check(operation: str, input: str = "{{sample.output_text}}", reference: str = "{{item.answer}}") -> dict[str, Any]:
    return {"type": "string_check", "operation": operation, "input": input, "reference": reference}


@pytest.mark.parametrize(
    ("operation", "answer", "reference", "reward"),
    [
        ("eq", "Paris", "Paris", 1.0),
        ("eq", "paris", "Paris", 0.0),
        ("ne", "paris", "Paris", 1.0),
        ("like", "It is Paris.", "Paris", 1.0),
        ("like", "It is paris.", "Paris", 0.0),
        ("ilike", "It is PARIS.", "paris", 1.0),
        ("ilike", "是巴黎。", "巴黎", 1.0),
        ("ilike", "是上海。", "巴黎", 0.0),
    ],
)
def test_strings_are_compared_as_the_protocol_has_it(
    operation: str, answer: str, reference: str, reward: float
) -> None:
    assert graded(check(operation), answer, answer=reference).reward == reward


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{item.a}}", "x"),
        ("{{ item.b.c }}", "y"),
        ("{{item.d[1].e}}", "z"),
        ("{{item['two words']}}", "w"),
        ("{{item.n}}", "1.5"),
        ("{{item.yes}}", "true"),
        ("{{item.d}}", '[0,{"e":"z"}]'),
        ("{{item.zh.键}}", "值"),
        ("a {{item.a}} b {{item.a}}", "a x b x"),
        ("{{sample.output_json.k[0]}}", "v"),
        ("{{sample.output_tools[0].function.name}}", "f"),
        ("{not a template}", "{not a template}"),
        ("{{item.evil}}", "{{item.a}}"),
    ],
)
def test_templates_stand_for_fields_of_the_item_and_of_the_answer(template: str, text: str) -> None:
    sample = Sample('{"k": ["v"]}', ({"function": {"name": "f", "arguments": "{}"}},))
    item = {"a": "x", "b": {"c": "y"}, "d": [0, {"e": "z"}], "two words": "w", "n": 1.5, "yes": True}
    item |= {"zh": {"键": "值"}, "evil": "{{item.a}}"}
    assert graded(check("eq", template, "{{item.wanted}}"), sample, **item, wanted=text) == Grade(1.0)


def test_a_field_that_the_item_lacks_is_said_and_gives_no_reward() -> None:
    said = graded(check("eq"), "Paris", question="?")
    assert (said.reward, said.why) == (None, "grader_nothing_there")
    assert said.fault is not None
    assert sentence(said.fault) == "There is nothing at {{item.answer}} for the grader to read."
    assert passes(grader_of({"name": "g", **check("eq")}), said) is None


@pytest.mark.parametrize("answer", ["no JSON", '{"other": 1}'])
def test_an_answer_that_is_not_the_json_it_should_be_is_wrong(answer: str) -> None:
    said = graded(check("eq", "{{sample.output_json.city}}"), answer, answer="Paris")
    assert said.reward == 0.0
    assert said.fault is not None


def test_json_in_a_code_fence_is_read() -> None:
    answer = 'Here:\n```json\n{"city": "Paris"}\n```'.removeprefix("Here:\n")
    assert graded(check("eq", "{{sample.output_json.city}}"), answer, answer="Paris").reward == 1.0


def test_match_looks_past_case_width_space_and_punctuation() -> None:
    match = {"type": "normalized"}
    for answer, reference in [
        ("The Eiffel Tower!", "eiffel tower"),
        ("  paris ", "Paris."),
        ("ＡＢＣ１２３", "abc123"),
        ("北京，中国。", "北京中国"),
        ("1,000", "1000"),
        ("“Don’t”", "dont"),
        ("U.S.A", "USA"),
        ("?", "?"),
    ]:
        assert graded(match, answer, reference=reference).reward == 1.0, (answer, reference)
    for answer, reference in [
        ("-5", "5"),
        ("3.5", "35"),
        ("C", "C++"),
        ("5%", "5"),
        ("a", "the"),
        ("?", "!"),
        ("", "x"),
    ]:
        assert graded(match, answer, reference=reference).reward == 0.0, (answer, reference)


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        ("(b)", "B"),
        ("The answer is (B).", "B"),
        ("**Answer:** C", "C"),
        ("A is wrong. So the answer is D, since B is too.", "D"),
        ("B) Paris, because it is the capital.", "B"),
        (r"Therefore \boxed{E}", "E"),
        ("I'd say C.", "C"),
        ("答案是B", "B"),
        ("正确答案：（Ｃ）", "C"),
        ("综上所述，应选 D。", "D"),
        ("选项 A 是对的", "A"),
    ],
)
def test_the_letter_that_an_answer_chooses_is_found(answer: str, letter: str) -> None:
    assert graded({"type": "choice"}, answer, reference=letter) == Grade(1.0)
    other = "A" if letter != "A" else "B"
    assert graded({"type": "choice"}, answer, reference=f"({other})") == Grade(0.0)


@pytest.mark.parametrize(
    "answer", ["A dog barked.", "The answer is a secret.", "Either (A) or (C)", "Answer: A or B", "答案是 A 或 B", ""]
)
def test_an_answer_that_chooses_no_letter_is_wrong(answer: str) -> None:
    said = graded({"type": "choice"}, answer, reference="A")
    assert (said.reward, said.why) == (0.0, "grader_no_choice")


@pytest.mark.parametrize(
    ("answer", "reference", "tolerance"),
    [
        ("It costs $1,234.50 in all.", "1234.5", {}),
        ("so 3 + 4 = 7", "7", {}),
        ("大约１２３人", "123", {}),
        ("－５", "-5", {}),
        ("12%", "0.12", {}),
        ("3.5万元", "35000", {}),
        ("3/4", "0.75", {}),
        ("6.02e23", "602000000000000000000000", {}),
        ("1.01", "1", {"absolute": 0.01}),
        ("103", "100", {"relative": 0.03}),
        ("12\u202f345", "12345", {}),
    ],
)
def test_the_last_number_counts_within_its_tolerance(answer: str, reference: str, tolerance: dict[str, float]) -> None:
    assert graded({"type": "number", **tolerance}, answer, reference=reference).reward == 1.0


@pytest.mark.parametrize(
    ("answer", "reference", "tolerance"),
    [
        ("1.0101", "1", {"absolute": 0.01}),
        ("103.1", "100", {"relative": 0.03}),
        ("5", "-5", {}),
        ("12", "12%", {}),
        ("7, then 8", "7", {}),
    ],
)
def test_another_number_is_wrong(answer: str, reference: str, tolerance: dict[str, float]) -> None:
    assert graded({"type": "number", **tolerance}, answer, reference=reference) == Grade(0.0)


def test_without_a_number_the_answer_is_wrong_and_the_example_cannot_grade() -> None:
    assert graded({"type": "number"}, "none", reference="3").why == "grader_no_number"
    assert graded({"type": "number"}, "3", reference="none").reward is None


def test_contains_looks_for_any_or_all() -> None:
    values = {"type": "contains", "values": ["{{item.city}}", "Seine"]}
    assert graded(values, "Paris lies there.", city="Paris").reward == 1.0
    assert graded({**values, "match": "all"}, "Paris lies there.", city="Paris").reward == 0.0
    assert graded({**values, "match": "all", "ignore_case": True}, "PARIS, on the seine", city="Paris").reward == 1.0
    assert graded(values, "Anything.", city="").why == "grader_nothing_to_find"


def test_a_pattern_is_found_in_linear_time() -> None:
    assert graded({"type": "pattern", "pattern": r"\bORD-\d{4}\b"}, "It is ORD-1234.").reward == 1.0
    assert graded({"type": "pattern", "pattern": r"^ok$", "ignore_case": True}, "OK").reward == 1.0
    assert graded({"type": "pattern", "pattern": r"(a+)+$"}, "a" * 100_000 + "b").reward == 0.0


@pytest.mark.parametrize(
    ("answer", "reference", "reward"),
    [
        ('{"a": 1, "b": [1, 2]}', '{"b": [1.0, 2], "a": 1}', 1.0),
        ('```json\n{"a": null}\n```', {"a": None}, 1.0),
        ('{"a": [2, 1]}', {"a": [1, 2]}, 0.0),
        ('{"a": true}', {"a": 1}, 0.0),
        ('{"a": 1, "b": 2}', {"a": 1}, 0.0),
        ("not JSON", {"a": 1}, 0.0),
        ("[" * 5000, [], 0.0),
    ],
)
def test_json_is_compared_by_value(answer: str, reference: object, reward: float) -> None:
    assert graded({"type": "json_equal"}, answer, reference=reference).reward == reward


def test_lists_may_come_in_any_order_where_the_grader_says_so() -> None:
    grader = {"type": "json_equal", "any_order": True}
    assert graded(grader, '[{"b": 2}, 1, "x", 1.0]', reference=["x", 1, 1, {"b": 2.0}]).reward == 1.0
    assert graded(grader, "[1, 1, 2]", reference=[1, 2, 2]).reward == 0.0


def test_json_is_held_to_a_schema() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    grader = {"type": "json_schema", "schema": schema}
    assert graded(grader, '{"n": 1}').reward == 1.0
    assert graded(grader, '{"n": "1"}').reward == 0.0
    assert graded(grader, 'Here: {"n": 1}.').reward == 0.0
    assert graded({**grader, "within": True}, 'Here: {"m": 0}, then {"n": 1}.').reward == 1.0


def call(name: str, /, **arguments: object) -> dict[str, Any]:
    return {"id": "c", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


RAIN, SUN = call("weather", city="Paris", days=1), call("weather", city="Rome", days=2)


@pytest.mark.parametrize(
    ("options", "said", "wanted", "reward"),
    [
        ({}, [RAIN, SUN], [SUN, RAIN], 1.0),
        ({"match": "ordered"}, [RAIN, SUN], [SUN, RAIN], 0.0),
        ({"match": "any"}, [RAIN], [SUN, RAIN], 1.0),
        ({}, [RAIN], [SUN, RAIN], 0.0),
        ({}, [RAIN, RAIN], [RAIN], 0.0),
        ({}, [RAIN], [{"name": "weather", "arguments": {"days": 1.0, "city": "Paris"}}], 1.0),
        ({}, [RAIN], [SUN], 0.0),
        ({"arguments": False}, [RAIN], [SUN], 1.0),
        ({}, [], [], 1.0),
        ({}, [RAIN], [], 0.0),
        ({}, [RAIN], None, 0.0),
    ],
)
def test_calls_are_compared_by_name_and_arguments(
    options: dict[str, object], said: list[Any], wanted: object, reward: float
) -> None:
    sample = Sample("", tuple(said))
    assert graded({"type": "function_call", **options}, sample, reference_calls=wanted).reward == reward


def test_calls_are_held_to_the_schemas_of_their_tools() -> None:
    schema = {"type": "object", "properties": {"days": {"type": "integer"}}, "required": ["city"]}
    tools = [{"type": "function", "function": {"name": "weather", "parameters": schema}}]
    for said, reward in [([RAIN], 1.0), ([], 0.0), ([call("weather", days=1)], 0.0), ([RAIN, call("other")], 0.0)]:
        assert graded({"type": "valid_calls"}, Sample("", tuple(said)), tools=tools).reward == reward


def test_figures_of_probability_are_there_where_logprobs_are() -> None:
    tokens = (TokenLogprob("a", math.log(0.5), math.log(0.5)), TokenLogprob("b", math.log(0.125), math.log(0.5)))
    mean = graded({"type": "perplexity"}, Sample("ab", (), tokens))
    assert (mean.reward, mean.parts["perplexity"]) == (pytest.approx(0.25), pytest.approx(4.0))
    assert graded({"type": "token_accuracy"}, Sample("ab", (), tokens)).reward == 0.5
    missing = graded({"type": "perplexity"}, "ab")
    assert (missing.reward, missing.available) == (None, False)


def multi(formula: str, **graders: dict[str, Any]) -> dict[str, Any]:
    named = {name: {"name": name, **one} for name, one in graders.items()}
    return {"type": "multi", "calculate_output": formula, "graders": named}


def test_several_graders_are_put_together_by_their_formula() -> None:
    both = multi("0.75 * right + 0.25 * near", right=check("eq"), near=similar("fuzzy_match"))
    said = graded(both, "Pari", answer="Paris")
    assert said.parts == {"right": 0.0, "near": pytest.approx(8 / 9)}
    assert said.reward == pytest.approx(2 / 9)


def similar(metric: str) -> dict[str, Any]:
    reference = {"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
    return {"type": "text_similarity", "evaluation_metric": metric, **reference}


def test_a_part_that_is_not_to_be_had_leaves_the_whole_without_a_reward() -> None:
    said = graded(multi("a + b", a=check("eq"), b=similar("cosine")), "Paris", answer="Paris")
    assert said == Grade(None, {"a": 1.0}, GradeFault("grader_no_embeddings"), available=False)
    assert graded(multi("a", a=check("eq"), b=similar("cosine")), "Paris", answer="Paris").reward == 1.0


def test_what_counts_as_right_depends_on_the_grader() -> None:
    def right(grader: dict[str, Any], reward: float | None) -> bool | None:
        return passes(grader_of({"name": "g", **grader}), Grade(reward))

    assert right(check("eq"), 1.0) is True
    assert right(check("eq"), 0.0) is False
    assert right(similar("bleu"), 0.5) is True
    assert right({**similar("bleu"), "pass_threshold": 0.8}, 0.5) is False
    assert right({**similar("bleu"), "pass_threshold": 0.0}, 0.0) is True
    scored = {"type": "score_model", "model": "m", "input": [{"role": "user", "content": "?"}], "range": [1, 5]}
    assert right(scored, 3.0) is True
    assert right(scored, 2.9) is False
    assert right({"type": "perplexity"}, 0.5) is None
    assert right(multi("a", a=check("eq")), 1.0) is None


@pytest.mark.parametrize("word", list(NAMED))
def test_a_grader_that_is_named_by_a_word_holds_the_answer_to_the_reference(word: str) -> None:
    grader = named(word.upper().replace("_", "-"))
    assert grader is not None
    assert grader_of(as_json(grader)) == grader
    tokens = (TokenLogprob("B", -0.1, -0.1),)
    calls = {"choice": "B", "number": "4", "json": "[1]"}
    text = calls.get(word, "the same five words again")
    tools = [{"function": {"name": "weather"}}]
    said = grade(grader, {"reference": text, "reference_calls": [RAIN], "tools": tools}, Sample(text, (RAIN,), tokens))
    if word in ("meteor", "cosine"):
        assert said.available is False
    else:
        assert said.reward == pytest.approx(1.0, abs=0.1)


def test_a_word_that_names_no_grader_names_none() -> None:
    assert named("vibes") is None


@given(
    template=st.one_of(st.text(max_size=30), st.from_regex(r"\{\{ ?(item|sample)[.\[\]a-z0-9_'\"]{0,20} ?\}\}")),
    answer=st.text(max_size=30),
    item=st.dictionaries(
        st.sampled_from(["a", "b", "reference"]), st.text(max_size=9) | st.integers() | st.lists(st.none())
    ),
    kind=st.sampled_from(["string_check", "normalized", "choice", "number", "json_equal", "function_call"]),
)
@settings(max_examples=150, deadline=None)
def test_whatever_a_template_holds_there_is_a_grade_or_a_clear_error(
    template: str, answer: str, item: dict[str, Any], kind: str
) -> None:
    shape: dict[str, Any] = {"type": kind, "name": "g", "input": template, "reference": "{{item.reference}}"}
    try:
        grader = grader_of(shape | ({"operation": "eq"} if kind == "string_check" else {}))
    except GraderError:
        return
    said = grade(grader, item, Sample(answer))
    assert said.reward in (None, 0.0, 1.0)
    assert said.fault is None or sentence(said.fault)


def test_a_python_grader_runs_only_where_its_source_is_trusted(tmp_path: Path) -> None:
    source = "def grade(sample, item):\n    print('noise')\n    return len(sample['output_text']) / item['n']\n"
    (tmp_path / "length.py").write_text(source)
    grader = grader_of({"type": "python", "name": "p", "source": source})
    off = grade(grader, {"n": 10}, Sample("12345"))
    assert (off.reward, off.available, off.why) == (None, False, "grader_python_off")
    trusted = trusted_sources(tmp_path)
    assert grade(grader, {"n": 10}, Sample("12345"), trusted=trusted).reward == 0.5
    failed = grade(grader, {"n": 0}, Sample("12345"), trusted=trusted)
    assert (failed.reward, failed.fault) == (
        None,
        GradeFault("grader_python_failed", {"problem": "ZeroDivisionError: division by zero"}),
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("while True: pass", "grader_python_too_slow"),
        ("return [0] * (1 << 40)", "grader_python_failed"),
        ("import os; os._exit(3)", "grader_python_failed"),
        ("return float('nan')", "grader_python_failed"),
        ("return 'high'", "grader_python_failed"),
    ],
)
def test_a_python_grader_is_held_to_its_limits(body: str, kind: str) -> None:
    source = f"def grade(sample, item):\n    {body}"
    seconds = 1.5 if kind == "grader_python_too_slow" else 30  # a busy machine starts it late
    with pytest.raises(GraderError) as failure:
        python.run(source, {}, Sample(""), frozenset({source}), seconds=seconds)
    assert failure.value.kind == kind


def test_a_python_grader_is_given_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    source = "import os\ndef grade(sample, item):\n    return 'OPENAI_API_KEY' in os.environ"
    assert python.run(source, {}, Sample(""), frozenset({source})) == 0.0
