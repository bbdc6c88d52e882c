"""Whose turn is next. Time is a number here, and a thousand jobs take no time."""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.jobs.fairness import AGEING, LATELY, Group, Waiting, in_order

A, B = ("bot", "C1"), ("bot", "C2")
NOBODY: dict[Group, float] = {}


def names(jobs: Iterable[Waiting], used: dict[Group, float] = NOBODY, at: float = 100.0) -> list[str]:
    return [job.id for job in in_order(list(jobs), used, at)]


def test_equals_come_in_the_order_in_which_they_came() -> None:
    assert names(Waiting(id, since, A) for id, since in (("2", 20), ("1", 10), ("3", 30))) == ["1", "2", "3"]


def test_a_higher_priority_comes_first() -> None:
    jobs = [Waiting("low", 1, A, 0), Waiting("normal", 2, A, 1), Waiting("high", 3, A, 2)]
    assert names(jobs) == ["high", "normal", "low"]


def test_who_has_used_less_lately_comes_first() -> None:
    jobs = [Waiting("busy", 1, A), Waiting("idle", 2, B)]
    assert names(jobs, {A: 60.0}) == ["idle", "busy"]


def test_a_key_shares_with_other_keys_whatever_channels_it_speaks_for() -> None:
    jobs = [Waiting("bot", 1, ("bot", "C3")), Waiting("script", 2, ("script", ""))]
    assert names(jobs, {A: 60.0}) == ["script", "bot"]


def test_a_channel_with_many_jobs_does_not_stand_before_one_with_a_few() -> None:
    many = [Waiting(f"many-{number}", number, A) for number in range(5)]
    assert names([*many, Waiting("few", 50, B)])[:3] == ["many-0", "few", "many-1"]


def test_a_job_for_several_devices_counts_for_as_many() -> None:
    jobs = [Waiting("large", 1, A, devices=4), Waiting("next", 2, A), *(Waiting(str(n), 3 + n, B) for n in range(5))]
    assert names(jobs).index("next") == 5


waiting_jobs = st.lists(
    st.builds(
        Waiting,
        id=st.uuids().map(str),
        since=st.floats(0, 10 * LATELY),
        group=st.tuples(st.sampled_from("kl"), st.sampled_from("cde")),
        priority=st.integers(0, 2),
        devices=st.integers(1, 8),
    ),
    max_size=30,
    unique_by=lambda job: job.id,
)
usage = st.dictionaries(st.tuples(st.sampled_from("kl"), st.sampled_from("cde")), st.floats(0, 1e6))


@given(waiting_jobs, usage)
def test_each_job_has_one_place_and_nobody_passes_who_came_long_before(
    jobs: list[Waiting], used: dict[Group, float]
) -> None:
    order = in_order(jobs, used, 10.0 * LATELY)
    assert sorted(job.id for job in order) == sorted(job.id for job in jobs)
    for place, job in enumerate(order):
        for later in order[place + 1 :]:
            assert job.since - later.since <= 3 * AGEING


@settings(max_examples=25, deadline=None)
@given(waiting_jobs, usage, st.randoms())
def test_the_order_does_not_depend_on_that_of_the_store(
    jobs: list[Waiting], used: dict[Group, float], chance: random.Random
) -> None:
    mixed = chance.sample(jobs, len(jobs))
    assert in_order(jobs, used, 10.0 * LATELY) == in_order(mixed, used, 10.0 * LATELY)


class Done(msgspec.Struct, frozen=True):
    job: Waiting
    began: float
    ended: float


def simulated(jobs: list[Waiting], seconds: dict[str, float], devices: int) -> list[Done]:
    """All of them trained on so many devices, one device each, in the order in which they would have their turns."""
    coming = sorted(jobs, key=lambda job: job.since)
    running: list[tuple[float, str, Done]] = []
    waiting: list[Waiting] = []
    done: list[Done] = []
    at = 0.0
    while coming or waiting or running:
        while coming and coming[0].since <= at:
            waiting.append(coming.pop(0))
        while waiting and len(running) < devices:
            used: dict[Group, float] = defaultdict(float)
            for one in [*done, *(turn for _, _, turn in running)]:
                used[one.job.group] += max(0.0, min(one.ended, at) - max(one.began, at - LATELY))
            job = in_order(waiting, used, at)[0]
            waiting.remove(job)
            turn = Done(job, at, at + seconds[job.id])
            heapq.heappush(running, (turn.ended, job.id, turn))
        at = min([*(ended for ended, _, _ in running[:1]), *(job.since for job in coming[:1])], default=at)
        while running and running[0][0] <= at:
            done.append(heapq.heappop(running)[2])
    return done


def test_a_thousand_jobs_share_four_devices_by_key_and_then_by_channel() -> None:
    chance = random.Random(7)
    # One channel of the bot asks for most of it, another and a script for a tenth each, all at once.
    groups = {("bot", "C1"): 800, ("bot", "C2"): 100, ("script", ""): 100}
    jobs = [
        Waiting(f"{group}-{n}", chance.uniform(0, 60), group) for group, count in groups.items() for n in range(count)
    ]
    seconds = {job.id: chance.uniform(60, 600) for job in jobs}
    done = simulated(jobs, seconds, devices=4)
    assert len(done) == 1000
    # While all three have jobs left, each key has half of the time, and of the bot's half each channel has half.
    until = max(one.began for one in done if one.job.group == ("script", ""))
    had: Counter[Group] = Counter()
    for one in done:
        had[one.job.group] += int(max(0.0, min(one.ended, until) - one.began))
    shares = {group: seconds / had.total() for group, seconds in had.items()}
    assert abs(shares["script", ""] - 0.5) < 0.05, shares
    assert abs(shares["bot", "C1"] - 0.25) < 0.05, shares
    assert abs(shares["bot", "C2"] - 0.25) < 0.05, shares


def test_whoever_asks_seldom_hardly_waits_beside_somebody_who_asks_for_everything() -> None:
    greedy = [Waiting(f"greedy-{n}", 0, A) for n in range(300)]
    seldom = [Waiting(f"seldom-{n}", 1000.0 + 2000 * n, B) for n in range(10)]
    seconds = {job.id: 300.0 for job in [*greedy, *seldom]}
    waits = [one.began - one.job.since for one in simulated([*greedy, *seldom], seconds, 2) if one.job.group == B]
    assert max(waits) <= 300, "the next device that is free is theirs"


def test_low_priority_waits_and_is_not_forgotten() -> None:
    low = Waiting("low", 0, A, 0)
    stream = [Waiting(f"high-{n}", 600.0 * n, B, 2) for n in range(200)]
    seconds = {job.id: 900.0 for job in [low, *stream]}  # more comes than can be done
    (done,) = [one for one in simulated([low, *stream], seconds, 1) if one.job is low]
    assert 2 * AGEING <= done.began <= 4 * AGEING
