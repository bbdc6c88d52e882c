"""What is running and what needs a person: for whoever looks, and only what they may see."""

import time
from typing import Any

import msgspec
import pytest

from bot.access import Actor, Caller, Place, Policy, Role
from bot.audit import Entry
from bot.authority import Authority
from bot.collections.collection import Collection, Example
from bot.dashboard import Dashboard, Dashboards
from bot.errors import Denied
from bot.jobs.job import Approval, Origin
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.store.personal_settings import SqlPersonalSettings
from tests.parts import CHANNEL, a_dataset, a_job
from tests.slack_requests import ANA, a_caller

BEN = Actor("U0BEN", "T0ACME", Role.APPROVER)
ELSEWHERE = Origin("T0ACME", "C0OTHER", False)
SECRET = Origin("T0ACME", "G0SECRET", True)
DAY = 24 * 3600.0
NOW = time.time()


@pytest.fixture
def dashboards(database: Database, jobs: SqlJobStore) -> Dashboards:
    return Dashboards(
        jobs,
        SqlGroupStore(database),
        SqlDatasetStore(database),
        SqlCollectionStore(database),
        [SqlEvaluationStore(database)],
        SqlPersonalSettings(database),
        Authority(Policy(), SqlAuditLog(database)),
    )


def looks(actor: Actor = ANA, at: float = NOW, **fields: Any) -> Caller:
    return a_caller(actor, at=at, **fields)


def ids(found: object) -> list[str]:
    assert isinstance(found, list | tuple)
    return [one.id for one in found]


async def test_my_own_jobs_come_first_then_those_of_this_channel(dashboards: Dashboards, jobs: SqlJobStore) -> None:
    for id, requester, origin, state in (
        ("job-here", "U0BEN", a_job().origin, "running"),
        ("job-mine", "U0ANA", ELSEWHERE, "running"),
        ("job-theirs", "U0BEN", ELSEWHERE, "running"),
        ("job-secret", "U0BEN", SECRET, "running"),
        ("job-my-secret", "U0ANA", SECRET, "queued"),
        ("job-over", "U0ANA", a_job().origin, "succeeded"),
    ):
        await jobs.insert(a_job(id=id, requester=requester, origin=origin, state=state))
    assert ids((await dashboards.look(looks())).running) == ["job-my-secret", "job-mine", "job-here"]
    # Where others see the answer, nothing private is in it.
    seen = await dashboards.look(looks(answers_in=Place(CHANNEL)))
    assert ids(seen.running) == ["job-mine", "job-here"]


async def test_an_approver_is_shown_what_waits_for_them_and_nobody_else(
    dashboards: Dashboards, jobs: SqlJobStore
) -> None:
    waits = Approval(0.0, 25.0, (BEN.user,))
    for id, origin in (("job-1", a_job().origin), ("job-2", ELSEWHERE), ("job-3", SECRET)):
        await jobs.insert(a_job(id=id, origin=origin, state="awaiting_approval", approval=waits))
    assert ids((await dashboards.look(looks(BEN))).approvals) == ["job-2", "job-1"]
    assert ids((await dashboards.look(looks())).approvals) == []
    own_boss = msgspec.structs.replace(ANA, role=Role.ADMIN)
    assert ids((await dashboards.look(looks(own_boss))).approvals) == []


async def test_only_who_may_decide_is_asked_about_an_uncertain_job(dashboards: Dashboards, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(state="uncertain"))
    assert ids((await dashboards.look(looks())).uncertain) == ["job-1"]
    assert ids((await dashboards.look(looks(BEN))).uncertain) == []


async def test_what_failed_is_shown_until_they_have_looked_and_a_day_has_passed(
    dashboards: Dashboards, jobs: SqlJobStore
) -> None:
    await jobs.insert(a_job(state="failed", finished_at=NOW - 3 * DAY))
    await jobs.insert(a_job(id="job-theirs", requester="U0BEN", state="failed", finished_at=NOW))
    for at, shown in ((NOW, ["job-1"]), (NOW + 60, []), (NOW + 2 * DAY, [])):
        assert ids((await dashboards.look(looks(at=at))).failed) == shown
    await jobs.insert(a_job(id="job-2", state="failed", finished_at=NOW + 2 * DAY + 60))
    for later in (0.1, 0.5):
        assert ids((await dashboards.look(looks(at=NOW + (2 + later) * DAY))).failed) == ["job-2"]
    assert ids((await dashboards.look(looks(at=NOW + 4 * DAY))).failed) == []


async def test_examples_wait_for_whoever_did_not_add_them(dashboards: Dashboards, database: Database) -> None:
    collections = SqlCollectionStore(database)
    made = Collection("col-1", "Support", "U0ANA", "T0ACME", CHANNEL, False, NOW, review=True)
    await collections.create(made, _entry("create"))
    for number in (1, 2):
        example = Example(
            f"ex-{number}", "col-1", "{}", "thread", CHANNEL, "1.0", False, ("U0ANA",), "U0ANA", NOW + number
        )
        await collections.add(example, _entry(f"add {number}"))
    (review,) = (await dashboards.look(looks(BEN))).reviews
    assert (review.collection.name, review.count) == ("Support", 2)
    assert (await dashboards.look(looks())).reviews == []


async def test_a_file_that_nobody_trained_on_is_offered_to_whoever_dropped_it(
    dashboards: Dashboards, database: Database, jobs: SqlJobStore
) -> None:
    datasets = SqlDatasetStore(database)
    for dataset in (
        a_dataset(id="ds-1", created_at=NOW, validation="ds-2"),
        a_dataset(id="ds-2", created_at=NOW),
        a_dataset(id="ds-3", created_at=NOW - 8 * DAY),
        a_dataset(id="ds-4", created_at=NOW, channel="C0OTHER"),
        a_dataset(id="ds-5", created_at=NOW, owner="U0BEN"),
    ):
        await datasets.save(dataset)
    assert ids((await dashboards.look(looks())).ready) == ["ds-1"]
    await datasets.save(a_dataset(id="ds-6", created_at=NOW))
    await jobs.insert(a_job(dataset_id="ds-1", validation_dataset_id="ds-6"))
    assert ids((await dashboards.look(looks())).ready) == []


async def test_whoever_never_saw_a_job_is_at_the_beginning(dashboards: Dashboards, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(requester="U0BEN", origin=SECRET))
    assert (await dashboards.look(looks())) == Dashboard([], [], [], [], [], [], [], [], nothing_yet=True)
    await jobs.insert(a_job(id="job-2", requester="U0BEN", origin=ELSEWHERE, state="succeeded"))
    assert not (await dashboards.look(looks())).nothing_yet


async def test_guests_look_at_nothing(dashboards: Dashboards) -> None:
    with pytest.raises(Denied):
        await dashboards.look(looks(msgspec.structs.replace(ANA, guest=True)))


def _entry(key: str) -> Entry:
    return Entry(key, NOW, "U0ANA", "add example", "col-1", CHANNEL)
