"""One reaction on a dropped file's message says what its report says."""

import asyncio
from typing import Any

import orjson
import pytest
from e2e.world import World, examples

GOOD = b"\n".join(
    orjson.dumps({"messages": [
        {"role": "user", "content": f"What is the square of {i}?"},
        {"role": "assistant", "content": f"{i * i}, since {i} times {i} makes that."},
    ]})
    for i in range(12)
)  # fmt: skip
BROKEN = b'{"messages": []}\n' * 12
TABLE = b"question,answer\n" + b"".join(b"Why %d?,Because %d.\n" % (i, i) for i in range(20))


async def _reactions(w: World, ts: str) -> list[str]:
    (message,) = [each for each in await w.person.messages(w.channel) if each["ts"] == ts]
    return [reaction["name"] for reaction in message.get("reactions") or []]


async def _marked(w: World, ts: str, *names: str) -> None:
    async with asyncio.timeout(30):
        while await _reactions(w, ts) != list(names):
            await asyncio.sleep(0.02)


async def _dropped(w: World, *files: tuple[str, bytes]) -> str:
    return str((await w.person.drop_bytes("ana", w.channel, files))["ts"])


def with_a_secret() -> bytes:
    """A hint that only the second pass finds."""
    lines = GOOD.split(b"\n")
    example: dict[str, Any] = orjson.loads(lines[0])
    example["messages"][0]["content"] = "My key is AKIAIOSFODNN7EXAMPLQ, mail me at ana.example@gmail.com"
    return b"\n".join([orjson.dumps(example), *lines[1:]])


@pytest.mark.parametrize(
    ("name", "content", "reaction"),
    [
        ("train.jsonl", GOOD, "white_check_mark"),
        ("train.jsonl", examples(12), "warning"),
        ("train.jsonl", BROKEN, "x"),
        ("faq.csv", TABLE, "warning"),
        ("train.csv", b"\x00" * 100, "x"),
    ],
    ids=["ready", "hints", "errors", "table", "unreadable"],
)
async def test_it_says_what_the_report_says(w: World, name: str, content: bytes, reaction: str) -> None:
    async with w.bot():
        await _marked(w, await _dropped(w, (name, content)), reaction)


async def test_what_no_model_here_learns_from_needs_a_look(w: World) -> None:
    w.provider.base_models = ["some-reasoner"]
    w.provider.methods = ["dpo"]
    async with w.bot():
        await _marked(w, await _dropped(w, ("train.jsonl", GOOD)), "warning")


async def test_what_the_second_pass_finds_replaces_it(w: World) -> None:
    async with w.bot():
        ts = await _dropped(w, ("train.jsonl", with_a_secret()))
        await _marked(w, ts, "warning")


async def test_of_several_files_the_worst_is_shown_until_it_is_deleted(w: World) -> None:
    async with w.bot() as bot:
        ts = await _dropped(w, ("train.jsonl", GOOD), ("broken.jsonl", BROKEN))
        await _marked(w, ts, "x")
        (broken,) = [one for one in await bot.services.datasets.latest(5) if one.name == "broken.jsonl"]
        await w.person.command("ana", w.channel, "/finetune", f"delete {broken.id}")
        await w.confirm("My copy and the provider's go", "My copy of")
        await _marked(w, ts, "white_check_mark")


async def test_an_app_without_the_scope_reports_as_before(w: World) -> None:
    scopes = w.sandbox.state.manifest.scopes - {"reactions:write"}
    await w.person.scopes(sorted(scopes))
    async with w.bot() as bot:
        report = await w.drop()
        await w.settled(bot)
        assert "ready for training" in report["plain"]
        assert await _reactions(w, report["thread_ts"]) == []
