from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bot.errors import Conflict
from bot.jobs.estimate import spend_of
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Text
from bot.providers.protocol import Checkpoint, Hyperparameters, JobError, Metrics
from bot.spending.budget import Used, used
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from tests.parts import a_job, a_notice, event, followed_job, measured
from tests.store_reading import all_notices


def into(**fields: Any) -> Callable[[Job], JobUpdate]:
    return lambda stored: JobUpdate(msgspec.structs.replace(stored, **fields))


async def test_a_job_comes_back_as_it_was_stored(jobs: SqlJobStore) -> None:
    job = a_job(
        state="failed",
        origin=Origin("T0ACME", "C0TRAINING", True, "1.1"),
        hyperparameters=Hyperparameters(3, "auto", 1.8),
        error=JobError("server_error", "ünïcode 🙂 <!channel>", "training_file"),
        latest=Metrics(3, train_loss=0.5),
        result_files=("file-1",),
    )
    assert await jobs.insert(job)
    assert await jobs.get(job.id) == job


async def test_a_job_is_found_by_any_of_its_names(jobs: SqlJobStore) -> None:
    job = followed_job("ftjob-abc", state="succeeded", fine_tuned_model="ft:model:acme::abc")
    await jobs.insert(job)
    for word in ("job-1", "ftjob-abc", "ft:model:acme::abc"):
        assert await jobs.find(word) == job
    assert await jobs.find("nothing") is None


async def test_an_id_is_given_once(jobs: SqlJobStore) -> None:
    assert await jobs.insert(a_job(suffix="first"))
    assert not await jobs.insert(a_job(suffix="second"))
    assert (await jobs.get("job-1") or a_job()).suffix == "first"


async def test_one_job_of_ours_stands_for_one_of_the_providers(jobs: SqlJobStore) -> None:
    await jobs.insert(followed_job("ftjob-abc"))
    assert not await jobs.insert(followed_job("ftjob-abc", id="job-2"))
    await jobs.insert(a_job(id="job-2"))
    with pytest.raises(Conflict, match="followed_already"):
        await jobs.update("job-2", into(provider_job_id="ftjob-abc", state="queued"))
    assert (await jobs.get("job-2") or a_job()).provider_job_id is None
    assert await jobs.insert(followed_job("ftjob-abc", id="job-3", provider="another"))


async def test_a_change_is_made_from_the_job_as_it_is_now(jobs: SqlJobStore) -> None:
    await jobs.insert(followed_job("ftjob-abc"))
    await jobs.update("job-1", into(suffix="set by one"))
    changed = await jobs.update("job-1", into(trained_tokens=5))
    assert changed is not None
    assert (changed.suffix, changed.trained_tokens) == ("set by one", 5)


async def test_a_change_that_the_state_machine_forbids_does_nothing_at_all(
    jobs: SqlJobStore, database: Database
) -> None:
    await jobs.insert(followed_job("ftjob-abc", state="cancelled"))
    notice = a_notice("x", Text("x"), channel="C1")
    forbidden = JobUpdate(followed_job("ftjob-abc", state="running"), events=[event(1)], notices=[notice])
    assert await jobs.update("job-1", lambda _: forbidden) is None
    assert await jobs.event_ids("job-1") == set()
    assert await all_notices(database) == []


async def test_a_change_of_nothing_is_no_change(jobs: SqlJobStore) -> None:
    assert await jobs.update("job-nobody", into()) is None
    await jobs.insert(a_job())
    assert await jobs.update("job-1", lambda _: None) is None


async def test_news_and_what_is_told_of_it_are_stored_together_or_not_at_all(
    jobs: SqlJobStore, database: Database
) -> None:
    await jobs.insert(followed_job("ftjob-abc"))
    notice = a_notice("x", Text("x"), channel="C1")
    unstorable = event(2, created_at=None)
    with pytest.raises(Exception, match=r"(?i)not.null"):
        await jobs.update("job-1", lambda job: JobUpdate(job, events=[event(1), unstorable], notices=[notice]))
    assert await jobs.event_ids("job-1") == set()
    assert await all_notices(database) == []


async def test_events_notices_and_checkpoints_are_stored_once(jobs: SqlJobStore, database: Database) -> None:
    await jobs.insert(followed_job("ftjob-abc"))
    notice = a_notice("x", Text("x"), channel="C1")
    checkpoint = Checkpoint("ftckpt-1", "ft:model:ckpt-step-5", 5, Metrics(5))
    for _ in range(2):
        await jobs.update(
            "job-1", lambda job: JobUpdate(job, events=[event(1)], checkpoints=[checkpoint], notices=[notice])
        )
    assert await jobs.event_ids("job-1") == {"ftevent-1"}
    assert await jobs.checkpoints("job-1") == [checkpoint]
    assert await all_notices(database) == [notice]


async def test_figures_come_back_by_step_and_those_of_one_step_together(jobs: SqlJobStore) -> None:
    await jobs.insert(followed_job("ftjob-abc"))
    later = event(99, metrics=Metrics(2, valid_loss=2.5))
    await jobs.update("job-1", lambda job: JobUpdate(job, events=[measured(10), measured(2), later]))
    assert await jobs.metrics("job-1") == [
        Metrics(2, 10, train_loss=1.5, valid_loss=2.5),
        Metrics(10, 10, train_loss=0.3),
    ]


