"""Reinforcement: answers that a grader likes become likelier.

What takes seconds to import is imported in the tests: each process of the suite reads this module, and one runs it.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.trainer_process import HOLDS_LETTER
from tests.training_runs import figures, run_training
from trainer.errors import TrainingFailed
from trainer.training.plan import Plan, Reinforcement

TASKS = [{"messages": [{"role": "user", "content": f"Say {'a' * number}!"}], "letter": "e"} for number in range(10)]
pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def plan(plan: Plan) -> Plan:
    return msgspec.structs.replace(
        plan,
        n_epochs=5,
        batch_size=4,
        method="reinforcement",
        reinforcement=asked(),
        metadata={"max_completion_tokens": "8"},
    )


def run(plan: Plan, **changes: Any) -> list[dict[str, Any]]:
    return run_training(plan, TASKS, TASKS[:3], **changes)


def asked(**changes: Any) -> Reinforcement:
    return msgspec.structs.replace(Reinforcement(HOLDS_LETTER, eval_interval=2, eval_samples=4), **changes)


def test_answers_that_are_rewarded_become_likelier_and_the_checkpoints_that_answer_best_are_kept(plan: Plan) -> None:
    said = run(plan)
    measured = figures(said)
    assert list(measured) == list(range(1, 16))  # 10 prompts, 4 a step, 5 epochs
    (before,) = [message["metrics"] for message in said if message["kind"] == "baseline"]
    assert before["full_valid_mean_reward"] < 0.25
    assert sum(measured[step]["train_mean_reward"] for step in (1, 2, 3)) / 3 < 0.25
    assert sum(measured[step]["train_mean_reward"] for step in (13, 14, 15)) / 3 > 0.75
    assert measured[14]["full_valid_mean_reward"] > measured[2]["full_valid_mean_reward"] + 0.4
    assert 0 < measured[1]["train_reward_std"] < 0.6
    assert measured[1]["train_mean_completion_tokens"] <= 8
    validated = [step for step, figure in measured.items() if "full_valid_mean_reward" in figure]
    assert validated == [2, 4, 6, 8, 10, 12, 14, 15]
    rewards = {step: measured[step]["full_valid_mean_reward"] for step in validated}
    best = sorted(rewards, key=lambda step: (rewards[step], step))[-3:]
    kept = said[-1]["checkpoints"]
    assert [one["step"] for one in kept] == sorted(best)
    assert said[-1]["best"] == best[-1]
    folders = {path.name for path in Path(plan.output).iterdir()}
    assert folders == {one["folder"] for one in kept}


def test_a_job_that_was_cut_off_ends_with_the_figures_of_one_that_was_not(plan: Plan, tmp_path: Path) -> None:
    plan = msgspec.structs.replace(plan, n_epochs=3)
    whole = run(plan, output=str(tmp_path / "w"), state=str(tmp_path / "ws"))
    first = run(plan, pause_at=4)  # in the middle of the second epoch
    assert first[-1]["kind"] == "stopped"
    second = run(plan)
    assert second[0]["resumed_at"] == 5
    assert [message["kind"] for message in second].count("baseline") == 0
    assert figures(first) | figures(second) == figures(whole)
    assert second[-1] == whole[-1]


def test_answers_that_cannot_be_graded_earn_nothing_and_are_counted(plan: Plan) -> None:
    grader = {**HOLDS_LETTER, "input": "{{sample.output_json.word}}"}
    measured = figures(run(plan, n_epochs=1, reinforcement=asked(grader=grader)))
    assert measured[1]["train_mean_parse_error"] == 1
    assert measured[2]["full_valid_mean_parse_error"] == 1
    assert measured[2]["full_valid_mean_reward"] == 0


def test_a_grader_whose_figure_is_not_to_be_had_here_fails_the_job(plan: Plan) -> None:
    grader = {"type": "token_accuracy", "name": "accuracy"}  # which needs the tokens' probabilities
    with pytest.raises(TrainingFailed, match="The grader cannot grade here"):
        run(plan, reinforcement=asked(grader=grader))


def test_answers_are_held_to_the_response_format(plan: Plan) -> None:
    schema = {"type": "object", "properties": {"e": {"type": "boolean"}}, "required": ["e"]}
    format = {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {**schema, "additionalProperties": False}},
    }
    grader = {**HOLDS_LETTER, "operation": "eq", "input": "{{sample.output_json.e}}", "reference": "true"}
    metadata = {"max_completion_tokens": "16"}
    reinforcement = asked(grader=grader, response_format=format)
    measured = figures(run(plan, n_epochs=1, reinforcement=reinforcement, metadata=metadata))
    assert measured[1]["train_mean_parse_error"] == 0
    assert 0 < measured[1]["train_mean_reward"] < 1


def test_a_call_that_an_answer_makes_is_graded_as_a_call(table: Path) -> None:
    from graders.reading import grader_of
    from trainer.serving.vocabulary import Vocabulary
    from trainer.training.data import Task
    from trainer.training.rollouts import Rollouts

    grader = {**HOLDS_LETTER, "input": "{{sample.output_tools[0].function.name}}", "reference": "weather"}
    vocabulary = Vocabulary(table.parent / "tiny-random")
    rollouts = Rollouts(grader_of(grader), vocabulary, pad_token=0, most_tokens=8, rows=4, seed=1)
    task = Task([1], {"letter": "e"}, [{"type": "function", "function": {"name": "weather"}}])
    called = '<tool_call>{"name": "weather", "arguments": {}}</tool_call>'
    rewards = [rollouts.grade(task, vocabulary.tokenizer.encode(said).ids).reward for said in (called, "weather")]
    assert rewards == [1, 0]


def test_more_compute_means_more_answers_to_each_prompt(plan: Plan) -> None:
    few = figures(run(plan, n_epochs=1, reinforcement=asked(compute_multiplier=0.25)))
    many = figures(run(plan, n_epochs=1, reinforcement=asked(compute_multiplier=1.5)))
    assert 4 < many[1]["elapsed_tokens"] / few[1]["elapsed_tokens"] < 8


@pytest.mark.parametrize("room", ["0", "2000", "many"])
def test_the_room_for_an_answer_is_a_number_that_fits(plan: Plan, room: str) -> None:
    with pytest.raises(TrainingFailed, match=f"max_completion_tokens is a whole number from 1 to 1024, not '{room}'"):
        run(plan, metadata={"max_completion_tokens": room})


def test_prompts_that_leave_no_room_for_an_answer_are_left_out(plan: Plan) -> None:
    assert run(plan, n_epochs=1, context_length=38)[0]["dropped"] == 3
    with pytest.raises(TrainingFailed, match="leaves room for an answer of 8 tokens"):
        run(plan, context_length=20)
