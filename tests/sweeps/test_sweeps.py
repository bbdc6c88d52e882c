"""A sweep's jobs are asked for, paid for, approved and stopped as one; each is made once."""

import pytest

from bot.access import Actor, Role
from bot.audit import Entry
from bot.datasets.dataset import Dataset
from bot.errors import Conflict, Denied, NotFound
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.approval import AlreadyDecided
from bot.jobs.job import Origin
from bot.providers.objects import SUBMISSION_KEY
from bot.spending.budget import OverBudget, Scope
from bot.store.database import Database
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from bot.store.spending import SqlBudgetStore
from bot.store.subscriptions import SqlSubscriptions
from bot.sweeps.grid import configurations
from bot.sweeps.progress import SweepProgress
from bot.sweeps.sweep import Sweep
from bot.sweeps.sweeps import SweepRequest, Sweeps
from tests.parts import MODEL
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider
from tests.sweeps.conftest import MakeSweeps

HERE = Origin("T0ACME", "C0TRAINING", False, "1700000000.000100")
BEN = Actor("U0BEN", "T0ACME", Role.APPROVER)
WORDS = {"model": MODEL, "epochs": "1,2,3", "lr": "0.5,1"}


def wanted(dataset: Dataset, words: dict[str, str] = WORDS) -> SweepRequest:
    return SweepRequest(configurations(words, "command/1"), dataset)


async def started(sweeps: Sweeps, request: SweepRequest) -> Sweep:
    return await sweeps.start(a_caller(), request, HERE, "command/1")


async def told(database: Database) -> list[str]:
    """What is to be said, without whose it is."""
    rows = await database.read(lambda db: db.execute("SELECT id FROM notices ORDER BY seq").fetchall())
    return [row[0].partition("/")[2] for row in rows]


async def test_every_configuration_becomes_a_job_with_its_own_id_name_and_seed(
    make_sweeps: MakeSweeps, dataset: Dataset, stand_in: StandInProvider, sweep_store: SqlGroupStore
) -> None:
    sweeps, _, submitter = make_sweeps()
    sweep = await started(sweeps, wanted(dataset))
    await submitter.settled()
    jobs = await sweep_store.jobs(sweep)
    created = stand_in.jobs.values()
    assert len(created) == len(jobs) == 6
    assert {job["metadata"][SUBMISSION_KEY] for job in created} == {job.id for job in jobs}
    assert [job.suffix for job in jobs] == [f"train-{number}" for number in range(1, 7)]
    assert len({job.seed for job in jobs}) == 6
    assert {job.group for job in jobs} == {sweep.id}
    assert len(stand_in.files) == 1


async def test_a_second_sweep_of_a_file_goes_on_counting_so_that_no_two_jobs_share_a_name(
    make_sweeps: MakeSweeps, dataset: Dataset, sweep_store: SqlGroupStore
) -> None:
    sweeps, _, submitter = make_sweeps()
    await started(sweeps, wanted(dataset))
    second = await sweeps.start(a_caller(), wanted(dataset, {**WORDS, "epochs": "7,8"}), HERE, "command/2")
    await submitter.close()
    suffixes = [job.suffix for job in await sweep_store.jobs(second)]
    assert suffixes == [f"train-{number}" for number in range(7, 7 + len(suffixes))]


async def test_the_same_act_makes_one_sweep_also_after_a_crash_in_the_middle_of_it(
    make_sweeps: MakeSweeps, dataset: Dataset, stand_in: StandInProvider, jobs: SqlJobStore
) -> None:
    before, _, dying = make_sweeps()
    first = await started(before, wanted(dataset))
    await dying.close()
    after, _, submitter = make_sweeps()
    await submitter.recover()
    assert await started(after, wanted(dataset)) == first
    await submitter.settled()
    assert len(stand_in.jobs) == len(await jobs.latest(20)) == 6


async def test_what_is_being_trained_already_is_not_trained_again_within_a_sweep(
    make_sweeps: MakeSweeps, dataset: Dataset, jobs: SqlJobStore
) -> None:
    sweeps, _, submitter = make_sweeps()
    await started(sweeps, wanted(dataset))
    with pytest.raises(Conflict, match="same_job"):
        await sweeps.start(a_caller(BEN), wanted(dataset), HERE, "command/2")
    await submitter.close()
    assert len(await jobs.latest(20)) == 6


async def test_over_a_budget_together_none_of_them_is_stored(
    make_sweeps: MakeSweeps, dataset: Dataset, jobs: SqlJobStore, database: Database
) -> None:
    sweeps, _, _ = make_sweeps()
    plan = await sweeps.plan(a_caller(), wanted(dataset))
    assert plan.usd is not None
    dearest = max(job.estimated_cost or 0 for job in plan.jobs)
    entry = Entry("k", 1.0, "U0BEN", "set budget", "", "")
    await SqlBudgetStore(database).set_budget(Scope.WORKSPACE, "", (plan.usd + dearest) / 2, entry)
    assert isinstance((await sweeps.plan(a_caller(), wanted(dataset))).refused, OverBudget)
    with pytest.raises(OverBudget) as refused:
        await started(sweeps, wanted(dataset))
    assert refused.value.values["usd"] == pytest.approx(plan.usd)
    assert await jobs.latest(20) == []


