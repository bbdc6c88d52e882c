"""Promptfoo's configurations are read, what has no counterpart is named, and nothing is fetched or run."""

from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.errors import GraderError
from graders.foreign import Reason
from graders.grader import Grader, Pattern
from graders.grading import grade, passes
from graders.judging import by_rubric
from graders.named import named
from graders.promptfoo import MAPPED, PromptfooFile, looks_like_promptfoo, read_promptfoo, write_promptfoo
from graders.reading import as_json, grader_of
from graders.sample import Sample
from texts.grader_errors import sentence
from texts.graders import left_out
from texts.language import Language, speaking

TRANSLATION = """
description: Translations
prompts:
  - 'Translate into {{language}}: {{ text }}'
  - |
    [
      {"role": "system", "content": "You translate into {{language}}."},
      {"role": "user", "content": "{{text}}"}
    ]
  - file://prompts/long.txt
providers:
  - openai:chat:gpt-4.1-mini
  - id: openai:ft:gpt-4o-mini-2024-07-18:acme::abc
defaultTest:
  options:
    provider: openai:gpt-4.1
  assert:
    - type: not-icontains
      value: as an AI
tests:
  - description: French
    vars: {language: French, text: Hello world, expected: Bonjour}
    assert:
      - type: contains
        value: '{{expected}}'
      - type: llm-rubric
        value: Is it polite, in {{language}}?
  - vars:
      language: [German, Dutch]
      text: Hello
    assert:
      - type: icontains-any
        value: hallo, guten tag
      - type: javascript
        value: output.length < 99
"""

TOOLS = """
prompts: ['Weather in {{city}}?']
providers:
  - id: openai:gpt-4.1
    config:
      tools:
        - type: function
          function:
            name: weather
            parameters: {type: object, properties: {city: {type: string}}, required: [city]}
tests:
  - vars: {city: Paris}
    assert: [{type: is-valid-openai-tools-call}]
"""


def reads(text: str) -> PromptfooFile:
    return read_promptfoo(text)


def asserted(*assertions: dict[str, Any], **test: Any) -> tuple[Grader | None, list[Reason]]:
    """The grader of one test, and why parts were left out."""
    config = {
        "prompts": ["{{q}}"],
        "tests": [{"vars": {"q": "?", "wanted": "forty-two"}, "assert": list(assertions), **test}],
    }
    found = read_promptfoo(yaml.safe_dump(config), judge="judge")
    return found.cases[0].grader, [part.reason for part in found.left_out]


def reward(assertion: dict[str, Any], answer: str, calls: tuple[dict[str, Any], ...] = ()) -> float | None:
    grader, missing = asserted(assertion)
    assert grader is not None, missing
    return grade(grader_of(as_json(grader)), {"q": "?", "wanted": "forty-two"}, Sample(answer, calls)).reward


def test_tests_become_examples_with_their_variables_and_graders() -> None:
    found = reads(TRANSLATION)
    assert found.models == ("gpt-4.1-mini", "ft:gpt-4o-mini-2024-07-18:acme::abc")
    first, *others = found.examples()
    assert first["messages"] == [{"role": "user", "content": "Translate into French: Hello world"}]
    assert (first["language"], first["expected"]) == ("French", "Bonjour")
    assert [one["language"] for one in others] == ["German", "Dutch"]
    (system, user), *_ = [one["messages"] for one in found.examples(1)]
    assert (system["content"], user["content"]) == ("You translate into French.", "Hello world")


def test_each_example_brings_its_own_grader() -> None:
    found = reads(TRANSLATION)
    grader = found.grader
    assert grader is not None
    assert as_json(grader) == {"type": "of_item", "name": "Translations", "models": ["gpt-4.1"]}
    german = list(found.examples())[1]
    right, wrong = (grade(grader, german, Sample(text)) for text in ("Guten Tag!", "As an AI I say hallo."))
    assert (right.reward, wrong.reward) == (1.0, 0.0)
    assert (passes(grader, right), passes(grader, wrong)) == (True, False)
    assert grade(grader, {}, Sample("Hello")).reward is None


