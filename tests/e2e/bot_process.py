"""The bot as a process of its own, which a test can kill."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess

from tests.e2e import bot_main
from tests.e2e.world import ROOT, World, until


async def launch(w: World, **changes: str) -> BaseProcess:
    """`finetune-bot run`, as it has just been started, with `changes` to its environment."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SLACK_", "OPENAI_"))}
    settings = {
        "SLACK_BOT_TOKEN": w.sandbox.bot_token,
        "SLACK_APP_TOKEN": w.sandbox.app_token,
        "SLACK_API_URL": w.sandbox.api_url,
        "OPENAI_API_KEY": w.provider.key,
        "OPENAI_BASE_URL": w.provider.url,
        "FINETUNE_PROVIDER": "acme",
        "FINETUNE_DATA": str(w.folder / "bot"),
        "FINETUNE_POLL_SECONDS": "0.1",
        **changes,
    }
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["app.command_line", "app.run"])
    process = context.Process(target=bot_main.run, args=(environment | settings, ROOT, w.folder / "bot.log"))
    await asyncio.to_thread(process.start)
    return process


async def kill(w: World, process: BaseProcess) -> None:
    """As kill -9 does, unless it is dead already."""
    if process.exitcode is None:
        process.kill()
        await asyncio.to_thread(process.join)
        # Slack sees the socket break.
        await until(lambda: w.sandbox.state.deliverer.sockets.count == 0)


@asynccontextmanager
async def bot_process(w: World) -> AsyncIterator[BaseProcess]:
    """A bot that Slack can reach; killed at the end, unless the test has done so already."""
    process = await launch(w)
    try:
        await w.person.wait_connected(timeout=120)
        yield process
    finally:
        await kill(w, process)