async def test_a_job_is_followed_while_the_provider_may_have_news(jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(id="job-new", suffix="not handed over"))
    await jobs.insert(followed_job("ftjob-1", id="job-a"))
    await jobs.insert(followed_job("ftjob-2", id="job-b"))
    await jobs.update("job-b", lambda job: JobUpdate(job, followed=False))
    await jobs.insert(followed_job("ftjob-3", id="job-c", provider="another"))
    assert [job.id for job in await jobs.followed("acme")] == ["job-a"]
    assert await jobs.known_jobs("acme") == {"ftjob-1", "ftjob-2"}


async def test_the_latest_jobs_come_first(jobs: SqlJobStore) -> None:
    for number in range(5):
        await jobs.insert(a_job(id=f"job-{number}", created_at=float(number)))
    assert [job.id for job in await jobs.latest(2)] == ["job-4", "job-3"]


async def test_models_are_known_by_the_job_that_made_them(jobs: SqlJobStore) -> None:
    await jobs.insert(followed_job("ftjob-abc", state="succeeded", fine_tuned_model="ft:final"))
    await jobs.update("job-1", lambda job: JobUpdate(job, checkpoints=[Checkpoint("c1", "ft:final:ckpt-step-5", 5)]))
    models = await jobs.models()
    assert {name: job.id for name, job in models.items()} == {"ft:final": "job-1", "ft:final:ckpt-step-5": "job-1"}


async def test_a_file_in_use_is_known(jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(id="job-a", training_file="file-1"))
    await jobs.insert(a_job(id="job-b", validation_file="file-1"))
    await jobs.insert(a_job(id="job-c", training_file="file-1", state="succeeded"))
    assert {job.id for job in await jobs.uses_file("acme", "file-1")} == {"job-a", "job-b"}


async def test_the_providers_file_of_a_content_is_remembered_for_each_provider(jobs: SqlJobStore) -> None:
    await jobs.set_provider_file("acme", "hash", "file-1")
    await jobs.set_provider_file("acme", "hash", "file-2")
    assert await jobs.provider_file("acme", "hash") == "file-2"
    assert await jobs.provider_file("another", "hash") is None
    await jobs.set_provider_file("acme", "hash", None)
    assert await jobs.provider_file("acme", "hash") is None


async def test_a_twin_with_a_seed_of_its_own_is_none(jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(id="job-a", seed=5))
    for twin in (a_job(id="job-b"), a_job(id="job-b", seed=5)):
        with pytest.raises(Conflict) as refused:
            await jobs.admit(twin, lambda _, twin=twin: JobUpdate(twin))  # type: ignore[misc]
        assert refused.value.values["job"] == "job-a"
    assert await jobs.admit(a_job(id="job-b", seed=6), lambda _: JobUpdate(a_job(id="job-b", seed=6))) is not None


async def test_each_job_has_a_card_to_be_shown(jobs: SqlJobStore, database: Database) -> None:
    await jobs.insert(a_job())
    (card,) = await SqlCardStore(database).dirty(10)
    assert (card.job_id, card.channel, card.ts) == ("job-1", "C0TRAINING", None)


async def test_what_happened_before_comes_with_an_adopted_job(jobs: SqlJobStore) -> None:
    job = followed_job("ftjob-abc", state="succeeded")
    await jobs.insert(job, JobUpdate(job, events=[measured(1)], followed=False))
    assert len(await jobs.metrics("job-1")) == 1
    assert await jobs.followed("acme") == []


JUNE, JULY = 1_750_000_000.0, 1_752_000_000.0  # 15 June and 8 July 2025


async def test_a_month_is_summed_up_as_its_jobs_one_by_one_would_be(jobs: SqlJobStore) -> None:
    ran = {"state": "succeeded", "base_model": "gpt-4.1-mini-2025-04-14", "trained_tokens": 2_000_000}
    of_june = [
        a_job(id="a", estimated_cost=2.0, created_at=JUNE),
        a_job(id="b", estimated_cost=3.0, created_at=JUNE, dataset_id="ds-2"),
        a_job(id="c", estimated_cost=None, created_at=JUNE, dataset_id="ds-3"),
        followed_job("ftjob-d", id="d", created_at=JUNE, estimated_cost=1.0, **ran),
        followed_job("ftjob-e", id="e", created_at=JUNE, estimated_cost=9.0, state="failed", requester="U0BEN"),
        followed_job("ftjob-f", id="f", created_at=JUNE, **{**ran, "base_model": "of-nobody"}),
    ]
    for job in (*of_june, a_job(id="later", estimated_cost=50.0, created_at=JULY, dataset_id="ds-4")):
        assert await jobs.insert(job)
    summed = await jobs.spends_of_month(JUNE)
    one_by_one = used(map(spend_of, of_june))
    assert used(summed) == one_by_one
    assert (one_by_one.promised, one_by_one.jobs, one_by_one.unknown) == (5.0, 6, 2)
    assert used(one for one in summed if one.person == "U0BEN") == Used(jobs=1)
    await jobs.update("b", into(state="failed", started_at=None))
    assert used(await jobs.spends_of_month(JUNE)).promised == 2.0


async def test_jobs_of_an_earlier_version_count_as_much_as_before(jobs: SqlJobStore, database: Database) -> None:
    await jobs.insert(a_job(id="old", estimated_cost=2.0, created_at=JUNE))
    await jobs.insert(a_job(id="new", estimated_cost=3.0, created_at=JUNE, dataset_id="ds-2"))
    await database.write(lambda db: db.execute("UPDATE jobs SET counted_usd = -1 WHERE id = 'old'"))
    assert used(await jobs.spends_of_month(JUNE)) == Used(5.0, 5.0, 2)
