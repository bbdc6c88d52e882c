"""A thread in a real workspace, in which a test has a model answer; the bot may die at any of its calls to Slack."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.models.blocks import ActionsBlock, ButtonElement
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.backoff import Backoff
from bot.timing import Timing
from handlers.chat.streamed_answer import Recipient, StreamedAnswer
from handlers.web.poster import Poster
from sandbox.client import SandboxClient
from sandbox.model import Json
from sandbox.seed import ANA
from sandbox.server import Sandbox
from texts.language import Language

CHANNEL = "#general"
FOOTER = [ActionsBlock(elements=[ButtonElement(text="Good", action_id="good")])]
HURRIED = Timing(answer=Backoff(0.01, longest=0.05), between_appends=0.005, between_edits=0.01)


class Killed(BaseException):
    """The process is no more."""


class MortalClient(AsyncWebClient):
    """Dies at the call with the number `dies_at`, before Slack has it or, with `late`, after it was carried out."""

    calls = 0
    dies_at = 0
    late = False
    is_dead = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.methods: list[str] = []

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        self.calls += 1
        self.methods.append(api_method)
        self._die_if(not self.late)
        try:
            return await super().api_call(api_method, **arguments)
        finally:
            self._die_if(self.late)

    def _die_if(self, is_time: bool) -> None:
        self.is_dead = self.is_dead or (is_time and self.calls == self.dies_at)
        if self.is_dead:
            raise Killed


@dataclass
class Thread:
    """A question, and what is answered. `opened`: the messages that the bot has stored."""

    sandbox: Sandbox
    person: SandboxClient
    ts: str = ""
    opened: list[str] = field(default_factory=list)

    async def ask(self) -> None:
        self.ts, self.opened = (await self.person.say("ana", CHANNEL, "Well?"))["ts"], []

    def client(self, dies_at: int = 0, *, late: bool = False) -> MortalClient:
        client = MortalClient(self.sandbox.bot_token, base_url=self.sandbox.api_url, retry_handlers=[])
        client.dies_at, client.late = dies_at, late
        return client

    @asynccontextmanager
    async def answer(
        self,
        client: AsyncWebClient | None = None,
        timing: Timing = HURRIED,
        *,
        is_retry: bool = False,
        is_others: Callable[[str], Awaitable[bool]] | None = None,
        poster: Poster | None = None,
    ) -> AsyncIterator[StreamedAnswer]:
        async def opened(ts: str) -> None:
            if ts not in self.opened:
                self.opened.append(ts)

        workspace = self.sandbox.state.workspace
        channel = workspace.channel(CHANNEL)
        assert channel
        recipient = Recipient(channel.id, self.ts, ANA, workspace.TEAM, workspace.BOT, self.ts, Language.ENGLISH)
        async with StreamedAnswer(
            poster or Poster(client or self.client(), pace=1000),
            recipient,
            idempotency_key=f"answer/{self.ts}",
            opened=opened,
            is_others=is_others,
            messages=tuple(self.opened) if is_retry else (),
            doubtful=is_retry,
            timing=timing,
        ) as answer:
            yield answer

    async def messages(self) -> list[Json]:
        return (await self.person.messages(CHANNEL, self.ts))[1:]

    async def shows(self, words: str) -> Json:
        return await self.person.wait_message(CHANNEL, words, thread_ts=self.ts)


def said(messages: list[Json]) -> str:
    """The text of an answer's messages in one."""
    return "\n".join(text_of(message) for message in messages)


def text_of(message: Json) -> str:
    """A message's text as it is shown, what stands below it aside."""
    return "".join(block["text"] for block in message.get("blocks") or () if block["type"] == "markdown")


def buttons(message: Json) -> list[str]:
    elements = [element for block in message.get("blocks") or () for element in block.get("elements") or ()]
    return [element["action_id"] for element in elements if element["type"] == "button"]
