"""Files that take a while to arrive: they are judged meanwhile, and what becomes of the download is what is said."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from e2e.world import World, examples

from app.run import Bot
from bot import worker_processes as lanes
from handlers.datasets import reports
from handlers.web.download import Download, Interrupted
from training_files import TrainingFileError

PATIENCE = 60.0
CONTENT = examples(1000)
HALF = 100_000  # the first 64 kB tell what kind of file it is: nothing is said before


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a large one."""
    monkeypatch.setattr(lanes, "SMALL", -1)
    monkeypatch.setattr(reports, "WORTH_WATCHING", 0)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Half of a file comes at once, the other when this is set."""
    opened = asyncio.Event()

    async def chunks(*_: object) -> AsyncIterator[bytes]:
        yield CONTENT[:HALF]
        await opened.wait()
        yield CONTENT[HALF:]

    monkeypatch.setattr(Download, "chunks", chunks)
    return opened


async def _dropped(w: World, contains: str) -> dict[str, Any]:
    """The message in the file's thread, once it says so."""
    dropped = await w.person.drop_bytes("ana", w.channel, [("train.jsonl", CONTENT)])
    return await w.person.wait_message(w.channel, contains=contains, thread_ts=dropped["ts"], timeout=PATIENCE)


async def _copies(bot: Bot) -> list[Path]:
    return list((bot.services.settings.finetune_data / "files").iterdir())


@pytest.mark.usefixtures("large")
async def test_a_large_file_is_judged_while_it_arrives(w: World, gate: asyncio.Event) -> None:
    async with w.bot() as bot:
        first = await _dropped(w, "examples so far")
        gate.set()
        last = await w.person.wait_message(
            w.channel, contains="1,000 examples in", thread_ts=first["thread_ts"], timeout=PATIENCE
        )
        assert first["ts"] == last["ts"], "the same message, grown"
        (dataset,) = await bot.services.datasets.latest(10)
        assert await _copies(bot) == [bot.services.copies.path(dataset.sha256)]
        assert bot.services.copies.path(dataset.sha256).read_bytes() == CONTENT


@pytest.mark.usefixtures("large")
async def test_a_large_file_whose_download_fails_says_so_and_the_next_is_judged(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks_of_slack = Download.chunks
    failing = asyncio.Event()

    async def broken(*_: object) -> AsyncIterator[bytes]:
        yield CONTENT[:HALF]
        await failing.wait()
        raise TrainingFileError("Slack has lost it.")

    monkeypatch.setattr(Download, "chunks", broken)
    async with w.bot() as bot:
        first = await _dropped(w, "examples so far")
        failing.set()
        await w.person.wait_message(
            w.channel, contains="Slack has lost it", thread_ts=first["thread_ts"], timeout=PATIENCE
        )
        assert await _copies(bot) == []
        monkeypatch.setattr(Download, "chunks", chunks_of_slack)
        await _dropped(w, "1,000 examples in")
        assert len(await _copies(bot)) == 1


async def test_a_download_that_breaks_off_in_the_middle_goes_on_where_it_was(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = [[CONTENT[:100], CONTENT[100:300]], [CONTENT[:250], CONTENT[250:700]], [CONTENT]]

    async def chunks(*_: object) -> AsyncIterator[bytes]:
        for chunk in tries.pop(0):
            yield chunk
        if tries:
            raise Interrupted("The connection to Slack broke.")

    monkeypatch.setattr(Download, "chunks", chunks)
    async with w.bot() as bot:
        await _dropped(w, "1,000 examples in")
        (copy,) = await _copies(bot)
        assert copy.read_bytes() == CONTENT


async def test_a_small_file_that_comes_slowly_holds_up_no_other(w: World, gate: asyncio.Event) -> None:
    async with w.bot() as bot:
        slow = await _dropped(w, "Reading")
        made = await asyncio.wait_for(bot.services.lanes.run(len, "abc", lane=lanes.Lane.QUICK), PATIENCE)
        assert made == 3
        gate.set()
        await w.person.wait_message(
            w.channel, contains="1,000 examples in", thread_ts=slow["thread_ts"], timeout=PATIENCE
        )


@pytest.mark.usefixtures("large")
async def test_a_file_deleted_while_it_arrives_leaves_no_copy(w: World, gate: asyncio.Event) -> None:
    async with w.bot() as bot:
        first = await _dropped(w, "examples so far")
        (dataset,) = await bot.services.datasets.latest(10)
        await w.person.command("ana", w.channel, "/finetune", f"delete {dataset.id}")
        await w.confirm("My copy and the provider's go", "My copy of")
        gate.set()
        await w.person.wait_message(w.channel, contains="was deleted", thread_ts=first["thread_ts"], timeout=PATIENCE)
        await w.settled(bot)
        assert await _copies(bot) == []
