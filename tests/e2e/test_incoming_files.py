"""A command that names a file which is still being taken in waits for it."""

import sys
from typing import Any

import pytest

from tests.e2e.bot_process import bot_process, kill
from tests.e2e.test_away import _missed
from tests.e2e.world import World, examples

START = "start train.jsonl epochs=1 confirm=yes"


async def _started(w: World) -> dict[str, Any]:
    """The job that the command has made; it was never told that there is no such file."""
    await w.person.wait_ephemeral("ana", w.channel, contains="is on its way", timeout=60)
    said = [message["plain"] for message in await w.person.ephemerals("ana")]
    assert not any("There is no file" in each for each in said), said
    return dict(w.provider.jobs[await w.job_at_provider()])


async def test_a_file_that_is_being_read_is_started_when_it_is_checked(w: World) -> None:
    async with w.bot():
        await w.person.fault("files.download", "timeout", 2)
        await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
        await w.person.command("ana", w.channel, "/finetune", START)
        await w.person.wait_ephemeral("ana", w.channel, contains="still reading `train.jsonl`")
        await _started(w)


async def test_the_newest_of_two_files_of_one_name_is_waited_for(w: World) -> None:
    async with w.bot():
        await w.drop("train.jsonl", examples(11))
        await w.person.fault("files.download", "timeout", 2)
        await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
        await w.person.command("ana", w.channel, "/finetune", START)
        job = await _started(w)
        assert len(w.provider.files[job["training_file"]][1].splitlines()) == 12


async def test_without_a_name_the_window_that_comes_too_late_is_a_question(w: World) -> None:
    async with w.bot():
        await w.person.settings(trigger_life=0.5)
        await w.person.fault("files.download", "timeout", 2)
        await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
        await w.person.command("ana", w.channel, "/finetune", "start")
        question = await w.person.wait_ephemeral("ana", w.channel, timeout=60, action_id="start_confirmed")
        assert "train.jsonl" in question["plain"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_after_a_crash_it_is_the_file_that_the_inbox_holds(w: World) -> None:
    async with bot_process(w) as bot:
        await w.person.fault("files.download", "timeout", 600)
        dropped = await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
        await w.wait_report(dropped, complete=False)
        await kill(w, bot)
    await w.person.clear_faults()
    await w.person.fault("files.download", "timeout", 2)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", START)
        await _started(w)


async def test_one_that_was_dropped_while_the_bot_was_away_is_looked_for_first(w: World) -> None:
    async with w.bot():
        await w.drop("first.jsonl", examples(11))
    await _missed(w, w.channel)
    await w.person.fault("conversations.list", "ratelimited", 2)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", START.replace("train", "missed"))
        await _started(w)
