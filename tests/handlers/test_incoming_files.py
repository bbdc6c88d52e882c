"""Files that were dropped and are not checked yet, for which a command waits."""

import asyncio
from typing import Any

import pytest

from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.missed_channels import SqlMissedChannels
from handlers.incoming_files import IncomingFiles

CHANNEL = "C0TRAINING"


class Incoming:
    def __init__(self, database: Database) -> None:
        self.inbox = SqlInbox(database)
        self.unread = SqlMissedChannels(database)
        self.files = IncomingFiles(self.inbox, self.unread, ["split"])

    async def drop(self, *files: dict[str, Any], channel: str = CHANNEL) -> str:
        key = f"message/{channel}/1.0"
        await self.inbox.accept(key, {"event": {"files": list(files)}})
        return key

    async def send_off(self, callback_id: str, channel: str) -> str:
        key = f"view_submission/{callback_id}/{channel}"
        view = {"callback_id": callback_id, "private_metadata": f'{{"channel":"{channel}"}}'}
        await self.inbox.accept(key, {"view": view})
        return key

    async def finish(self, key: str) -> None:
        await self.inbox.finish(key)
        self.files.changed()

    async def waiting(self, *names: str) -> "asyncio.Task[None]":
        """Somebody who waits for what was dropped into the channel."""
        task = asyncio.create_task(self.files.checked(CHANNEL, names))
        for _ in range(20):  # more reads than the task makes before it knows
            await self.inbox.pending()
        assert not task.done()
        assert self.files.is_awaited(CHANNEL)
        return task

    async def nothing_to_wait_for(self, *names: str) -> None:
        await asyncio.wait_for(self.files.checked(CHANNEL, names), 60)


@pytest.fixture
def incoming(database: Database) -> Incoming:
    return Incoming(database)


@pytest.mark.parametrize("names", [(), ("train.jsonl",)])
async def test_a_file_in_hand_is_waited_for_until_it_is_checked(incoming: Incoming, names: tuple[str, ...]) -> None:
    key = await incoming.drop({"name": "train.jsonl"})
    waiting = await incoming.waiting(*names)
    await incoming.finish(key)
    await asyncio.wait_for(waiting, 60)
    assert not incoming.files.is_awaited(CHANNEL)


async def test_another_file_or_one_of_another_channel_is_not(incoming: Incoming) -> None:
    await incoming.drop({"name": "other.jsonl"})
    await incoming.drop({"name": "train.jsonl"}, channel="C0OTHER")
    await incoming.nothing_to_wait_for("train.jsonl")


async def test_a_file_that_has_no_name_yet_may_be_any(incoming: Incoming) -> None:
    await incoming.drop({})
    (await incoming.waiting("train.jsonl")).cancel()


async def test_a_modal_of_which_files_come_is_waited_for(incoming: Incoming) -> None:
    await incoming.send_off("split", "C0OTHER")
    await incoming.send_off("start", CHANNEL)
    await incoming.nothing_to_wait_for()
    key = await incoming.send_off("split", CHANNEL)
    waiting = await incoming.waiting()
    await incoming.finish(key)
    await asyncio.wait_for(waiting, 60)


async def test_a_channel_that_is_still_to_be_read_back_is_waited_for(incoming: Incoming) -> None:
    await incoming.unread.was_away(5.0)
    waiting = await incoming.waiting()
    await incoming.unread.spread(5.0, [CHANNEL, "C0OTHER"])
    await incoming.unread.was_read(CHANNEL)
    incoming.files.changed()
    await asyncio.wait_for(waiting, 60)
