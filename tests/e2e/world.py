"""A whole world for a test: a workspace, a provider and the bot, each behind real sockets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from app.run import Bot, running
from bot.backoff import Backoff
from bot.settings import Settings
from bot.settings import load as load_settings
from bot.store.outbox import SqlOutbox
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from handlers import register
from sandbox.client import SandboxClient
from sandbox.server import Sandbox
from sandbox.settings import Settings as SandboxSettings
from tests.stand_in_provider import StandInProvider

ROOT = Path(__file__).parents[2]
MODEL = "gpt-4.1-mini-2025-04-14"

PATIENCE = 120.0
"""Seconds that a busy machine may take for anything."""

HURRIED = Timing(
    look_every=0.1,
    between_edits=0.5,
    modal=4,
    inbox=Backoff(0.2, factor=2.5, longest=1, tries=3),
    notice=Backoff(0.2, factor=2.5, longest=1),
    answer=Backoff(0.1, longest=0.5),
)
"""Pauses that are there for Slack's sake, shortened: the sandbox of a test needs no rest. It also
waits longer than Slack for what is said in a modal, or a busy machine would say it elsewhere."""

IMPATIENT = replace(HURRIED, submit=Backoff(0.1, factor=1), look_up=Backoff(0.05, factor=1, tries=3))
"""Waits for a provider in hundredths of a second, where the bot would wait up to a minute."""


@dataclass
class World:
    folder: Path
    sandbox: Sandbox
    person: SandboxClient
    provider: StandInProvider
    pools: WorkerPools | None = None
    """Worker processes for every bot of this world; without them each has its own."""
    channel: str = "#support-model"

    @property
    def bot_user(self) -> str:
        return self.sandbox.state.workspace.BOT

    def settings(self, **changes: Any) -> Settings:
        values: dict[str, Any] = {
            "slack_bot_token": SecretStr(self.sandbox.bot_token),
            "slack_app_token": SecretStr(self.sandbox.app_token),
            "slack_signing_secret": None,
            "slack_api_url": self.sandbox.api_url,
            "openai_api_key": SecretStr(self.provider.key),
            "openai_base_url": self.provider.url,
            "finetune_provider": "acme",
            "finetune_data": self.folder / "bot",
            "finetune_poll_seconds": 0.1,
            "http_host": "127.0.0.1",
            "http_port": 0,
            **changes,
        }
        return load_settings(_env_file=None, **values)

    @asynccontextmanager
    async def bot(self, timing: Timing = HURRIED, **changes: Any) -> AsyncIterator[Bot]:
        async with running(self.settings(**changes), timing, self.pools) as bot:
            await self._connected(bot)
            yield bot

    async def _connected(self, bot: Bot) -> None:
        if bot.port is None:
            await self.person.wait_connected()
        else:
            await self.person.settings(http_delivery=f"http://127.0.0.1:{bot.port}/slack/events")

    async def settled(self, bot: Bot) -> None:
        """Wait until the bot has nothing more to do about what Slack sent, and nothing more to say."""
        outbox = SqlOutbox(bot.services.database)
        async with asyncio.timeout(PATIENCE):
            while bot.worker.busy or await outbox.open() or await bot.services.cards.dirty(1):
                await asyncio.sleep(0.02)

    async def drop(self, name: str = "train.jsonl", content: bytes | None = None, user: str = "ana") -> dict[str, Any]:
        """Drop a training file and wait for its report."""
        files = [(name, examples(12) if content is None else content)]
        dropped = await self.person.drop_bytes(user, self.channel, files)
        return await self.wait_report(dropped)

    # What the bot posts is known by its metadata and its buttons, so that a test need not ask for words.

    async def wait_report(
        self, dropped: dict[str, Any], *, complete: bool = True, timeout: float = PATIENCE
    ) -> dict[str, Any]:
        """Wait for the report on a dropped file, or with complete=False for its beginning."""
        return await self.person.wait_message(
            dropped["channel"],
            thread_ts=dropped["ts"],
            payload={"id": "report/*"},
            action_id="dataset_more" if complete else None,
            timeout=timeout,
        )

    async def wait_card(self, action_id: str, channel: str = "", timeout: float = PATIENCE) -> dict[str, Any]:
        """Wait for a job card with this button: `job_cancel` while the job goes on, `job_chat` when it is ready."""
        return await self.person.wait_message(
            channel or self.channel, payload={"id": "card/*"}, action_id=action_id, timeout=timeout
        )

    async def more(self, user: str, message: dict[str, Any], word: str) -> None:
        """Choose the entry of the message's menu that begins with this word."""
        elements = [element for block in message["blocks"] for element in block.get("elements", [])]
        ((menu, value),) = (
            (element["action_id"], option["value"])
            for element in elements
            if element["type"] == "overflow"
            for option in element["options"]
            if option["value"].partition(" ")[0] == word
        )
        await self.person.choose(user, self.channel, message["ts"], menu, value)

    async def wait_chat(self, channel: str = "") -> dict[str, Any]:
        """Wait for the message in whose thread a model answers."""
        return await self.person.wait_message(channel or self.channel, payload={"id": "chat/*"})

    async def wait_notice(
        self, kind: str, card: dict[str, Any] | None = None, channel: str = "", timeout: float = PATIENCE
    ) -> dict[str, Any]:
        """Wait for a notice in a card's thread, or in a channel itself: `accepted`, `started`, `succeeded`, ..."""
        return await self.person.wait_message(
            card["channel"] if card else channel,
            thread_ts=card["ts"] if card else None,
            payload={"id": f"*/{kind}"},
            timeout=timeout,
        )

    async def start(self, report: dict[str, Any], user: str = "ana", **values: Any) -> dict[str, Any]:
        """Press the button, send the modal off as it is (with `values`), and wait for the card."""
        await self.person.click(user, self.channel, report["ts"], "start_job")
        view = await self.person.wait_view(user)
        errors = await self.person.submit(user, view["id"], values)
        assert errors == {}, errors
        return await self.person.wait_message(self.channel, after=report["ts"], author=self.bot_user)

    async def notices(self, card: dict[str, Any]) -> Counter[str]:
        """How often each kind of notice stands in a card's thread."""
        replies = (await self.person.messages(card["channel"], card["ts"]))[1:]
        ids = [message["metadata"]["event_payload"]["id"] for message in replies if "metadata" in message]
        return Counter(notice.partition("/")[2] for notice in ids)

    async def delete(self, report: dict[str, Any], user: str = "ana") -> None:
        """Choose *Delete* in the menu of a report, and say yes."""
        await self.person.choose(user, self.channel, report["ts"], "dataset_more", "Delete")
        await self.confirm("My copy and the provider's go", "My copy of", user)

    async def confirm(self, question: str, answer: str, user: str = "ana") -> None:
        """Say yes to what a modal asks, and read there what came of it."""
        view = await self.person.wait_view(user)
        assert question in orjson.dumps(view).decode()
        await self.submit(view, answer, user)

    async def submit(self, view: dict[str, Any], answer: str, user: str = "ana", **values: Any) -> None:
        """Send off a modal that then says `answer`, and close that."""
        assert await self.person.submit(user, view["id"], values) == {}
        told = await self.person.wait_view(user)
        assert answer in orjson.dumps(told).decode(), told
        await self.person.close_view(user, told["id"])

    async def job_at_provider(self) -> str:
        await until(lambda: bool(self.provider.jobs))
        return list(self.provider.jobs)[-1]


