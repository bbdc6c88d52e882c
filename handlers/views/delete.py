"""The window that asks before something is deleted."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
from slack_bolt.app.async_app import AsyncApp

from handlers.actions import delete
from handlers.blocks import deletion
from handlers.inbox import Inbox, Listener
from handlers.turn import Turn


def register(app: AsyncApp, inbox: Inbox) -> None:
    app.view(deletion.DATASET)(inbox.submission(_asked(delete.dataset)))
    app.view(deletion.MODEL)(inbox.submission(_asked(delete.model)))


def _asked(work: Callable[[Turn], Awaitable[None]]) -> Listener:
    async def carry_out(turn: Turn) -> None:
        doomed = msgspec.json.decode(turn.body["view"]["private_metadata"], type=deletion.Doomed)
        await work(replace(turn, words=doomed.id))

    return carry_out
