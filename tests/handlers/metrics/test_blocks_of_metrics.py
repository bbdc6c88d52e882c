"""The metrics of runs in a message: figures as a table, and what shows in them in words."""

from typing import Any

import msgspec
import pytest

from bot.experiments.observations import Kind, Observation
from bot.experiments.run_metrics import RunMetrics, steps_per_epoch, summaries
from bot.jobs.assessment import Assessment, assess
from bot.jobs.job import Job
from bot.providers.protocol import Metrics
from handlers.blocks.message import Message
from handlers.blocks.parts import characters
from handlers.metrics.blocks import run_names, runs_message
from tests.parts import a_job
from texts.language import Language, speaking

JOB = a_job(state="succeeded", suffix="support")
TOLD = [Metrics(step, 20, train_loss=2 / step, full_valid_loss=3 / step) for step in range(1, 21)]


def a_run(job: Job = JOB, told: list[Metrics] = TOLD, observations: tuple[Observation, ...] = ()) -> RunMetrics:
    return RunMetrics(
        job, told, (), summaries(job.method, told), assess(job, told), observations, steps_per_epoch(job, told)
    )


def words(message: Message) -> str:
    return "\n".join(map(str, _leaves([block.to_dict() for block in message.in_words.blocks])))


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value] if isinstance(value, str) else []


def table(message: Message) -> list[list[str]]:
    (shown,) = [block.to_dict() for block in message.blocks if block.type == "data_table"]
    return [[cell["text"] for cell in row] for row in shown["rows"]]


def test_one_job_has_its_ends_the_gap_and_the_best_step() -> None:
    message = runs_message([a_run()], smooth=0.6, by_epoch=False, chart="F1", chart_alt="It falls.")
    heading, loss = table(message)
    assert heading == ["Figure", "Training set", "Validation set", "Gap", "Best", "at step"]
    assert loss == ["Loss", "0.112", "0.150", "+0.038", "0.150", "20"]
    assert "moving average (weight 0.6)" in words(message)
    assert "0.112" in words(message), "where tables are not taken, the same in words"


def test_a_gap_between_shares_is_told_in_points() -> None:
    told = [Metrics(5, 5, train_mean_token_accuracy=0.764, full_valid_mean_token_accuracy=0.726)]
    (_, accuracy) = table(runs_message([a_run(told=told)], smooth=0, by_epoch=False))
    assert accuracy[1:4] == ["76.4%", "72.6%", "-3.8 points"]


def test_of_several_each_line_names_its_job_and_one_without_figures_says_so() -> None:
    other = a_job(id="job-2", suffix="other", state="queued")
    message = runs_message([a_run(), a_run(other, [])], smooth=0, by_epoch=True)
    assert "Metrics of 2 jobs" in message.text
    assert [row[0] for row in table(message)[1:]] == ["support"]
    assert "Nothing has been measured of `train.jsonl → gpt-4.1-mini-2025-04-14 (other)` yet." in words(message)


def test_names_that_would_not_tell_jobs_apart_give_way_to_ids() -> None:
    runs = [a_run(a_job(id=f"job-{number}", suffix=suffix)) for number, suffix in enumerate(("a" * 30, "a" * 31, "b"))]
    assert run_names(runs, 20) == {"job-0": "job-0", "job-1": "job-1", "job-2": "b"}
    assert run_names(runs, 31)["job-0"] == "a" * 30


def test_a_job_without_figures_has_no_table() -> None:
    message = runs_message([a_run(told=[])], smooth=0.6, by_epoch=False)
    assert "Nothing has been measured" in message.text
    assert len(message.blocks) == 1


OBSERVED = {
    Kind.PLATEAU: Observation(Kind.PLATEAU, of_validation=True, step=40, before=0.81, after=0.8, total=100),
    Kind.STILL_IMPROVING: Observation(Kind.STILL_IMPROVING, of_validation=True, step=75, before=1.2, after=0.9),
    Kind.NOT_FINITE: Observation(Kind.NOT_FINITE, count=2, total=30),
    Kind.NOT_VALIDATED: Observation(Kind.NOT_VALIDATED),
    Kind.OVERLAP: Observation(Kind.OVERLAP, count=3, total=1200),
}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.PLATEAU, "Validation loss was at 0.810 by step 40 of 100"),
        (Kind.STILL_IMPROVING, "Validation loss went from 1.200 at step 75 to 0.900 at the end, its best."),
        (Kind.NOT_FINITE, "at 2 of 30 steps the loss was no number"),
        (Kind.NOT_VALIDATED, "*Split* on the file's report"),
        (Kind.OVERLAP, "3 of 1,200 examples of the training file stand in the validation file, too"),
    ],
)
def test_each_observation_has_its_figures_and_what_to_do(kind: Kind, said: str) -> None:
    message = runs_message([a_run(observations=(OBSERVED[kind],))], smooth=0.6, by_epoch=False)
    assert said in words(message)
    assert "fine-tuning-best-practices" in words(message)
    with speaking(Language.CHINESE):
        assert said not in words(runs_message([a_run(observations=(OBSERVED[kind],))], smooth=0.6, by_epoch=False))


def test_six_jobs_with_long_names_and_all_there_is_to_say_fit_into_one_message() -> None:
    def long(number: int) -> RunMetrics:
        job = a_job(id=f"job-{number}", state="succeeded", file_name="n" * 200, base_model="m" * 200)
        run = a_run(job, observations=tuple(OBSERVED.values()))
        return msgspec.structs.replace(run, assessment=Assessment())

    message = runs_message([long(number) for number in range(6)], smooth=0.6, by_epoch=False, chart="F1")
    assert sum(map(characters, message.blocks)) <= 10_000
    assert len(message.blocks) <= 50
