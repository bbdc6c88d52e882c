"""What cannot be done for a fault of ours rests a while, and holds up nothing else."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from functools import partial

from structlog.testing import capture_logs

from bot.backoff import Backoff
from bot.changes import CHANGES, Changes
from bot.notices.interfaces import PostLater
from bot.notices.work_loop import WorkLoop
from tests.parts import until
from tests.simulation.loop import SimulatedLoop, Timeline


async def test_work_that_fails_is_not_tried_again_at_once_and_the_rest_goes_on() -> None:
    done: list[str] = []

    async def broken() -> None:
        done.append("broken")
        raise RuntimeError("the store is locked")

    async def sound() -> None:
        done.append("sound")

    async def due(_busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [("broken", broken), ("sound", sound)]

    rounds = WorkLoop("test", due, every=0.001, last_seconds=0.01)
    task = asyncio.create_task(rounds.run())
    await until(lambda: done.count("sound") > 20)
    assert done.count("broken") == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_pause_grows_with_each_failure_until_the_work_succeeds() -> None:
    outcomes = iter([RuntimeError("a bug"), PostLater("ratelimited", 1), None, RuntimeError("another")])
    asked: list[int] = []

    class Recorded(Backoff):
        def delay(self, failures: int) -> float:
            asked.append(failures)
            return 600 if len(asked) == 3 else 0

    async def work() -> None:
        if (error := next(outcomes)) is not None:
            raise error

    async def due(_busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [("one", work)]

    rounds = WorkLoop("test", due, every=0.001, backoff=Recorded(0), last_seconds=0.01)
    task = asyncio.create_task(rounds.run())
    await until(lambda: len(asked) == 3)
    assert asked == [1, 2, 1]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_of_much_that_is_due_at_once_a_little_is_begun_in_one_go() -> None:
    """What each does is little, but all of it together would keep everything else waiting."""
    begun: list[int] = []

    async def work(number: int) -> None:
        begun.append(number)

    async def due(_busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(str(number), partial(work, number)) for number in range(200)]

    round_ = asyncio.create_task(WorkLoop("test", due, every=0.001, breath=600).round())
    await until(lambda: bool(begun))
    assert len(begun) < 20
    round_.cancel()
    await WorkLoop("test", due, every=0.001, breath=0).round()
    await until(lambda: set(begun) == set(range(200)))


def test_where_nothing_is_due_a_loop_looks_seldom_and_at_once_when_the_store_changes() -> None:
    """In most of a thousand workspaces nothing happens."""
    changes, timeline = Changes(), Timeline()
    looks: list[float] = []

    async def due(_busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        looks.append(timeline.now)
        return []

    async def look_on(seconds: float) -> int:
        before = len(looks)
        await asyncio.sleep(seconds)
        return len(looks) - before

    async def live() -> list[int]:
        CHANGES.set(changes)
        task = asyncio.create_task(WorkLoop("test", due, every=0.5, last_seconds=0.01).run())
        seen = [await look_on(60)]
        changes.tell()
        seen.append(await look_on(0.51))
        await look_on(0.1)
        task.cancel()
        return seen

    loop = SimulatedLoop(timeline)
    seldom, at_once = loop.run_until_complete(loop.create_task(live()))
    loop.close()
    assert seldom <= 8, "and yet twice a minute, for what is due by the clock"
    assert at_once == 1


def test_a_change_during_a_look_is_looked_at() -> None:
    changes, timeline = Changes(), Timeline()
    looks: list[float] = []

    async def due(_busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        looks.append(timeline.now)
        if len(looks) == 1:
            changes.tell()
        return []

    async def live() -> None:
        CHANGES.set(changes)
        task = asyncio.create_task(WorkLoop("test", due, every=0.5, last_seconds=0.01).run())
        await asyncio.sleep(1)
        task.cancel()

    loop = SimulatedLoop(timeline)
    loop.run_until_complete(loop.create_task(live()))
    loop.close()
    assert looks == [0, 0.5]


async def test_what_goes_wrong_elsewhere_is_no_bug_also_where_several_things_are_done_at_a_time() -> None:
    async def both(*errors: Exception) -> None:
        raise ExceptionGroup("of a task group", errors)

    async def due(_busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        away, bug = PostLater("ratelimited", 1), RuntimeError("a bug")
        return [("away", partial(both, away, away)), ("bug", partial(both, away, bug))]

    with capture_logs() as logs:
        await WorkLoop("test", due, every=1, backoff=Backoff(600)).round()
        await until(lambda: len(logs) == 2)
        said = [f"{each['key']}: {each['log_level']}" for each in logs]
    assert said == ["away: warning", "bug: error"]
