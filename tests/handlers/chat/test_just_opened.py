"""Who opened a conversation a moment ago, and has not found its thread."""

import asyncio
from typing import cast

import pytest

from bot.claims import Claims
from bot.conversations.conversation import Conversation
from bot.notices.interfaces import PostDoubtful, PostRefused
from bot.store.database import Database
from bot.store.processes import SqlProcesses
from handlers.chat.just_opened import JustOpened
from handlers.chat.threads import ChatThreads
from handlers.web.poster import Poster
from tests.slack_requests import ENGLISH, no_thread

CONVERSATION = Conversation("cv-1", "ft:x", "T1", "C1", "1.1", "U1", 1.0)


def test_a_conversation_is_pointed_to_once_and_to_its_own_person() -> None:
    opened = JustOpened()
    opened.add(CONVERSATION)
    assert not opened.has("C1", "U2")
    assert not opened.has("C2", "U1")
    assert opened.has("C1", "U1")
    assert opened.take("C1", "U1") == CONVERSATION
    assert opened.take("C1", "U1") is None


def test_after_a_few_minutes_it_is_no_longer_new() -> None:
    now = 1000.0
    opened = JustOpened(clock=lambda: now)
    opened.add(CONVERSATION)
    now += 179
    assert opened.has("C1", "U1")
    now += 2
    assert not opened.has("C1", "U1")
    assert opened.take("C1", "U1") is None


async def test_a_reply_waits_for_a_thread_that_another_process_is_opening(database: Database) -> None:
    """It may be heard by either, before the thread is known."""
    processes, lost = SqlProcesses(database), asyncio.Event()
    for name in ("here", "there"):
        await processes.join(name, alone=False)
    here = JustOpened(Claims(processes, "here", "thread opened", lost))
    stored: set[tuple[str, str]] = set()

    async def look_up(*thread: str) -> bool:
        return thread in stored

    threads = ChatThreads(cast(Poster, None), ENGLISH, look_up, Claims(processes, "there", "thread opened", lost))
    assert not await threads.is_meant("C1", "2.0", "U1")
    async with here.opening("C1"):
        assert await threads.is_meant("C1", "2.0", "U1")
        assert not await threads.is_meant("C2", "2.0", "U1")
        settled = asyncio.create_task(threads.settled("C1", "2.0", "reply"))
        await asyncio.sleep(0)
        assert not settled.done()
        stored.add(("C1", "2.0"))
    await asyncio.wait_for(settled, 5)
    assert await threads.is_meant("C1", "2.0", "U1")
    assert not await threads.is_meant("C1", "3.0", "U1")


async def test_a_thread_that_may_have_been_opened_counts_as_being_opened_until_that_is_known() -> None:
    opened = JustOpened()
    with pytest.raises(PostDoubtful):
        async with opened.opening("C1", "command"):
            raise PostDoubtful("timeout")
    assert opened.is_opening("C1")
    assert not opened.is_opening("C2")
    settled = asyncio.create_task(opened.settled("C1", "reply"))
    await opened.settled("C1", "command")  # or the command itself would wait for its own end
    await asyncio.sleep(0)
    assert not settled.done()
    async with opened.opening("C1", "command"):
        assert not settled.done()
    await settled
    assert not opened.is_opening("C1")


async def test_a_thread_that_slack_refused_or_nobody_will_look_for_is_not_being_opened() -> None:
    opened = JustOpened()
    for error, work in ((PostRefused("is_archived"), "command"), (PostDoubtful("timeout"), None)):
        with pytest.raises(type(error)):
            async with opened.opening("C1", work):
                raise error
        assert not opened.is_opening("C1")


async def test_a_thread_that_may_have_been_opened_is_announced_to_other_processes(database: Database) -> None:
    processes, lost = SqlProcesses(database), asyncio.Event()
    for name in ("here", "there"):
        await processes.join(name, alone=False)
    here, there = (JustOpened(Claims(processes, name, "thread opened", lost)) for name in ("here", "there"))
    with pytest.raises(PostDoubtful):
        async with here.opening("C1", "command"):
            raise PostDoubtful("timeout")
    await asyncio.wait_for(here.settled("C1", "command"), 5)
    assert await there.is_opening_elsewhere("C1")
    await here.over("command")
    assert not await there.is_opening_elsewhere("C1")


async def test_what_is_said_in_a_known_thread_does_not_wait_for_another() -> None:
    threads = ChatThreads(cast(Poster, None), ENGLISH, no_thread)
    threads.know("C1", "1.0")
    async with threads.just_opened.opening("C1"):
        await asyncio.wait_for(threads.settled("C1", "1.0", "reply"), 5)


async def test_two_that_may_have_opened_a_thread_do_not_wait_for_each_other() -> None:
    """When Slack is back, both are tried again."""
    opened = JustOpened()
    for work in ("one", "other"):
        with pytest.raises(PostDoubtful):
            async with opened.opening("D1", work):
                raise PostDoubtful("timeout")
    for work in ("one", "other"):
        await asyncio.wait_for(opened.settled("D1", work), 5)
