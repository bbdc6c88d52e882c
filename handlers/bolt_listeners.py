"""When Slack is acknowledged: mostly at once, a menu's search with what is found, a modal with what it is to show."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.models.blocks import Option

from bot.errors import BotError
from bot.notices.interfaces import PostError
from bot.providers.interface import ProviderError
from bot.timing import Timing
from handlers.inbox import Inbox
from handlers.languages import Languages
from handlers.open_modal import OpenModal
from handlers.parsing import request_of
from handlers.request import Request
from handlers.routing import Listener, Modal
from handlers.web.poster import Poster
from handlers.worker import Worker
from texts.language import speaking

log = structlog.get_logger()

# Slack waits for three for what a menu offers.
_SEARCH_SECONDS = 2.5


@dataclass(frozen=True)
class BoltListeners:
    """Makes Bolt's listeners of ours. `modal`: as `Timing.modal`."""

    inbox: Inbox
    worker: Worker
    poster: Poster
    languages: Languages
    modal: float = Timing.modal

    def listener(self, work: Listener) -> Callable[..., Awaitable[None]]:
        """A Bolt listener that acknowledges at once; `work` is then done, once, to its end."""

        async def listen(ack: Callable[[], Awaitable[Any]], body: dict[str, Any], context: AsyncBoltContext) -> None:
            await _acknowledge(ack)
            self.worker.begin(work, body, context)

        listen.__name__ = getattr(work, "__name__", "listen")
        return listen

    def search(self, find: Callable[[Request], Awaitable[Sequence[Option]]]) -> Callable[..., Awaitable[None]]:
        """A Bolt listener for what is typed into a menu; nothing is offered where that fails, or takes too long."""

        async def searched(ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
            request = request_of(self.poster, "search", body, is_retry=False)
            found: Sequence[Option] = ()
            try:
                async with asyncio.timeout(_SEARCH_SECONDS):
                    with speaking(await self.languages.person(request.user)):
                        found = await find(replace(request, text=str(body.get("value") or "").strip()))
            except (BotError, ProviderError, PostError, TimeoutError) as error:
                log.info("nothing found", why=str(error) or "timeout")
            await _acknowledge(ack, options=[option.to_dict() for option in found])

        return searched

    def submission(self, modal: Modal[Any], work: Listener) -> Callable[..., Awaitable[None]]:
        """A Bolt listener for a modal that was sent off, with `work` as its listener.

        It is acknowledged once the outcome is known: a refusal or answer within `modal.seconds` (Slack waits for three)
        is shown in the modal, which keeps what was typed. A later one is given as for any request.
        """

        async def submitted(
            ack: Callable[..., Awaitable[Any]], body: dict[str, Any], context: AsyncBoltContext
        ) -> None:
            if modal.check and (wrong := await self._wrong(modal.check, body)):
                await _acknowledge(ack, response_action="errors", errors=wrong)
                await self.inbox.finish(str(context["inbox_key"]))
                return
            if context.get("inbox_again"):  # after a crash the modal is long gone
                await _acknowledge(ack)
                self.worker.begin(work, body, context)
                return
            if modal.waiting is not None:
                with speaking(await self.languages.person(str(body["user"]["id"]))):
                    view = modal.waiting()
                await _acknowledge(ack, response_action="update", view=view.to_dict())
                self.worker.begin(work, body, context)
                return
            open_modal = OpenModal(body["view"])
            task = self.worker.begin(work, body, context, open_modal)
            waited_for: set[asyncio.Future[Any]] = {task, open_modal.outcome}
            await asyncio.wait(waited_for, timeout=modal.seconds * self.modal, return_when=asyncio.FIRST_COMPLETED)
            await _acknowledge(ack, **open_modal.close())

        return submitted

    async def _wrong(self, check: Callable[[dict[str, Any]], dict[str, str]], body: dict[str, Any]) -> dict[str, str]:
        with speaking(await self.languages.person(str(body["user"]["id"]))):
            return check(body["view"]["state"]["values"])


async def _acknowledge(ack: Callable[..., Awaitable[Any]], **answer: Any) -> None:
    """Acknowledge; if that fails the request is carried out all the same, since it is committed."""
    try:
        await ack(**answer)
    except Exception as error:
        log.warning("not acknowledged", why=type(error).__name__)
