"""The bot was away, or could not be reached: files that were dropped meanwhile are found again, each once."""

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import HURRIED, World, examples


async def _missed(w: World, *channels: str, thread_ts: str | None = None) -> list[str]:
    """Drop a file in each of these channels while nobody listens, until Slack has stopped trying to deliver."""
    await w.person.settings(ack_timeout=0.1, retry_delays=[0.05, 0.05, 0.05])
    file = ("missed.jsonl", examples(12))
    dropped = [
        str((await w.person.drop_bytes("ana", channel, [file], thread_ts=thread_ts))["ts"]) for channel in channels
    ]
    async with asyncio.timeout(60):
        while await _undelivered(w):
            await asyncio.sleep(0.05)
    await w.person.settings(ack_timeout=10.0)
    return dropped


async def _undelivered(w: World) -> list[dict[str, Any]]:
    return [d for d in await w.person.deliveries() if d.get("state") in {"pending", "sent", "waiting"}]


async def _reported_once(w: World, channel: str, ts: str) -> None:
    await w.wait_report({"channel": channel, "ts": ts})
    assert len(await w.person.messages(channel, ts)) == 2


async def test_a_file_that_was_dropped_while_the_bot_was_away_is_found_again(w: World) -> None:
    async with w.bot():
        await w.drop("first.jsonl")
    (missed,) = await _missed(w, w.channel)
    async with w.bot():
        await _reported_once(w, w.channel, missed)


async def test_so_is_one_that_was_dropped_into_the_thread_of_another(w: World) -> None:
    async with w.bot():
        thread_ts = str((await w.person.drop_bytes("ana", w.channel, [("first.jsonl", examples(11))]))["ts"])
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="11 examples")
    await _missed(w, w.channel, thread_ts=thread_ts)
    async with w.bot():
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="12 examples")


async def test_so_is_one_in_direct_messages_where_there_were_files_before(w: World) -> None:
    async with w.bot():
        first = await w.person.drop_bytes("ana", "@ana", [("first.jsonl", examples(11))])
        await w.person.wait_message("@ana", thread_ts=first["ts"], contains="11 examples")
    (missed,) = await _missed(w, "@ana")
    async with w.bot():
        await _reported_once(w, "@ana", missed)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_bot_that_is_killed_while_it_reads_back_goes_on_with_the_rest(w: World) -> None:
    async with w.bot():
        await w.drop("first.jsonl")
    in_general, in_support = await _missed(w, "#general", "#support-model")
    support = next(c["id"] for c in await w.person.channels() if c.get("name") == "support-model")
    await w.person.fault("conversations.history", "ratelimited", "3600", times=100, match=support)
    async with bot_process(w) as bot:
        await _reported_once(w, "#general", in_general)
        # What comes in now is newer than what was not read yet.
        await w.drop("second.jsonl")
        await kill(w, bot)
    await w.person.clear_faults()
    async with w.bot():
        await _reported_once(w, "#support-model", in_support)
        assert len(await w.person.messages("#general", in_general)) == 2


async def test_what_slack_could_not_deliver_while_the_connection_was_gone_is_found_when_it_is_back(w: World) -> None:
    async with w.bot(replace(HURRIED, connection_look=0.05)):
        await w.drop("first.jsonl")
        await w.person.fault("apps.connections.open", "status", 503, times=10_000)
        await w.person.disconnect()
        (missed,) = await _missed(w, w.channel)
        await w.person.clear_faults()
        await _reported_once(w, w.channel, missed)


async def test_neither_start_nor_stop_waits_until_slack_lets_the_channels_be_read(w: World) -> None:
    async with w.bot():
        await w.drop()
    await w.person.fault("conversations.history", "ratelimited", "3600", times=100)
    async with asyncio.timeout(60), w.bot():
        pass
