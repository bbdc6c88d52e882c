"""The processes for work on training files, as real ones."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Invalid
from bot.worker_processes import SMALL, Pool, WorkerPools
from tests import process_work
from tests.refusal import refused
from training_files import TrainingFileError


@pytest.fixture
async def pools() -> AsyncIterator[WorkerPools]:
    made = WorkerPools()
    yield made
    made.close()


async def test_work_is_done_in_another_process_that_is_kept(pools: WorkerPools) -> None:
    first = await pools.run(process_work.pid)
    assert first != process_work.pid()
    assert await pools.run(process_work.pid) == first
    assert await pools.run(process_work.add, 2, other=3) == 5


async def test_a_process_that_is_warm_takes_the_work(pools: WorkerPools) -> None:
    pools.warm(Pool.REPORT)
    pools.warm(Pool.REPORT)
    pid = await pools.run(process_work.pid, pool=Pool.REPORT)
    pools.warm(Pool.REPORT)
    assert await pools.run(process_work.pid, pool=Pool.REPORT) == pid
    assert list(pools.processes()) == [Pool.REPORT]


async def test_a_process_that_is_being_started_does_not_outlive_the_end() -> None:
    others = set(multiprocessing.active_children())  # those that end-to-end tests in this process share
    for pause in (0.0, 0.001, 0.003, 0.01, 0.03, 0.1):
        made = WorkerPools()
        made.warm(Pool.REPORT)
        await asyncio.sleep(pause)
        made.close()
        made._threads.shutdown(wait=True)
        for child in set(multiprocessing.active_children()) - others:
            await asyncio.to_thread(child.join, 60)
            assert child.exitcode is not None


async def test_what_the_work_raises_is_raised_here_and_the_process_lives(pools: WorkerPools) -> None:
    before = await pools.run(process_work.pid)
    with refused("no such file"):
        await pools.run(process_work.fail, TrainingFileError("no such file"))
    with pytest.raises(OSError, match="disk"):
        await pools.run(process_work.fail, OSError("disk"))
    with pytest.raises(Invalid):
        await pools.run(process_work.fail, Invalid("not this"))
    with pytest.raises(RuntimeError):
        await pools.run(process_work.unspeakable)
    assert await pools.run(process_work.pid) == before


async def test_what_it_has_so_far_arrives_in_order_before_the_end(pools: WorkerPools) -> None:
    seen: list[int] = []
    assert await pools.run(process_work.count, 5, on_partial=seen.append) == "done"
    assert seen == [0, 1, 2, 3, 4]


async def test_each_lane_has_its_process_and_none_waits_for_another(pools: WorkerPools, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    long = asyncio.create_task(pools.run(process_work.wait_for, gate, pool=Pool.REPORT))
    second = asyncio.create_task(pools.run(process_work.wait_for, gate, pool=Pool.SECOND))
    quick = await pools.run(process_work.pid)
    assert not long.done()
    assert not second.done()
    gate.touch()
    assert len({quick, await long, await second}) == 3


async def test_work_in_one_lane_is_done_one_after_the_other(pools: WorkerPools, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first = asyncio.create_task(pools.run(process_work.wait_for, gate))
    after = asyncio.create_task(pools.run(process_work.pid))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(after), 0.5)
    gate.touch()
    assert await first == await after


async def test_only_what_people_wait_for_has_the_usual_priority(pools: WorkerPools) -> None:
    usual = process_work.priority()
    assert await pools.run(process_work.priority) == usual
    assert await pools.run(process_work.priority, pool=Pool.SECOND) > usual


async def test_work_whose_process_died_is_done_again_and_given_up_when_it_dies_again(
    pools: WorkerPools, tmp_path: Path
) -> None:
    assert await pools.run(process_work.die, 1, tmp_path / "once") == "alive"
    with pytest.raises(TrainingFileError, match="stopped_twice"):
        await pools.run(process_work.die, 9, tmp_path / "always")
    assert await pools.run(process_work.add, 1, 1) == 2


async def test_work_that_takes_too_long_is_stopped_and_the_next_goes_on(pools: WorkerPools, tmp_path: Path) -> None:
    await pools.run(process_work.pid)
    with pytest.raises(TrainingFileError, match="took_too_long"):
        await pools.run(process_work.wait_for, tmp_path / "never", seconds=0.3)
    assert await pools.run(process_work.add, 1, 1) == 2


async def test_work_that_nobody_waits_for_any_more_is_stopped(pools: WorkerPools, tmp_path: Path) -> None:
    busy = await pools.run(process_work.pid)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pools.run(process_work.wait_for, tmp_path / "never"), 0.2)
    assert await pools.run(process_work.pid) != busy


def test_small_files_go_the_quick_way_and_large_ones_their_own() -> None:
    assert Pool.of_report(SMALL) == Pool.of_work(SMALL) == Pool.QUICK
    assert Pool.of_report(SMALL + 1) == Pool.REPORT
    assert Pool.of_work(SMALL + 1) == Pool.LARGE
