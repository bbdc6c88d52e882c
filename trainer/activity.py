"""Whether somebody chats: chats set it, and training pauses meanwhile. Neither knows the other."""

from __future__ import annotations

import asyncio


class ChatActivity:
    def __init__(self) -> None:
        self.busy = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    def begin(self) -> None:
        self.idle.clear()
        self.busy.set()

    def end(self) -> None:
        self.busy.clear()
        self.idle.set()