def test_a_grader_that_all_tests_share_is_one() -> None:
    config = {
        "prompts": ["{{q}}"],
        "defaultTest": {"assert": [{"type": "equals", "value": "{{answer}}"}]},
        "tests": [{"vars": {"q": "2 + 2", "answer": "4"}}, {"vars": {"q": "2 + 3", "answer": "5"}}],
    }
    found = reads(yaml.safe_dump(config))
    assert found.grader is not None
    assert as_json(found.grader)["reference"] == "{{item.answer}}"
    assert [grade(found.grader, one, Sample("4")).reward for one in found.examples()] == [1.0, 0.0]


def test_what_is_left_out_is_named_with_its_place_in_both_languages() -> None:
    parts = reads(TRANSLATION).left_out
    assert [left_out(part) for part in parts] == [
        "prompts[2]: file://prompts/long.txt stands elsewhere, and nothing is fetched. Write it into the file.",
        "tests[1].assert[1]: there is no counterpart to javascript here.",
    ]
    with speaking(Language.CHINESE):
        assert left_out(parts[1]) == "tests[1].assert[1]：这里没有与 javascript 对应的功能。"


def test_calls_are_held_to_the_tools_that_the_file_has() -> None:
    found = reads(TOOLS)
    (example,) = found.examples()
    assert example["tools"][0]["function"]["name"] == "weather"
    assert found.grader is not None
    call = {"type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
    assert grade(found.grader, example, Sample("", (call,))).reward == 1.0
    assert grade(found.grader, example, Sample("It rains.")).reward == 0.0


@pytest.mark.parametrize(
    ("assertion", "right", "wrong"),
    [
        ({"type": "equals", "value": "{{wanted}}"}, "forty-two", "42"),
        ({"type": "equals", "value": {"a": 1}}, '{"a": 1.0}', '{"a": 2}'),
        ({"type": "equals", "value": 42}, "42", "43"),
        ({"type": "not-equals", "value": "no"}, "yes", "no"),
        ({"type": "contains", "value": "two"}, "forty-two", "TWO"),
        ({"type": "icontains", "value": "two"}, "TWO", "three"),
        ({"type": "not-contains", "value": "two"}, "three", "two"),
        ({"type": "contains-any", "value": ["a b", "c"]}, "see", "see"[:2]),
        ({"type": "contains-all", "value": "x, y"}, "y x", "x"),
        ({"type": "icontains-all", "value": ["X", "Y"]}, "y x", "x"),
        ({"type": "starts-with", "value": "A.B"}, "A.B!", "AxB"),
        ({"type": "regex", "value": r"^\d+$"}, "42", "42!"),
        ({"type": "not-regex", "value": r"\d"}, "x", "4"),
        ({"type": "is-json"}, '{"a": 1}', "a"),
        ({"type": "is-json", "value": {"required": ["a"]}}, '{"a": 1}', '{"b": 1}'),
        ({"type": "is-json", "value": "required: [a]\ntype: object"}, '{"a": 1}', '{"b": 1}'),
        ({"type": "contains-json", "value": {"required": ["a"]}}, 'So: {"a": 1}.', 'So: {"b": 1}.'),
        ({"type": "levenshtein", "value": "kitten", "threshold": 2}, "mitten", "sitting"),
        ({"type": "not-levenshtein", "value": "kitten", "threshold": 2}, "sitting", "mitten"),
    ],
)
def test_assertions_hold_as_promptfoo_has_them(assertion: dict[str, Any], right: str, wrong: str) -> None:
    if assertion["type"] == "contains-any":
        right, wrong = "cab", "ab"
    assert (reward(assertion, right), reward(assertion, wrong)) == (1.0, 0.0)


def test_similarities_keep_their_thresholds() -> None:
    for kind, threshold in [("rouge-n", 0.75), ("bleu", 0.5), ("gleu", 0.5), ("similar", 0.75)]:
        grader, _ = asserted({"type": kind, "value": "{{wanted}}"})
        assert grader is not None
        assert as_json(grader)["pass_threshold"] == threshold
    grader, _ = asserted({"type": "not-rouge-n", "value": "the very same words", "threshold": 0.6})
    assert grader is not None
    assert [grade(grader, {}, Sample(text)).reward for text in ("the very same words", "others")] == [0.0, 1.0]


def test_all_assertions_of_a_test_must_hold_or_their_weighted_mean_reaches_its_threshold() -> None:
    near = {"type": "rouge-n", "value": "one two three four", "threshold": 0.5}
    word = {"type": "contains", "value": "one"}
    every, _ = asserted(near, word)
    assert every is not None
    assert [grade(every, {}, Sample(text)).reward for text in ("one two", "two three four", "one")] == [1.0, 0.0, 0.0]
    mean, _ = asserted(
        {**word, "weight": 3}, {"type": "not-contains", "value": "x"}, {**near, "weight": 0}, threshold=0.7
    )
    assert mean is not None
    grades = [grade(mean, {}, Sample(text)) for text in ("one x", "two", "one")]
    assert [(one.reward, passes(mean, one)) for one in grades] == [(0.75, True), (0.25, False), (1.0, True)]


@pytest.mark.parametrize(
    ("assertion", "reason"),
    [
        ({"type": "javascript", "value": "true"}, Reason.ASSERTION),
        ({"type": "python", "value": "True"}, Reason.ASSERTION),
        ({"type": "factuality", "value": "x"}, Reason.ASSERTION),
        ({"type": "cost", "threshold": 1}, Reason.ASSERTION),
        ({"type": "contains", "value": "x", "transform": "output.trim()"}, Reason.CODE),
        ({"type": "equals", "value": "file://answer.txt"}, Reason.FILE),
        ({"type": "is-json", "value": "https://example.com/schema.json"}, Reason.FILE),
        ({"type": "contains-any", "value": ["x", "file://words.txt"]}, Reason.FILE),
        ({"type": "regex", "value": "(?=x)"}, Reason.PATTERN),
        ({"type": "equals", "value": "{{ wanted | upper }}"}, Reason.TEMPLATE),
        ({"type": "equals", "value": "{% if wanted %}x{% endif %}"}, Reason.TEMPLATE),
        ({"type": "starts-with", "value": "{{wanted}}"}, Reason.TEMPLATE),
        ({"type": "contains"}, Reason.UNREADABLE),
        ({"type": "is-json", "value": {"type": "thing"}}, Reason.UNREADABLE),
        ({"type": "assert-set", "assert": [], "threshold": 0.5}, Reason.ASSERTION),
        ({"value": "x"}, Reason.UNREADABLE),
    ],
)
def test_an_assertion_without_a_counterpart_is_named_and_the_others_are_kept(
    assertion: dict[str, Any], reason: Reason
) -> None:
    assert asserted(assertion) == (None, [reason])
    grader, missing = asserted(assertion, {"type": "contains", "value": "x"})
    assert missing == [reason]
    assert grader is not None
    assert as_json(grader)["type"] == "string_check"


def test_a_rubric_asks_the_model_that_the_file_names_or_the_reader_does() -> None:
    rubric = {"type": "llm-rubric", "value": "Is it {{wanted}}?"}
    grader, _ = asserted(rubric)
    assert grader is not None
    assert as_json(grader)["model"] == "judge"
    own, _ = asserted({**rubric, "provider": "openai:chat:gpt-4.1"})
    assert own is not None
    assert as_json(own)["model"] == "gpt-4.1"
    config = {"prompts": ["x"], "tests": [{"assert": [rubric]}]}
    assert [part.reason for part in reads(yaml.safe_dump(config)).left_out] == [Reason.JUDGE]


def test_sets_and_templates_of_assertions_are_unfolded() -> None:
    config = {
        "prompts": ["{{q}}"],
        "assertionTemplates": {"polite": {"type": "icontains", "value": "please"}},
        "tests": [
            {
                "assert": [
                    {"type": "assert-set", "assert": [{"$ref": "#/assertionTemplates/polite"}, {"type": "is-json"}]}
                ]
            }
        ],
    }
    (case,) = reads(yaml.safe_dump(config)).cases
    assert case.grader is not None
    assert grade(case.grader, {}, Sample('{"a": "Please"}')).reward == 1.0
    assert grade(case.grader, {}, Sample("Please")).reward == 0.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompts: [", "not YAML: see line"),
        ("a: !!python/object/apply:os.system ['true']", "not YAML"),
        ("just text", "no Promptfoo configuration"),
        ("[1, 2]", "no Promptfoo configuration"),
        ("prompts: &a [*a]", "more tests than can be read"),
        (
            "tests: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
            "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
            "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]",
            "more tests than can be read",
        ),
        (
            "tests: [{vars: {" + ", ".join(f"v{n}: [1, 2, 3, 4, 5, 6, 7, 8, 9]" for n in range(9)) + "}}]",
            "more tests than can be read",
        ),
        ("prompts: " + "[" * 5000, "not YAML"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(GraderError) as refusal:
        read_promptfoo(text)
    assert words in sentence(refusal.value)
    assert not looks_like_promptfoo(text) or "vars" in text


def test_dates_and_odd_keys_are_text() -> None:
    test = "{vars: {when: 2026-11-30, 1: one}, assert: [{type: contains, value: 2026-11-30}]}"
    (example,) = reads(f"prompts: ['{{{{when}}}}']\ntests: [{test}]").examples()
    assert example["messages"][0]["content"].startswith("2026-11-30")
    assert example["1"] == "one"


SOME = [
    named("exact"),
    named("contains"),
    named("rouge_1"),
    named("bleu"),
    named("cosine"),
    named("valid_calls"),
    by_rubric("kind", "gpt-4.1", "Is it kind to {{item.who}}?", pass_threshold=0.7),
    grader_of({"type": "pattern", "name": "p", "pattern": "^a", "ignore_case": True}),
    grader_of({"type": "json_schema", "name": "s", "schema": {"required": ["a"]}}),
    grader_of({"type": "edit_distance", "name": "e", "most": 3}),
]


@pytest.mark.parametrize("grader", SOME)
def test_what_is_written_is_read_back_as_it_was(grader: Grader) -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "你好 {{x}}"}]
    examples = [{"messages": messages, "reference": "Hi", "who": ["a", "b"]}]
    written = write_promptfoo(examples, grader, ["openai:gpt-4.1"])
    assert written.left_out == ()
    found = reads(written.text)
    (example,) = found.examples()
    assert (example["messages"], example["who"]) == (messages, ["a", "b"])
    assert found.grader is not None
    back, wanted = msgspec.structs.asdict(found.grader), msgspec.structs.asdict(grader)
    back.pop("pass_threshold", None)  # one that was not given is written
    wanted.pop("pass_threshold", None)
    if isinstance(grader, Pattern):
        wanted |= {"pattern": "(?i)^a", "ignore_case": False}
    assert back == wanted


@pytest.mark.parametrize("word", ["match", "choice", "number", "calls", "perplexity", "rouge_l"])
def test_a_grader_that_promptfoo_does_not_have_is_named(word: str) -> None:
    grader = named(word)
    assert grader is not None
    (part,) = write_promptfoo([], grader, ["openai:gpt-4.1"]).left_out
    assert (part.reason, part.where) == (Reason.ASSERTION, grader.name)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["{{q}}", "file://x", "{{", "a, b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
parts = st.fixed_dictionaries(
    {"type": st.sampled_from([*MAPPED, *(f"not-{kind}" for kind in MAPPED), "javascript"])},
    optional=dict.fromkeys(("value", "threshold", "weight", "metric", "provider", "transform"), values),
)


@given(
    prompts=values,
    default=st.one_of(values, st.fixed_dictionaries({"assert": st.lists(parts, max_size=2)})),
    tests=st.lists(
        values | st.fixed_dictionaries({"vars": values, "assert": st.lists(parts, max_size=3), "threshold": values}),
        max_size=3,
    ),
    answer=st.text(max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_file_holds_it_is_read_or_refused(prompts: Any, default: Any, tests: list[Any], answer: str) -> None:
    text = yaml.safe_dump({"prompts": prompts, "defaultTest": default, "tests": tests, "providers": default})
    try:
        found = read_promptfoo(text, judge="judge")
    except GraderError:
        return
    assert all(left_out(part) for part in found.left_out)
    for number in range(len(found.prompts)):
        for example in found.examples(number):
            assert found.grader is not None
            grade(found.grader, example, Sample(answer))
