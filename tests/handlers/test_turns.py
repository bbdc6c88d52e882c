"""The order in which what is said in a thread is answered."""

import asyncio
from functools import partial

from bot.store.database import Database
from bot.store.inbox import SqlInbox
from handlers.turns import Turn, TurnAmongProcesses, Turns


async def test_whoever_is_ready_early_waits_for_those_before_and_for_nobody_else() -> None:
    turns = Turns()
    first, second, third = (turns.take("C1/1.0") for _ in range(3))
    elsewhere = turns.take("C1/2.0")
    served = []

    async def serve(name: str, turn: Turn) -> None:
        await turn.come()
        served.append(name)
        turn.end()

    waiting = [asyncio.create_task(serve("third", third)), asyncio.create_task(serve("elsewhere", elsewhere))]
    await asyncio.sleep(0)
    second.end()  # it was not for the model
    await asyncio.sleep(0)
    assert served == ["elsewhere"]
    await serve("first", first)
    await asyncio.gather(*waiting)
    assert served == ["elsewhere", "first", "third"]


async def test_a_thread_in_which_all_is_done_is_forgotten() -> None:
    turns = Turns()
    for number in range(100):
        turns.take(f"C1/{number}").end()
    await turns.take("C1/1").come()
    assert len(turns._queues) == 1


async def test_whoever_speaks_to_another_process_is_served_in_turn_too(database: Database) -> None:
    here, there = SqlInbox(database, "here"), SqlInbox(database, "there")
    await here.accept("first", {}, thread="C1/1.0")
    await there.accept("second", {}, thread="C1/1.0")
    waiting = asyncio.create_task(TurnAmongProcesses(partial(there.is_first, "second")).come())
    await TurnAmongProcesses(partial(here.is_first, "first")).come()
    assert not waiting.done()
    await here.finish("first")
    await asyncio.wait_for(waiting, 5)