@asynccontextmanager
async def workspace(folder: Path) -> AsyncIterator[tuple[Sandbox, SandboxClient]]:
    """A sandbox with its waits shortened, and a client for it."""
    settings = SandboxSettings(
        rates="off", ack_timeout=10.0, trigger_life=60.0, file_processing=0.05, retry_delays=[0.2, 0.2, 0.2]
    )
    async with (
        Sandbox(data=folder, manifest=ROOT / "manifest-workflow.yml", settings=settings) as sandbox,
        SandboxClient(sandbox.page_url, patience=PATIENCE) as person,
    ):
        yield sandbox, person


@asynccontextmanager
async def world(folder: Path, **provider: Any) -> AsyncIterator[World]:
    """A world with a sandbox of its own. The fixture `w` shares one between tests."""
    async with StandInProvider(**provider) as stand_in, workspace(folder / "sandbox") as (sandbox, person):
        yield World(folder, sandbox, person, stand_in)
        all_is_taken(sandbox)


def all_is_taken(sandbox: Sandbox) -> None:
    """Whatever the bot has offered to press or to send off, somebody takes."""
    offered = sandbox.state.workspace.offered
    assert offered.actions <= register.action_ids(), offered.actions - register.action_ids()
    entries = {(menu, value.partition(" ")[0]) for menu, value in offered.entries}
    assert entries <= register.menu_entries(), entries - register.menu_entries()
    assert offered.modals <= register.callback_ids(), offered.modals - register.callback_ids()


def examples(count: int, answer: str = "Certainly.") -> bytes:
    return b"\n".join(
        orjson.dumps(
            {
                "messages": [
                    {"role": "system", "content": "You are a helper."},
                    {"role": "user", "content": f"Question number {i}?"},
                    {"role": "assistant", "content": f"{answer} {i}"},
                ]
            }
        )
        for i in range(count)
    )


def is_chat(message: dict[str, Any]) -> bool:
    """Whether a model answers in this message's thread."""
    return str(message.get("metadata", {}).get("event_payload", {}).get("id")).startswith("chat/")


async def until(condition: Callable[..., Any], seconds: float = PATIENCE) -> None:
    """Wait for something in this process to become true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
