"""Following jobs at a provider over a real socket, by a clock that the test sets."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from bot.jobs.explanations import Cause, cause_of
from bot.jobs.follow import Follower
from bot.jobs.notice import CheckpointMade, Ended, ProviderBack, ProviderSaid, ProviderSilent, Started, Stuck
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from tests.following import JOBS, POLL, Clock, Make, follow, look, route, stored, told
from tests.parts import CHANNEL, followed_job
from tests.stand_in_provider import StandInProvider
from tests.store_reading import all_notices


async def test_a_job_is_followed_from_its_start_to_its_end(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    await look(follower, clock)
    stand_in.run(theirs, steps=4)
    await look(follower, clock)
    assert (await stored(jobs)).state == "running"
    stand_in.run(theirs, steps=6)
    model = stand_in.succeed(theirs)
    await look(follower, clock)
    job = await stored(jobs)
    assert (job.state, job.fine_tuned_model, job.trained_tokens) == ("succeeded", model, 4321)
    assert [m.step for m in await jobs.metrics("job-1")] == list(range(1, 11))
    assert [c.model for c in await jobs.checkpoints("job-1")] == [model]
    assert await told(database) == [Started, CheckpointMade, Ended] + [type(n.body) for n in await elsewhere(database)]


async def elsewhere(database: Database) -> list[Any]:
    return [notice for notice in await all_notices(database) if notice.channel != CHANNEL]


@pytest.mark.parametrize("newest_first", [True, False], ids=["newest first", "oldest first"])
async def test_events_are_read_over_all_pages_whichever_end_comes_first(
    follower: Follower,
    jobs: SqlJobStore,
    stand_in: StandInProvider,
    theirs: str,
    clock: Clock,
    newest_first: bool,
) -> None:
    stand_in.newest_first = newest_first
    stand_in.run(theirs, steps=250, total=600)
    in_time(stand_in, theirs)
    await look(follower, clock)
    assert len(await jobs.metrics("job-1")) == 250
    stand_in.run(theirs, steps=150, total=600)
    in_time(stand_in, theirs)
    await look(follower, clock)
    assert len(await jobs.metrics("job-1")) == 400
    latest = (await stored(jobs)).latest
    assert latest is not None
    assert latest.step == 400


def in_time(stand_in: StandInProvider, provider_job_id: str) -> None:
    """Each event a second after the one before."""
    for number, event in enumerate(stand_in.events[provider_job_id]):
        event["created_at"] = 1_700_000_000 + number


async def test_of_newest_first_events_only_the_news_is_read(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.run(theirs, steps=350, total=600)
    in_time(stand_in, theirs)
    await look(follower, clock)
    stand_in.requests.clear()
    stand_in.run(theirs, steps=1, total=600)
    in_time(stand_in, theirs)
    await look(follower, clock)
    assert stand_in.requests.count(route(theirs, "/events")) == 1


async def test_events_are_read_once_more_after_the_end(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    stand_in.run(theirs, steps=2)
    stand_in.succeed(theirs)
    await look(follower, clock)
    assert await jobs.followed("acme") != []
    late = stand_in.add_event(theirs, "Two examples were left out", level="warn")
    await look(follower, clock)
    assert late not in await jobs.event_ids("job-1")
    await look(follower, clock)
    assert late in await jobs.event_ids("job-1")
    assert (await told(database))[-1] is ProviderSaid
    assert await jobs.followed("acme") == []
    stand_in.requests.clear()
    await look(follower, clock, 100)
    assert stand_in.requests == []


async def test_a_restart_right_after_the_end_misses_no_late_event(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.run(theirs, steps=2)
    stand_in.succeed(theirs)
    await look(make(), clock)
    again = make()
    await look(again, clock, 0.1)
    assert await jobs.followed("acme") != []
    late = stand_in.add_event(theirs, "One more thing")
    await look(again, clock, 2 * POLL)
    assert late in await jobs.event_ids("job-1")


async def test_a_job_that_failed_is_shown_with_its_error(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    stand_in.fail(theirs, "invalid_n_examples", "Training file has 7 example(s), but must have at least 10.")
    await look(follower, clock)
    job = await stored(jobs)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error.code, job.error.param) == ("invalid_n_examples", "training_file")
    assert (await told(database))[0] is Ended


async def test_a_running_job_is_asked_for_at_its_pace_and_a_long_queued_one_less_often(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    clock.now = stand_in.jobs[theirs]["created_at"] + 3600
    await follower.tick()
    for _ in range(30):
        await look(follower, clock, 1)
    assert stand_in.requests.count(route(theirs)) == 1 + 3
    stand_in.run(theirs)
    await look(follower, clock, 2 * POLL)
    stand_in.requests.clear()
    for _ in range(30):
        await look(follower, clock, 1)
    assert stand_in.requests.count(route(theirs)) == 6


async def test_a_queued_job_costs_no_reading_of_events(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    for _ in range(10):
        await look(follower, clock)
    assert route(theirs, "/events") not in stand_in.requests


async def test_many_running_jobs_have_their_states_seen_at_once_and_their_figures_within_a_minute(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, clock: Clock
) -> None:
    theirs = [await follow(stand_in, jobs, f"job-{number}", state="running") for number in range(120)]
    for provider_job_id in theirs:
        stand_in.run(provider_job_id, steps=1)
    for _ in range(60):
        await look(follower, clock, 1)
    stand_in.requests.clear()
    for provider_job_id in theirs:
        stand_in.run(provider_job_id, steps=1)
    for _ in range(60):
        await look(follower, clock, 1)
    assert all([len(await jobs.metrics(f"job-{number}")) == 2 for number in range(120)])
    assert sum(each.endswith("/events") for each in stand_in.requests) <= 2 * 120
    assert stand_in.requests.count(JOBS) == 24
    stand_in.fail(theirs[60], "server_error", "Oh.")
    await look(follower, clock, POLL)
    assert (await stored(jobs, "job-60")).state == "failed"


async def test_jobs_are_looked_at_one_after_another_so_that_people_are_answered_in_between(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins: list[float] = []
    wait = asyncio.sleep

    async def noted(seconds: float) -> None:
        """When each look is to begin, and not when a busy machine lets it."""
        begins.append(asyncio.get_running_loop().time() + seconds)
        await wait(0)

    for number in range(5):
        stand_in.run(await follow(stand_in, jobs, our_id=f"job-{number}"), steps=1)
    monkeypatch.setattr("bot.jobs.follow.asyncio.sleep", noted)
    await look(follower, clock)
    assert len(begins) == 5
    assert min(later - earlier for earlier, later in pairwise(begins)) > 0.01


async def test_what_ended_among_others_costs_two_calls_of_its_own_at_the_end_and_one_after_it(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    """Its events and checkpoints, and once more its events; its state comes with those of the others."""
    for number in range(2, 4):
        stand_in.run(await follow(stand_in, jobs, f"job-{number}"), steps=1)
    stand_in.run(theirs, steps=1)
    await look(follower, clock)
    stand_in.succeed(theirs)
    stand_in.requests.clear()
    for _ in range(30):
        await look(follower, clock, 1)
    mine = [each for each in stand_in.requests if theirs in each]
    assert mine == [route(theirs, "/events"), route(theirs, "/checkpoints"), route(theirs, "/events")]
    assert [job.id for job in await jobs.followed("acme")] == ["job-2", "job-3"]


async def test_a_hint_makes_a_job_due_at_once(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    await follow(stand_in, jobs, "job-2")
    await look(follower, clock)
    stand_in.succeed(theirs)
    follower.hint(theirs)
    follower.hint(theirs)
    follower.hint("ftjob-of-nobody")
    await look(follower, clock, 0.1)
    assert (await stored(jobs)).state == "succeeded"


async def test_a_process_that_does_not_lead_looks_at_what_it_is_told_of_and_leaves_the_rest(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    leader, reached = make(), make()
    await look(leader, clock)
    other = await follow(stand_in, jobs, "job-2")
    model = stand_in.succeed(theirs)
    stand_in.succeed(other)
    stand_in.requests.clear()
    await reached.look_at_hinted()
    assert stand_in.requests == []
    reached.hint(theirs)
    reached.hint("ftjob-of-nobody")
    await reached.look_at_hinted()
    job, second = await stored(jobs), await stored(jobs, "job-2")
    assert (job.state, job.fine_tuned_model, second.state) == ("succeeded", model, "queued")
    for _ in range(4):
        await look(leader, clock)
    assert (await told(database)).count(Ended) == 2


async def test_a_provider_that_is_away_when_a_hint_comes_is_no_fault_of_the_process(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str
) -> None:
    reached = make()
    reached.hint(theirs)
    stand_in.fault(route(theirs), times=10_000, status=500)
    await reached.look_at_hinted()
    assert (await stored(jobs)).state == "queued"


async def test_a_hint_of_an_end_that_was_seen_already_does_not_hasten_the_last_look(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.succeed(theirs)
    await look(follower, clock)
    follower.hint(theirs)
    await look(follower, clock, 0.1)
    late = stand_in.add_event(theirs, "One more thing")
    await look(follower, clock, 2 * POLL)
    assert late in await jobs.event_ids("job-1")


async def test_what_came_late_and_deep_among_the_events_is_read_at_the_end(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.run(theirs, steps=250, total=600)
    in_time(stand_in, theirs)
    await look(follower, clock)
    late = stand_in.add_event(theirs, "Two examples were left out", level="warn")
    events = stand_in.events[theirs]
    events.insert(10, events.pop())
    in_time(stand_in, theirs)
    await look(follower, clock)
    assert late not in await jobs.event_ids("job-1")
    stand_in.succeed(theirs)
    await look(follower, clock)
    assert late in await jobs.event_ids("job-1")


# Jobs that are quiet


async def test_a_job_that_is_quiet_for_too_long_is_called_stuck_once(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    follower = make()
    stand_in.run(theirs, steps=3)
    await look(follower, clock)
    await look(follower, clock, 3500)
    assert Stuck not in await told(database)
    for again in (follower, follower, make()):
        await look(again, clock, 200)
    (notice,) = [notice for notice in await all_notices(database) if isinstance(notice.body, Stuck)]
    assert notice.body.hours == 1
    assert (await stored(jobs)).stuck
    # It goes on, and stops again.
    stand_in.run(theirs, steps=1)
    await look(follower, clock)
    assert not (await stored(jobs)).stuck
    await look(follower, clock, 4000)
    await look(follower, clock)
    assert (await told(database)).count(Stuck) == 2


async def test_silence_means_nothing_while_a_job_is_paused(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    stand_in.jobs[theirs]["status"] = "paused"
    for _ in range(10):
        await look(follower, clock, 24 * 3600)
    assert Stuck not in await told(database)


async def test_an_unchanged_job_is_not_written_again(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    cards = SqlCardStore(database)
    stand_in.run(theirs, steps=1)
    await look(follower, clock)
    before = await cards.card("job-1")
    await look(follower, clock)
    assert await cards.card("job-1") == before


async def test_many_jobs_cost_one_listing(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, clock: Clock
) -> None:
    for number in range(30):
        await follow(stand_in, jobs, f"job-{number}")
    await look(follower, clock)
    assert stand_in.requests == [JOBS]


async def test_jobs_that_the_listing_does_not_show_are_asked_for_by_name(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    await follow(stand_in, jobs, "job-2")
    stand_in.run(theirs, steps=1)
    stand_in.fault(JOBS, status=200, body='{"object": "list", "data": [], "has_more": false}')
    await look(follower, clock)
    assert route(theirs) in stand_in.requests
    assert (await stored(jobs)).state == "running"


# Trouble


async def test_people_hear_once_that_the_provider_is_silent_and_once_that_it_is_back(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    await stand_in.down()
    for _ in range(8):
        await look(follower, clock, 300)
    said = [notice.body for notice in await all_notices(database)]
    assert [type(body) for body in said] == [ProviderSilent]
    assert said[0].refusal is None
    await stand_in.up()
    await look(follower, clock, 300)
    await look(follower, clock, 300)
    said = [notice.body for notice in await all_notices(database)]
    assert [type(body) for body in said] == [ProviderSilent, ProviderBack]


async def test_the_jobs_of_a_sweep_share_a_thread_in_which_a_silence_is_told_once(
    follower: Follower, stand_in: StandInProvider, jobs: SqlJobStore, clock: Clock, database: Database
) -> None:
    for number in (1, 2, 3):
        theirs = stand_in.add_job(training_file="file-1")
        await jobs.insert(followed_job(theirs, id=f"job-{number}", group="sweep-1", created_at=1.0))
    await stand_in.down()
    for _ in range(8):
        await look(follower, clock, 300)
    assert [type(notice.body) for notice in await all_notices(database)] == [ProviderSilent]


async def test_a_restart_does_not_say_again_that_the_provider_is_silent(
    make: Make, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    await stand_in.down()
    for follower in (make(), make(), make()):
        for _ in range(8):
            await look(follower, clock, 300)
    assert await told(database) == [ProviderSilent]
    await stand_in.up()
    await look(make(), clock, 300)
    assert await told(database) == [ProviderSilent, ProviderBack]


async def test_a_provider_that_refuses_the_key_is_not_called_silent(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    stand_in.key = "sk-another"
    for _ in range(6):
        await look(follower, clock, 300)
    (notice,) = await all_notices(database)
    assert isinstance(notice.body, ProviderSilent)
    assert notice.body.refusal is not None
    assert cause_of(notice.body.refusal) is Cause.KEY


async def test_a_silent_provider_is_asked_less_and_less_often(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.fault(route(theirs), times=10_000, status=500)
    for _ in range(3600):
        await look(follower, clock, 1)
    assert stand_in.requests.count(route(theirs)) < 20


async def test_when_a_provider_answered_last_is_known_from_the_first_look_on(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    assert follower.heard_at is None, "a process that does not lead waits for nobody"
    stand_in.fault(route(theirs), times=10_000, status=500)
    await look(follower, clock)
    began = follower.heard_at
    await look(follower, clock, 10)
    assert (follower.heard_at, began) == (began, clock.now - 10)
    stand_in.clear_faults()
    await look(follower, clock, 100)
    assert follower.heard_at == clock.now


async def test_the_pause_stays_bounded_however_long_the_silence(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.fault(route(theirs), times=1100, status=500)
    for _ in range(1100):
        await look(follower, clock, 301)
    stand_in.run(theirs)
    await look(follower, clock, 301)
    assert (await stored(jobs)).state == "running"


async def test_a_provider_that_asks_to_wait_is_left_alone_for_that_long(
    follower: Follower, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.fault(route(theirs), status=429, headers={"Retry-After": "120"})
    await look(follower, clock)
    asked = len(stand_in.requests)
    await look(follower, clock, 119)
    assert len(stand_in.requests) == asked
    await look(follower, clock, 1)
    assert len(stand_in.requests) > asked


async def test_trouble_with_one_job_does_not_hold_up_the_others(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    other = await follow(stand_in, jobs, "job-2")
    stand_in.fault(route(theirs, "/events"), times=1000, status=500)
    for provider_job_id in (theirs, other):
        stand_in.run(provider_job_id, steps=3)
    for _ in range(10):
        await look(follower, clock)
    assert (await stored(jobs, "job-2")).state == "running"
    assert (await stored(jobs, "job-1")).state == "queued"
    assert stand_in.requests.count(route(theirs, "/events")) < 6
    assert ProviderSilent not in await told(database)


async def test_an_answer_that_makes_no_sense_concerns_that_job_only(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    other = await follow(stand_in, jobs, "job-2")
    stand_in.run(theirs, steps=1)
    stand_in.run(other, steps=1)
    stand_in.events[theirs][0]["id"] = None
    await look(follower, clock)
    await look(follower, clock)
    assert (await stored(jobs, "job-2")).state == "running"


async def test_a_job_that_vanished_at_the_provider_has_failed(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock, database: Database
) -> None:
    del stand_in.jobs[theirs]
    await look(follower, clock)
    job = await stored(jobs)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == "job_not_found"
    assert (await told(database))[0] is Ended
    assert await jobs.followed("acme") == []


async def test_a_provider_that_ignores_after_is_not_read_for_ever(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.newest_first = False
    stand_in.run(theirs, steps=1)
    page = '{"object": "list", "has_more": true, "data": [{"id": "ftevent-a", "object": "fine_tuning.job.event",'
    page += '"created_at": 1, "level": "info", "type": "message", "message": "again and again"}]}'
    stand_in.fault(route(theirs, "/events"), times=100, status=200, body=page)
    await look(follower, clock)
    await look(follower, clock)
    assert await jobs.event_ids("job-1") == {"ftevent-a"}
    assert stand_in.requests.count(route(theirs, "/events")) < 6


async def test_a_state_of_the_future_is_followed_on(
    follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.jobs[theirs]["status"] = "reticulating"
    await look(follower, clock)
    assert (await stored(jobs)).state == "reticulating"
    stand_in.run(theirs)
    await look(follower, clock)
    assert (await stored(jobs)).state == "running"
