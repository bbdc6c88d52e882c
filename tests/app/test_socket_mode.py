"""The connection to Slack: what came by it is answered before it closes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from app.socket_mode import SocketMode
from sandbox.client import SandboxClient
from sandbox.server import Sandbox

MANIFEST = Path(__file__).parents[1] / "sandbox" / "manifest.yml"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox(data=tmp_path / "data", manifest=MANIFEST) as running:
        yield running


class Bot:
    """Answers each command with "done" once it may."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.at_work, self.may_answer = asyncio.Event(), asyncio.Event()
        client = AsyncWebClient(sandbox.bot_token, base_url=sandbox.api_url)
        app = AsyncApp(client=client, signing_secret=sandbox.signing_secret)
        app.command("/test")(self._answer)
        self.socket = SocketMode(app, sandbox.app_token, client)

    async def _answer(self, ack: Any) -> None:
        self.at_work.set()
        await self.may_answer.wait()
        await ack("done")


async def test_a_command_that_came_before_the_end_is_answered(sandbox: Sandbox) -> None:
    bot = Bot(sandbox)
    await bot.socket.connect()
    async with SandboxClient(sandbox.page_url) as people:
        typed = asyncio.create_task(people.command("ana", "#general", "/test"))
        await bot.at_work.wait()
        closing = asyncio.create_task(bot.socket.close())
        asyncio.get_running_loop().call_later(0.2, bot.may_answer.set)
        assert (await typed)["acked"]
        await closing
        assert not await bot.socket.is_connected()


async def test_what_is_never_answered_holds_up_no_end(sandbox: Sandbox) -> None:
    bot = Bot(sandbox)
    await bot.socket.connect()
    async with SandboxClient(sandbox.page_url) as people:
        typed = asyncio.create_task(people.command("ana", "#general", "/test"))
        await bot.at_work.wait()
        async with asyncio.timeout(2.5):
            await bot.socket.close()
        assert not (await typed)["acked"]


async def test_before_slack_closes_a_connection_another_one_is_open_and_no_command_is_lost(sandbox: Sandbox) -> None:
    bot = Bot(sandbox)
    bot.may_answer.set()
    await bot.socket.connect()
    sockets = sandbox.state.deliverer.sockets
    async with SandboxClient(sandbox.page_url) as people:
        await people.wait_connected()
        (old,) = sockets._open
        await sockets._ask_back(old, "warning")
        typed: list[asyncio.Task[dict[str, Any]]] = []
        async with asyncio.timeout(30):
            while sockets.count < 2 or len(typed) < 12:
                typed.append(asyncio.create_task(people.command("ana", "#general", "/test")))
                await asyncio.wait(typed, timeout=0.01)
        assert all([(await one)["acked"] for one in typed])
        await sockets._close(old)
        assert (await people.command("ana", "#general", "/test"))["acked"]
    assert await bot.socket.is_connected()
    async with asyncio.timeout(30):
        await bot.socket.close()
        while sockets.count:
            await asyncio.sleep(0)