async def test_one_approval_lets_all_of_them_go_on_and_is_asked_for_by_the_whole_price(
    make_sweeps: MakeSweeps,
    dataset: Dataset,
    stand_in: StandInProvider,
    sweep_store: SqlGroupStore,
    database: Database,
) -> None:
    planned = await make_sweeps()[0].plan(a_caller(), wanted(dataset))
    dearest = max(job.estimated_cost or 0 for job in planned.jobs)
    # No single job is above it.
    sweeps, approvals, submitter = make_sweeps(Rules(approval_above=dearest * 1.5, deciders=("U0BEN",)))
    sweep = await started(sweeps, wanted(dataset))
    await submitter.settled()
    assert {job.state for job in await sweep_store.jobs(sweep)} == {states.AWAITING_APPROVAL}
    assert not stand_in.jobs
    with pytest.raises(Denied, match="only_approvers"):
        await approvals.approve(a_caller(), sweep.id)
    await approvals.approve(a_caller(BEN, key="press/1"), sweep.id)
    assert states.AWAITING_APPROVAL not in {job.state for job in await sweep_store.jobs(sweep)}
    with pytest.raises(AlreadyDecided):
        await approvals.approve(a_caller(BEN, key="press/2"), sweep.id)
    assert await approvals.approve(a_caller(BEN, key="press/1", is_retry=True), sweep.id)
    assert await told(database) == ["approval", "approved"]
    await submitter.close()


async def test_a_sweep_that_is_declined_ends_as_a_whole_with_the_reason(
    make_sweeps: MakeSweeps, dataset: Dataset, stand_in: StandInProvider, sweep_store: SqlGroupStore
) -> None:
    sweeps, approvals, _ = make_sweeps(Rules(approval_above=0, deciders=("U0BEN",)))
    sweep = await started(sweeps, wanted(dataset))
    await approvals.decline(a_caller(BEN), sweep.id, "Too dear")
    ended = await sweep_store.jobs(sweep)
    assert {(job.state, job.approval.reason if job.approval else "") for job in ended} == {("cancelled", "Too dear")}
    assert not stand_in.jobs


async def test_as_many_begin_as_there_is_room_for_and_the_others_line_up(
    make_sweeps: MakeSweeps, dataset: Dataset, sweep_store: SqlGroupStore, database: Database
) -> None:
    sweeps, _, submitter = make_sweeps(Rules(most_running=2))
    sweep = await started(sweeps, wanted(dataset))
    waiting = [job for job in await sweep_store.jobs(sweep) if job.state == states.IN_LINE]
    assert [job.queue_place and (job.queue_place.place, job.queue_place.length) for job in waiting] == [
        (number, 4) for number in range(1, 5)
    ]
    await submitter.settled()
    # The table shows it: nobody is told four times over.
    assert await told(database) == []


async def test_what_is_left_is_stopped_by_its_owner_only(
    make_sweeps: MakeSweeps, dataset: Dataset, stand_in: StandInProvider, sweep_store: SqlGroupStore
) -> None:
    sweeps, _, submitter = make_sweeps(Rules(most_running=2))
    sweep = await started(sweeps, wanted(dataset))
    await submitter.settled()
    with pytest.raises(Denied, match="only_owner"):
        await sweeps.stop(a_caller(BEN), sweep.id)
    stopped, refused = await sweeps.stop(a_caller(), sweep.id)
    assert (stopped, refused) == (6, [])
    assert {job.state for job in await sweep_store.jobs(sweep)} == {states.CANCELLED}
    assert {job["status"] for job in stand_in.jobs.values()} == {"cancelled"}


@pytest.mark.parametrize("private", [False, True])
async def test_its_end_is_told_once_and_elsewhere_only_where_it_was_public(
    make_sweeps: MakeSweeps,
    dataset: Dataset,
    jobs: SqlJobStore,
    sweep_store: SqlGroupStore,
    database: Database,
    private: bool,
) -> None:
    sweeps, _, _ = make_sweeps(Rules(most_running=0))
    for channel in ("C0ALL", "C0SUBSCRIBED"):
        entry = Entry(channel, 1.0, "U0BEN", "subscribe", channel, channel)
        await SqlSubscriptions(database).add(channel, entry)
    sweep = await sweeps.start(a_caller(), wanted(dataset), Origin("T0ACME", "C0TRAINING", private), "command/1")
    progress = SweepProgress(sweep_store, jobs, notices_channel="C0ALL")
    assert await progress.look(sweep)
    assert await told(database) == []
    await sweeps.stop(a_caller(), sweep.id)
    assert await progress.look(sweep)
    late = Entry("late", 2.0, "U0BEN", "subscribe", "C0LATE", "C0LATE")
    await SqlSubscriptions(database).add("C0LATE", late)
    assert await progress.look(sweep)
    ended = [one for one in await told(database) if one.startswith("ended")]
    assert ended == ["ended", *([] if private else ["ended/elsewhere", "ended/elsewhere/C0SUBSCRIBED"])]


async def test_a_sweep_of_a_private_channel_is_not_known_elsewhere(make_sweeps: MakeSweeps, dataset: Dataset) -> None:
    sweeps, _, submitter = make_sweeps()
    private = Origin("T0ACME", "C0TRAINING", True)
    sweep = await sweeps.start(a_caller(), wanted(dataset), private, "command/1")
    await submitter.close()
    with pytest.raises(NotFound, match="no_such_thing"):
        await sweeps.get(a_caller(BEN, channel="C0OTHER"), sweep.id)


async def test_the_cards_of_its_jobs_wait_for_its_own_unless_that_was_given_up(
    make_sweeps: MakeSweeps, dataset: Dataset, database: Database
) -> None:
    sweeps, _, submitter = make_sweeps()
    sweep = await started(sweeps, wanted(dataset))
    await submitter.settled()
    cards = SqlCardStore(database)
    assert [card.job_id for card in await cards.dirty(50)] == [sweep.id]
    await cards.abandon(sweep.id)
    assert {card.job_id for card in await cards.dirty(50)} == {member.job_id for member in sweep.members}
