"""A modal that was sent off: for as long as Slack waits for an answer, errors and answers are shown in it."""

import asyncio
from dataclasses import replace
from typing import Any

from bot.errors import Invalid
from handlers.blocks import modals
from handlers.blocks.message import Message
from handlers.request import Request
from texts import modals as texts
from texts.errors import sentence


class OpenModal:
    """`view`: the modal as Slack sent it."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.outcome: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._title = str((view.get("title") or {}).get("text") or "Finetune Bot")
        self._fields = {block.get("block_id") for block in view.get("blocks") or []}

    def close(self) -> dict[str, Any]:
        """What Slack is answered; nothing is said here any more."""
        if not self.outcome.done():
            self.outcome.set_result({})
        return self.outcome.result()

    def answering(self, request: Request) -> Request:
        async def answer(message: Message) -> None:
            if not self._say("update", message, close=texts.close_button()):
                await request.answer(message)

        return replace(request, answer=answer)

    def refuse(self, error: Exception, message: Message) -> bool:
        """At the field at fault, else on top of the form. False where it is too late."""
        if isinstance(error, Invalid) and error.field in self._fields and not self.outcome.done():
            self.outcome.set_result({"response_action": "errors", "errors": {error.field: sentence(error)}})
            return True
        return self._say("push", message, close=texts.back_button())

    def _say(self, action: str, message: Message, *, close: str) -> bool:
        if self.outcome.done():
            return False
        view = modals.modal(self._title, message.blocks, close=close)
        self.outcome.set_result({"response_action": action, "view": view.to_dict()})
        return True
