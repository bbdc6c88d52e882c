"""Jobs as people look at them: what they may see, and what was measured."""

import pytest

from bot.access import Actor
from bot.authority import Authority
from bot.errors import NotFound
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.overview import JobOverview
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Checkpoint, Metrics
from bot.providers.registry import Providers
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from tests.parts import a_job, event, measured
from tests.slack_requests import a_caller

BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
def overview(jobs: SqlJobStore, lookup: JobLookup, provider: OpenAIProtocol, authority: Authority) -> JobOverview:
    return JobOverview(jobs, lookup, Providers(provider), authority)


async def test_the_latest_of_a_thread_comes_before_the_latest_of_its_channel(
    overview: JobOverview, jobs: SqlJobStore
) -> None:
    assert await overview.latest_in("C0TRAINING", None) is None
    await jobs.insert(a_job(id="job-thread", created_at=1.0, origin=Origin("T0ACME", "C0TRAINING", False, "1.0")))
    await jobs.insert(a_job(id="job-later", created_at=2.0, origin=Origin("T0ACME", "C0TRAINING", False, "2.0")))
    await jobs.insert(a_job(id="job-other", created_at=3.0, origin=Origin("T0ACME", "C0OTHER", False)))
    assert await overview.latest_in("C0TRAINING", "1.0") == "job-thread"
    assert await overview.latest_in("C0TRAINING", "9.0") == "job-later"
    assert await overview.latest_in("C0TRAINING", None) == "job-later"


async def test_the_thread_of_a_card_is_that_of_its_job(
    overview: JobOverview, jobs: SqlJobStore, database: Database
) -> None:
    await jobs.insert(a_job(id="job-1", created_at=1.0))
    await jobs.insert(a_job(id="job-2", created_at=2.0, provider_job_id="ftjob-2"))
    await SqlCardStore(database).posted("job-1", "7.0", None, ())
    assert await overview.latest_in("C0TRAINING", "7.0") == "job-1"
    assert await overview.latest_in("C0OTHER", "7.0") is None


async def test_one_job_comes_with_its_figures_and_its_checkpoints_best_first(
    overview: JobOverview, jobs: SqlJobStore
) -> None:
    job = a_job(state="running", provider_job_id="ftjob-1")
    checkpoints = [
        Checkpoint(f"ck-{step}", f"ft:m:acme::1:ckpt-step-{step}", step, Metrics(step, full_valid_loss=loss))
        for step, loss in ((4, 0.3), (8, 0.6))
    ]
    events = [event(1), *(measured(step) for step in range(1, 9))]
    await jobs.insert(job, JobUpdate(job, events=events, checkpoints=checkpoints))
    one = await overview.one(a_caller(BEN), "job-1")
    assert any(figure.quantity == "loss" for figure in one.assessment.figures)
    of, ranked = await overview.checkpoints(a_caller(BEN), "job-1")
    assert of.id == "job-1"
    assert [(each.checkpoint.step, each.best) for each in ranked] == [(4, True), (8, False)]


async def test_what_is_private_is_answered_like_what_there_is_not(overview: JobOverview, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(origin=Origin("T0ACME", "G0SECRET", True)))
    with pytest.raises(NotFound, match="unknown_job"):
        await overview.one(a_caller(BEN), "job-1")
    with pytest.raises(NotFound, match="unknown_job"):
        await overview.checkpoints(a_caller(BEN), "job-1")
