"""One reaction on a dropped file's message says what its report says."""

import asyncio

import orjson

from tests.e2e.world import PATIENCE, World

GOOD = b"\n".join(
    orjson.dumps({"messages": [
        {"role": "user", "content": f"What is the square of {i}?"},
        {"role": "assistant", "content": f"{i * i}, since {i} times {i} makes that."},
    ]})
    for i in range(12)
)  # fmt: skip
BROKEN = b'{"messages": []}\n' * 12


async def _reactions(w: World, ts: str) -> list[str]:
    (message,) = [each for each in await w.person.messages(w.channel) if each["ts"] == ts]
    return [reaction["name"] for reaction in message.get("reactions") or []]


async def _marked(w: World, ts: str, *names: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while await _reactions(w, ts) != list(names):
            await asyncio.sleep(0.02)


async def _dropped(w: World, *files: tuple[str, bytes]) -> str:
    return str((await w.person.drop_bytes("ana", w.channel, files))["ts"])


async def test_of_several_files_the_worst_is_shown_until_it_is_deleted(w: World) -> None:
    async with w.bot() as bot:
        ts = await _dropped(w, ("train.jsonl", GOOD), ("broken.jsonl", BROKEN))
        await _marked(w, ts, "x")
        (broken,) = [one for one in await bot.services.datasets.latest(5) if one.name == "broken.jsonl"]
        await w.person.command("ana", w.channel, "/finetune", f"delete {broken.id}")
        await w.confirm("My copy and the provider's go", "My copy of")
        await _marked(w, ts, "white_check_mark")
