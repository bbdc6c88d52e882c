"""A model's answer on its way into a real workspace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, SectionBlock
from slack_sdk.web.async_client import AsyncWebClient

from bot.backoff import Backoff
from handlers.chat.streamed_answer import Recipient, StreamedAnswer
from handlers.web.poster import Poster
from texts.language import Language

pytest.importorskip("starlette")

from sandbox.client import SandboxClient
from sandbox.seed import ANA
from sandbox.server import Sandbox
from sandbox.settings import Settings

FOOTER = [ActionsBlock(elements=[ButtonElement(text="Good", action_id="good")])]
# Slack takes no two blocks of one id; the SDK does not look.
REFUSED: list[Block] = [*FOOTER, SectionBlock(block_id="a", text="x"), SectionBlock(block_id="a", text="y")]
CHANNEL = "#general"


@dataclass
class Thread:
    """A question in a workspace, and what is answered."""

    sandbox: Sandbox
    person: SandboxClient
    poster: Poster
    ts: str = ""
    opened: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def answer(self, **more: Any) -> AsyncIterator[StreamedAnswer]:
        async def opened(ts: str) -> None:
            self.opened.append(ts)

        channel = self.sandbox.state.workspace.channel(CHANNEL)
        assert channel
        bot = self.sandbox.state.workspace.BOT
        recipient = Recipient(channel.id, self.ts, ANA, "T0SANDBOX1", bot, self.ts, Language.ENGLISH)
        async with StreamedAnswer(
            self.poster, recipient, idempotency_key="a", opened=opened, backoff=Backoff(0.01, longest=0.1), **more
        ) as answer:
            yield answer

    async def messages(self) -> list[dict[str, Any]]:
        return (await self.person.messages(CHANNEL, self.ts))[1:]


@pytest.fixture
async def thread(tmp_path: Path, root: Path) -> AsyncIterator[Thread]:
    async with (
        Sandbox(data=tmp_path, manifest=root / "manifest.yml", settings=Settings(rates="off")) as sandbox,
        SandboxClient(sandbox.page_url) as person,
    ):
        client = AsyncWebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])
        made = Thread(sandbox, person, Poster(client, pace=100))
        made.ts = (await person.say("ana", CHANNEL, "Well?"))["ts"]
        yield made


def the_button(message: dict[str, Any]) -> list[str]:
    return [
        element["action_id"]
        for block in message.get("blocks") or ()
        for element in block.get("elements") or ()
        if element["type"] == "button"
    ]


@pytest.mark.parametrize("streams", [True, False])
async def test_buttons_stand_below_the_last_message_of_an_answer(thread: Thread, streams: bool) -> None:
    if not streams:
        await thread.person.fault("chat.startStream", "error", "unknown_method", times=50)
    async with thread.answer() as answer:
        answer.add("so on " * 3_000)
        await answer.close("The end.", FOOTER)
    first, last = await thread.messages()
    assert (the_button(first), the_button(last)) == ([], ["good"])
    assert "The end." in last["plain"]
    assert (first["plain"] + last["plain"]).count("so on") == 3_000


async def test_an_edited_answer_has_its_buttons_too(thread: Thread) -> None:
    async with thread.answer() as answer:
        answer.add("one ")
        begun = await thread.person.wait_message(CHANNEL, "one", thread_ts=thread.ts)
        await thread.person.settings(stream_life=0.0)
        answer.add("two")
        await answer.close("", FOOTER)
    (message,) = await thread.messages()
    assert message["ts"] == begun["ts"]
    assert the_button(message) == ["good"]
    assert message["plain"].startswith("one two")


@pytest.mark.parametrize("streams", [True, False])
async def test_an_answer_whose_buttons_are_refused_goes_without(thread: Thread, streams: bool) -> None:
    if not streams:
        await thread.person.fault("chat.startStream", "error", "unknown_method")
    async with thread.answer() as answer:
        answer.add("one two")
        await answer.close("", REFUSED)
    (message,) = await thread.messages()
    assert message["text"].strip() == "one two"
    assert the_button(message) == []


async def test_what_stands_below_an_answer_mentions_nobody_in_its_notification(thread: Thread) -> None:
    await thread.person.fault("chat.startStream", "error", "unknown_method")
    async with thread.answer() as answer:
        answer.add("<!channel> <@U0BENHALL1>")
        await answer.close("", FOOTER)
    (message,) = await thread.messages()
    assert "<!" not in str(message)
    assert "<@" not in str(message)
