from collections.abc import Iterator
from typing import Any

import pytest

from bot.jobs.job import Job, Origin
from bot.jobs.throughput import seconds_per_token


def job(seconds: float, tokens: int | None = 1000, **changes: object) -> Job:
    values: dict[str, object] = {
        "id": "job-1",
        "state": "succeeded",
        "provider": "acme",
        "base_model": "small",
        "requester": "U1",
        "origin": Origin("T1", "C1", False),
        "created_at": 0.0,
        "started_at": 100.0,
        "finished_at": 100.0 + seconds,
        "trained_tokens": tokens,
        **changes,
    }
    return Job(**values)  # type: ignore[arg-type]


def test_the_pace_is_the_median_of_past_jobs_for_each_base_model() -> None:
    jobs = [job(10), job(30), job(20), job(50, base_model="large")]
    assert seconds_per_token(jobs, "acme") == {"small": 0.02, "large": 0.05}


def test_going_on_from_a_fine_tuned_model_takes_as_long_as_training_its_base() -> None:
    jobs = [job(10), job(30, base_model="ft:small:acme:voice:abc"), job(20)]
    assert seconds_per_token(jobs, "acme") == {"small": 0.02}


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "failed"},
        {"provider": "other"},
        {"tokens": None},
        {"started_at": None},
        {"finished_at": 100.0},
        {"method": "reinforcement"},
    ],
)
def test_what_tells_nothing_is_passed_over(changes: dict[str, Any]) -> None:
    assert seconds_per_token([job(10, **changes)], "acme") == {}


def test_only_the_latest_jobs_count() -> None:
    def newest_first() -> Iterator[Job]:
        yield from [job(10)] * 10
        yield from [job(900)] * 50

    assert seconds_per_token(newest_first(), "acme") == {"small": 0.01}
