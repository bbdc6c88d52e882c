"""The processes for work on training files, as real ones."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from pathlib import Path

import process_work
import pytest
from refusal import refused

from bot.errors import Invalid
from bot.worker_processes import SMALL, Lane, Lanes
from training_files import TrainingFileError


@pytest.fixture
async def lanes() -> AsyncIterator[Lanes]:
    made = Lanes()
    yield made
    made.close()


async def test_work_is_done_in_another_process_that_is_kept(lanes: Lanes) -> None:
    first = await lanes.run(process_work.pid)
    assert first != process_work.pid()
    assert await lanes.run(process_work.pid) == first
    assert await lanes.run(process_work.add, 2, other=3) == 5


async def test_a_process_that_is_warm_takes_the_work(lanes: Lanes) -> None:
    lanes.warm(Lane.REPORT)
    lanes.warm(Lane.REPORT)
    pid = await lanes.run(process_work.pid, lane=Lane.REPORT)
    lanes.warm(Lane.REPORT)
    assert await lanes.run(process_work.pid, lane=Lane.REPORT) == pid
    assert list(lanes.processes()) == [Lane.REPORT]


async def test_a_process_that_is_being_started_does_not_outlive_the_end() -> None:
    others = set(multiprocessing.active_children())  # those that end-to-end tests in this process share
    for pause in (0.0, 0.001, 0.003, 0.01, 0.03, 0.1):
        made = Lanes()
        made.warm(Lane.REPORT)
        await asyncio.sleep(pause)
        made.close()
        made._threads.shutdown(wait=True)
        for child in set(multiprocessing.active_children()) - others:
            await asyncio.to_thread(child.join, 60)
            assert child.exitcode is not None


async def test_what_the_work_raises_is_raised_here_and_the_process_lives(lanes: Lanes) -> None:
    before = await lanes.run(process_work.pid)
    with refused("no such file"):
        await lanes.run(process_work.fail, TrainingFileError("no such file"))
    with pytest.raises(OSError, match="disk"):
        await lanes.run(process_work.fail, OSError("disk"))
    with pytest.raises(Invalid):
        await lanes.run(process_work.fail, Invalid("not this"))
    with pytest.raises(RuntimeError):
        await lanes.run(process_work.unspeakable)
    assert await lanes.run(process_work.pid) == before


async def test_what_it_has_so_far_arrives_in_order_before_the_end(lanes: Lanes) -> None:
    seen: list[int] = []
    assert await lanes.run(process_work.count, 5, on_partial=seen.append) == "done"
    assert seen == [0, 1, 2, 3, 4]


async def test_each_lane_has_its_process_and_none_waits_for_another(lanes: Lanes, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    long = asyncio.create_task(lanes.run(process_work.wait_for, gate, lane=Lane.REPORT))
    second = asyncio.create_task(lanes.run(process_work.wait_for, gate, lane=Lane.SECOND))
    quick = await lanes.run(process_work.pid)
    assert not long.done()
    assert not second.done()
    gate.touch()
    assert len({quick, await long, await second}) == 3


async def test_work_in_one_lane_is_done_one_after_the_other(lanes: Lanes, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first = asyncio.create_task(lanes.run(process_work.wait_for, gate))
    after = asyncio.create_task(lanes.run(process_work.pid))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(after), 0.5)
    gate.touch()
    assert await first == await after


async def test_only_what_people_wait_for_has_the_usual_priority(lanes: Lanes) -> None:
    usual = process_work.priority()
    assert await lanes.run(process_work.priority) == usual
    assert await lanes.run(process_work.priority, lane=Lane.SECOND) > usual


async def test_work_whose_process_died_is_done_again_and_given_up_when_it_dies_again(
    lanes: Lanes, tmp_path: Path
) -> None:
    assert await lanes.run(process_work.die, 1, tmp_path / "once") == "alive"
    with pytest.raises(TrainingFileError, match="stopped_twice"):
        await lanes.run(process_work.die, 9, tmp_path / "always")
    assert await lanes.run(process_work.add, 1, 1) == 2


async def test_work_that_takes_too_long_is_stopped_and_the_next_goes_on(lanes: Lanes, tmp_path: Path) -> None:
    await lanes.run(process_work.pid)
    with pytest.raises(TrainingFileError, match="took_too_long"):
        await lanes.run(process_work.wait_for, tmp_path / "never", seconds=0.3)
    assert await lanes.run(process_work.add, 1, 1) == 2


async def test_work_that_nobody_waits_for_any_more_is_stopped(lanes: Lanes, tmp_path: Path) -> None:
    busy = await lanes.run(process_work.pid)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lanes.run(process_work.wait_for, tmp_path / "never"), 0.2)
    assert await lanes.run(process_work.pid) != busy


def test_small_files_go_the_quick_way_and_large_ones_their_own() -> None:
    assert Lane.of_report(SMALL) == Lane.of_work(SMALL) == Lane.QUICK
    assert Lane.of_report(SMALL + 1) == Lane.REPORT
    assert Lane.of_work(SMALL + 1) == Lane.LARGE
