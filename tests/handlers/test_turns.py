"""The order in which what is said in a thread is answered."""

import asyncio

from handlers.turns import Turn, Turns


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
