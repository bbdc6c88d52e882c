"""Digests are told once each, when something happened, and of their own channel only."""

from datetime import UTC, datetime

import msgspec
import pytest

from bot.audit import Entry
from bot.digest.digest import Digests
from bot.digest.plan import DigestPlan, DigestTime
from bot.digest.sending import DigestSender
from bot.jobs import states
from bot.jobs.job import Job, Origin
from bot.jobs.notice import DigestDue
from bot.models.catalogue import Catalogue
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.budget import Scope
from bot.store.database import Database
from bot.store.digests import SqlDigestPlans
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.spending import SqlBudgetStore
from tests.parts import CHANNEL, a_job
from tests.store_reading import all_notices

DAY = 24 * 3600.0
NINE = datetime(2026, 11, 30, 9, tzinfo=UTC).timestamp()
SET = Entry("set", NINE - DAY, "U0ANA", "set digest", CHANNEL)
PLAN = DigestPlan(CHANNEL, False, "U0ANA", DigestTime("daily"), "UTC", told_until=NINE - DAY)


class Clock:
    """Given by the test."""

    def __init__(self) -> None:
        self.now = NINE + 60

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def digests(database: Database, jobs: SqlJobStore, provider: OpenAIProtocol) -> Digests:
    catalogue = Catalogue(Providers(provider), jobs)
    return Digests(jobs, SqlModelUses(database), catalogue, SqlBudgetStore(database), jobs)


@pytest.fixture
async def sender(database: Database, digests: Digests, clock: Clock) -> DigestSender:
    plans = SqlDigestPlans(database)
    await plans.set(PLAN, SET)
    return DigestSender(plans, digests, clock=clock)


def ended(id: str, at: float, channel: str = CHANNEL) -> Job:
    return a_job(
        id=id,
        state=states.SUCCEEDED,
        created_at=at - 60,
        finished_at=at,
        estimated_cost=2.0,
        origin=Origin("T0ACME", channel, False),
    )


async def test_each_is_told_once(database: Database, jobs: SqlJobStore, sender: DigestSender, clock: Clock) -> None:
    await jobs.insert(ended("job-1", NINE - 3600))
    await sender.look()
    await sender.look()
    clock.now += 120
    await sender.look()
    [notice] = [one for one in await all_notices(database) if isinstance(one.body, DigestDue)]
    assert (notice.channel, notice.body) == (CHANNEL, DigestDue("daily", NINE - DAY, NINE))


async def test_a_job_that_is_known_to_have_ended_only_after_it_was_due_is_told(
    database: Database, jobs: SqlJobStore, sender: DigestSender, digests: Digests, clock: Clock
) -> None:
    clock.now = NINE + 1
    await sender.look()
    await jobs.insert(ended("job-1", NINE - 2))
    clock.now = NINE + 60
    await sender.look()
    [body] = [one.body for one in await all_notices(database) if isinstance(one.body, DigestDue)]
    assert [job.id for job in (await digests.of(CHANNEL, body.since, body.until)).ended] == ["job-1"]


async def test_nothing_is_said_when_nothing_happened(database: Database, sender: DigestSender) -> None:
    await sender.look()
    assert await all_notices(database) == []
    [plan] = await SqlDigestPlans(database).all()
    assert plan.told_until == NINE


async def test_after_a_time_without_the_bot_one_tells_of_it_all(
    database: Database, jobs: SqlJobStore, sender: DigestSender, digests: Digests, clock: Clock
) -> None:
    await jobs.insert(ended("job-1", NINE - 3600))
    await jobs.insert(ended("job-2", NINE + 3 * DAY - 3600))
    clock.now = NINE + 3 * DAY + 3600
    await sender.look()
    [body] = [one.body for one in await all_notices(database) if isinstance(one.body, DigestDue)]
    told = await digests.of(CHANNEL, body.since, body.until)
    assert [job.id for job in told.ended] == ["job-1", "job-2"]


async def test_one_that_was_stopped_meanwhile_is_not_told(
    database: Database, jobs: SqlJobStore, sender: DigestSender
) -> None:
    await jobs.insert(ended("job-1", NINE - 3600))
    plans = SqlDigestPlans(database)
    await plans.remove(CHANNEL, msgspec.structs.replace(SET, key="stop"))
    await sender.look()
    await plans.told(PLAN, [])
    assert await plans.all() == []
    assert await all_notices(database) == []


async def test_it_tells_what_ended_what_goes_on_what_waits_and_what_was_spent(
    database: Database, jobs: SqlJobStore, digests: Digests
) -> None:
    for job in (
        ended("job-ended", NINE - 3600),
        ended("job-before", NINE - 2 * DAY),
        ended("job-elsewhere", NINE - 3600, "C0OTHER"),
        a_job(id="job-runs", state=states.RUNNING, created_at=NINE - 3 * DAY, estimated_cost=3.0),
        a_job(id="job-waits", state=states.AWAITING_APPROVAL, created_at=NINE - 1800, estimated_cost=None),
    ):
        await jobs.insert(job)
    await SqlBudgetStore(database).set_budget(Scope.CHANNEL, CHANNEL, 50.0, msgspec.structs.replace(SET, key="b"))
    told = await digests.of(CHANNEL, NINE - DAY, NINE)
    assert [job.id for job in told.ended] == ["job-ended"]
    assert [job.id for job in told.running] == ["job-runs"]
    assert [job.id for job in told.waiting] == ["job-waits"]
    assert told.asked == 2
    assert (told.month.usd, told.budget) == (7.0, 50.0)
