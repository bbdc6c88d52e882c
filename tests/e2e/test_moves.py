"""A team's models move to another provider in one plan: trained there on the same data, held against the old ones, and
taken into use by whoever decides so."""

import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from sandbox.seed import SUPPORT
from tests.e2e.bot_process import kill, launch
from tests.e2e.world import World, until
from tests.moving import made_before, providers
from tests.stand_in_provider import StandInProvider

HOME_MODEL = "SmolLM2-135M-Instruct"
TEN = 10


@pytest_asyncio.fixture(loop_scope="session")
async def home() -> AsyncIterator[StandInProvider]:
    """The other provider."""
    async with StandInProvider((HOME_MODEL,)) as provider:
        provider.answer_to = _rightly
        yield provider


def _rightly(request: dict[str, Any]) -> str:
    """As the training files have it."""
    return f"Certainly. {request['messages'][-1]['content'].removeprefix('Question number ').removesuffix('?')}"


async def succeed(home: StandInProvider, most: int) -> None:
    """Let the jobs there end one after the other, until so many have."""
    done = 0
    while done < most:
        waiting = [job for job, told in home.jobs.items() if told["status"] not in ("succeeded", "cancelled")]
        await until(lambda: bool([j for j, told in home.jobs.items() if told["status"] != "succeeded"]))
        for job in waiting[: most - done]:
            home.run(job, 2)
            home.succeed(job)
            done += 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.timeout(300)
async def test_ten_models_move_in_one_plan_though_the_bot_is_killed_in_the_middle(
    w: World, home: StandInProvider
) -> None:
    models = await made_before(w, [f"helper-{number}" for number in range(TEN)])
    settings = {"FINETUNE_PROVIDERS": providers(w, home), "FINETUNE_POLL_SECONDS": "0.1"}
    process = await launch(w, **settings)
    try:
        await w.person.wait_connected(timeout=120)
        await w.person.command("ana", w.channel, "/finetune", "move all to home confirm=yes")
        card = await w.person.wait_message(w.channel, payload={"id": "card/move-*"}, timeout=60)
        await succeed(home, 4)
        await until(lambda: len(w.provider.chats) > 0)  # the first are being compared
        await kill(w, process)
        assert len(home.jobs) < TEN or Counter(job["status"] for job in home.jobs.values())["succeeded"] < TEN
        process = await launch(w, **settings)
        await w.person.wait_connected(timeout=120)
        await succeed(home, TEN - 4)
        await w.person.wait_message(w.channel, thread_ts=card["ts"], payload={"id": "move-*/ended"}, timeout=120)
        shown = await w.person.wait_message(w.channel, payload={"id": "card/move-*"}, action_id="move_adopt")
        block, new = _offered(shown, home, "helper-7-home")
        await w.person.click("ana", w.channel, card["ts"], "move_adopt", block_id=block)
        told = await w.person.wait_ephemeral("ana", w.channel, contains="From now on")
        assert "`helper-7-home` first, in place of `helper-7`" in told["plain"]
    finally:
        await kill(w, process)

    assert len(home.jobs) == TEN
    trained = {home.files[job["training_file"]][1] for job in home.jobs.values()}
    assert trained == {path.read_bytes() for path in (w.folder / "bot" / "files").glob("*.jsonl")}
    assert {job["user_provided_suffix"] for job in home.jobs.values()} == {f"helper-{n}-home" for n in range(TEN)}
    asked = Counter(request["model"] for request in w.provider.chats)
    assert set(asked) == set(models)
    assert (await w.notices(card))["ended"] == 1
    assert await _current(w) == new


def _offered(card: dict[str, Any], home: StandInProvider, suffix: str) -> tuple[str, str]:
    """The block with *Use it here* beside the successor of that name, and the successor."""
    new = next(str(job["fine_tuned_model"]) for job in home.jobs.values() if job["user_provided_suffix"] == suffix)
    old = suffix.removesuffix("-home")
    (offer,) = (block for block in card["blocks"] if block.get("accessory") and old in block["text"]["text"])
    return str(offer["block_id"]), new


async def _current(w: World) -> str | None:
    database = await Database.open(w.folder / "bot")
    try:
        return await SqlEvaluationStore(database).current_model(SUPPORT)
    finally:
        await database.close()
