"""How long `finetune-bot run` goes on."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from app.run import Ready, until_stopped


@pytest.fixture
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.usefixtures("thresholds")
async def test_a_bot_that_was_taken_for_dead_begins_anew_until_it_is_told_to_stop() -> None:
    happened = []

    @asynccontextmanager
    async def work() -> AsyncIterator[Ready]:
        over = asyncio.Event()
        happened.append("begins")
        if len(happened) == 1:
            over.set()
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        yield Ready("a bot", over)
        happened.append("ends")

    await until_stopped(work)
    assert happened == ["begins", "ends", "begins", "ends"]
