"""How long a training will take: asked of the provider, and no longer once it refused; else as past jobs say."""

from typing import Any, cast

import msgspec
import pytest

from bot.jobs import states
from bot.jobs.estimate import TrainingNeeds, TrainingTime
from bot.jobs.job import Job
from bot.jobs.training_times import TrainingTimes
from bot.providers.interface import Refused, RemoteMemory, RemoteTime, TimeQuestion, Unreachable
from tests.parts import MODEL, a_job
from training_files.report import Report, Tokens

REPORT = Report(
    ok=True,
    format="chat",
    examples=12,
    errors=[],
    warnings=[],
    counts={},
    tokens=Tokens(total=1000, max=100, median=90, p95=99, billed=1000, exact=True, tokenizer="o200k_base"),
    epochs=8,
    cost={},
    model=MODEL,
    method="supervised",
    bytes=3000,
    sha256="aa",
)


class StandIn:
    """A provider that says what it is told to, and the jobs that were trained there."""

    def __init__(self, said: RemoteTime | Exception | None, *jobs: Job) -> None:
        self.said = said
        self.jobs = jobs
        self.asked: list[TimeQuestion] = []

    async def training_time(self, question: TimeQuestion) -> RemoteTime | None:
        self.asked.append(question)
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    async def latest(self, count: int) -> tuple[Job, ...]:
        return self.jobs

    def times(self) -> TrainingTimes:
        return TrainingTimes(cast(Any, self), lambda name: cast(Any, self))


def past_job() -> Job:
    return a_job(state=states.SUCCEEDED, started_at=100.0, finished_at=110.0, trained_tokens=1000)


async def test_the_provider_is_asked_for_all_that_the_time_depends_on() -> None:
    stand_in = StandIn(RemoteTime(720, 3), past_job())
    assert await stand_in.times().of("acme", MODEL, REPORT, 2, 4) == TrainingTime(720, 3)
    assert stand_in.asked == [
        TimeQuestion(MODEL, tokens=1000, examples=12, n_epochs=2, batch_size=4, method="supervised", longest=100)
    ]


async def test_how_much_memory_it_takes_is_told_even_where_nobody_knows_how_long() -> None:
    memory = RemoteMemory(3 << 30, total=24 << 30, fits=True)
    assert await StandIn(RemoteTime(None, memory=memory)).times().needs("acme", MODEL, REPORT) == TrainingNeeds(
        None, memory
    )


async def test_left_to_the_provider_the_epochs_are_those_of_the_report() -> None:
    stand_in = StandIn(RemoteTime(720))
    assert await stand_in.times().of("acme", MODEL, REPORT) == TrainingTime(720, 0)
    assert (stand_in.asked[0].n_epochs, stand_in.asked[0].batch_size) == (8, None)


@pytest.mark.parametrize("said", [None, Unreachable("gone"), Refused("no such page", status=404)])
async def test_where_it_does_not_say_past_jobs_tell(said: Exception | None) -> None:
    job = past_job()
    times = StandIn(said, job).times()
    told = await times.of(job.provider, f"ft:{job.base_model}:acme:voice:abc", REPORT, 2)
    assert told is not None
    assert (told.seconds, told.trainings) == (pytest.approx(20), None)
    assert await times.of("another", MODEL, REPORT, 2) is None, "their machines are others"


async def test_one_that_has_no_such_call_is_not_asked_again() -> None:
    refusing, out = StandIn(Refused("no such page", status=404)), StandIn(Unreachable("gone"))
    for stand_in in (refusing, out):
        times = stand_in.times()
        for _ in range(3):
            assert await times.of("acme", MODEL, REPORT) is None
    assert (len(refusing.asked), len(out.asked)) == (1, 3)


async def test_nobody_knows_how_long_reinforcement_takes() -> None:
    stand_in = StandIn(RemoteTime(720, 3))
    report = msgspec.structs.replace(REPORT, method="reinforcement")
    assert await stand_in.times().of("acme", MODEL, report) is None
    assert stand_in.asked == []


async def test_the_provider_is_not_asked_about_a_file_without_examples() -> None:
    stand_in = StandIn(RemoteTime(720, 3), past_job())
    report = msgspec.structs.replace(REPORT, tokens=msgspec.structs.replace(REPORT.tokens, billed=0))
    assert await stand_in.times().of("acme", MODEL, report) is None
    assert stand_in.asked == []
