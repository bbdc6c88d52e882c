"""Graders tried out on the trainer, through the official SDK: answers as the service gives them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import openai
import pytest

from graders.reading import as_json, grader_of
from tests.trainer_process import KEY, Trainer, jsonl

DESCRIPTION = json.loads((Path(__file__).parent / "openai.openapi.json").read_text())
EXACT: dict[str, Any] = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}
NEAR: dict[str, Any] = {
    "type": "text_similarity",
    "name": "near",
    "evaluation_metric": "rouge_l",
    "input": "{{sample.output_json.city}}",
    "reference": "{{item.answer}}",
}
JUDGED: dict[str, Any] = {
    "type": "score_model",
    "name": "judged",
    "model": "tiny-random",
    "input": [{"role": "user", "type": "message", "content": "Grade {{sample.output_text}}."}],
    "range": [0, 10],
    "sampling_params": {"temperature": 0, "seed": 1, "max_completions_tokens": 40},
}
LABELLED = {
    **{name: JUDGED[name] for name in ("name", "model", "input")},
    "type": "label_model",
    "labels": ["good", "bad"],
    "passing_labels": ["good"],
}
PYTHON = {
    "type": "python",
    "name": "p",
    "source": "def grade(sample, item):\n    return len(sample['output_text']) / 10\n",
}
MULTI = {"type": "multi", "name": "both", "graders": {"a": EXACT, "b": NEAR}, "calculate_output": "0.5 * a + 0.5 * b"}
NAMES = {
    "string_check": "StringCheck",
    "text_similarity": "TextSimilarity",
    "score_model": "ScoreModel",
    "label_model": "LabelModel",
    "python": "Python",
}


@pytest.fixture(scope="module")
def graders(trainer: Trainer) -> Any:
    return trainer.client.fine_tuning.alpha.graders


def told(errors: Any) -> dict[str, Any]:
    return {name: value for name, value in errors.to_dict().items() if value}


@pytest.mark.parametrize("grader", [EXACT, NEAR, JUDGED, LABELLED, PYTHON])
def test_what_is_read_and_written_fits_the_description(grader: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/Grader{NAMES[grader['type']]}", "components": DESCRIPTION["components"]}
    jsonschema.validate(grader, schema)
    jsonschema.validate(as_json(grader_of(grader)), schema)


@pytest.mark.parametrize("grader", [EXACT, NEAR, JUDGED, PYTHON, MULTI, {"type": "choice", "name": "letter"}])
def test_a_grader_that_can_be_used_comes_back_from_its_validation(graders: Any, grader: dict[str, Any]) -> None:
    said = graders.with_raw_response.validate(grader=grader).http_response
    assert said.json()["grader"] == grader


def test_a_grade_has_the_services_shape(graders: Any) -> None:
    said = graders.run(grader=EXACT, item={"answer": "Paris"}, model_sample="Paris").to_dict()
    metadata = said.pop("metadata")
    assert said == {"reward": 1.0, "sub_rewards": {}, "model_grader_token_usage_per_model": {}}
    assert metadata.pop("execution_time") >= 0
    errors = metadata.pop("errors")
    assert len(errors) == 14
    assert not any(errors.values())
    assert metadata == {
        "name": "exact",
        "type": "string_check",
        "scores": {},
        "token_usage": None,
        "sampled_model_name": None,
    }


def test_parts_of_a_multi_grader_are_told(graders: Any) -> None:
    said = graders.run(grader=MULTI, item={"answer": "Paris"}, model_sample='{"city": "Paris"}')
    assert (said.reward, said.sub_rewards) == (0.5, {"a": 0.0, "b": 1.0})


def test_cosine_asks_the_model_for_embeddings(graders: Any) -> None:
    cosine: Any = {**NEAR, "input": "{{sample.output_text}}", "reference": "Paris", "evaluation_metric": "cosine"}
    rewards = [graders.run(grader=cosine, item={}, model_sample=said).reward for said in ("Paris", "Pariss", "QQ", "")]
    assert rewards[0] > 0.999
    assert rewards == sorted(rewards, reverse=True)
    assert rewards[-1] == 0


def test_one_grader_within_multi_is_taken_as_the_description_has_it(graders: Any) -> None:
    one = {**MULTI, "graders": EXACT, "calculate_output": "exact"}
    assert graders.run(grader=one, item={"answer": "Paris"}, model_sample="Paris").reward == 1.0


@pytest.mark.parametrize(
    ("grader", "sample", "errors"),
    [
        (NEAR, "no JSON", {"sample_parse_error": True}),
        ({**EXACT, "reference": "{{item.other}}"}, "Paris", {"invalid_variable_error": True}),
        ({**MULTI, "calculate_output": "a / (a - a)"}, '{"city": "x"}', {"formula_parse_error": True}),
    ],
)
def test_why_there_is_no_reward_is_told(
    graders: Any, grader: dict[str, Any], sample: str, errors: dict[str, bool]
) -> None:
    said = graders.run(grader=grader, item={"answer": "Paris"}, model_sample=sample)
    assert (said.reward, told(said.metadata.errors)) == (0.0, errors)


def test_a_python_grader_does_not_run_unless_an_administrator_put_it_there(graders: Any) -> None:
    errors = told(graders.run(grader=PYTHON, item={}, model_sample="12345").metadata.errors)
    assert errors.pop("python_grader_server_error")
    assert "administrator" in errors.pop("python_grader_server_error_type")
    assert not errors


def test_a_judge_is_a_model_of_this_server(graders: Any) -> None:
    """The tiny model's own words mean nothing; its answer is held to the schema, and may be cut off."""
    said = graders.run(grader=JUDGED, item={}, model_sample="Hello")
    usage = said.api_model_grader_token_usage_per_model["tiny-random"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    assert said.metadata.sampled_model_name == "tiny-random"
    assert 0 <= said.reward <= 10
    assert told(said.metadata.errors) in ({}, {"model_grader_parse_error": True})


def test_a_judge_that_refuses_is_told_in_its_words(graders: Any) -> None:
    long = {**JUDGED, "input": [{"role": "user", "content": "word " * 5_000}]}
    errors = told(graders.run(grader=long, item={}, model_sample="Hello").metadata.errors)
    assert "maximum context length" in errors["model_grader_server_error_details"]


@pytest.mark.parametrize(
    ("grader", "words"),
    [
        ({**JUDGED, "model": "gpt-4o"}, "The model 'gpt-4o' does not exist on this server"),
        ({**EXACT, "operation": "equals"}, "invalid enum value"),
        ({**MULTI, "calculate_output": "__import__('os')"}, "A formula has names of graders"),
        ({**EXACT, "input": "{{answer}}"}, "stands for nothing"),
        ({}, "missing required field `type`"),
    ],
)
def test_what_is_wrong_with_a_grader_is_said(graders: Any, grader: dict[str, Any], words: str) -> None:
    for ask in (
        lambda: graders.validate(grader=grader),
        lambda: graders.run(grader=grader, item={}, model_sample="x"),
    ):
        with pytest.raises(openai.BadRequestError) as refusal:
            ask()
        assert words in refusal.value.message


def test_parameters_that_the_judge_does_not_have_are_named(graders: Any) -> None:
    odd = {**JUDGED, "sampling_params": {"temperature": 9}}
    with pytest.raises(openai.BadRequestError, match=r"grader\.sampling_params\.temperature"):
        graders.run(grader=odd, item={}, model_sample="x")


@pytest.fixture
def trusting(tmp_path: Path, table: Path) -> Iterator[Trainer]:
    """A trainer whose administrator put a Python grader there."""
    folder = tmp_path / "graders"
    folder.mkdir()
    (folder / "length.py").write_text(PYTHON["source"])
    running = Trainer(tmp_path / "data", table, tmp_path / "cache", TRAINER_GRADERS=str(folder))
    yield running
    running.stop()


def test_a_python_grader_that_an_administrator_put_there_runs(trusting: Trainer) -> None:
    client = openai.OpenAI(base_url=trusting.url, api_key=KEY, max_retries=0)
    graders = client.fine_tuning.alpha.graders
    assert graders.run(grader=PYTHON, item={}, model_sample="12345").reward == 0.5  # type: ignore[arg-type]
    other = {**PYTHON, "source": PYTHON["source"].replace("/ 10", "/ 1")}
    assert graders.run(grader=other, item={}, model_sample="12345").reward == 0.0  # type: ignore[arg-type]


def test_a_job_whose_grader_has_no_figure_here_is_refused(trainer: Trainer) -> None:
    task = {"messages": [{"role": "user", "content": "Where?"}], "answer": "Paris"}
    training, validation = trainer.upload(jsonl([task] * 10)), trainer.upload(jsonl([task] * 10))
    cosine: Any = {**NEAR, "input": "{{sample.output_text}}", "evaluation_metric": "cosine"}
    with pytest.raises(openai.BadRequestError, match="no model for embeddings"):
        trainer.client.fine_tuning.jobs.create(
            model="tiny-random",
            training_file=training,
            validation_file=validation,
            method={"type": "reinforcement", "reinforcement": {"grader": cosine}},
        )
