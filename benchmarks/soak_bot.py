"""The whole bot as `soak.py` has it, put together as it is for use; only charts and pictures are left out."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import httpx2
import structlog
from openai import AsyncOpenAI
from slack_sdk.web.async_client import AsyncWebClient

from app import background
from app.schedule import Task
from benchmarks.scale_world import NoCharts
from benchmarks.soak_world import SoakWorld, Store
from bot.changes import CHANGES
from bot.providers.config import ProviderConfig
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.providers.trainer import TRAINER
from bot.settings import load as load_settings
from bot.timing import Timing
from bot.worker_processes import Pool, WorkerPools
from handlers.chat.listeners import ChatListeners
from handlers.evaluations.results import ResultMessages
from tests.simulation.provider import ProviderModel, Transport
from tests.simulation.slack import Session
from tests.simulation.whole_bot import WholeBot, whole_bot
from tests.simulation.world import PROVIDER, alone

log = structlog.get_logger()


class BotProcess:
    """One life of it. It begins with what is in the store, and no more."""

    def __init__(self, world: SoakWorld) -> None:
        self.world = world
        self.database = Store(world)
        self.bot: WholeBot

    async def start(self) -> None:
        CHANGES.set(self.database.changes)
        world = self.world
        session: Any = Session(world.network, world.slack)
        client = AsyncWebClient(token="xoxb-x", session=session, retry_handlers=[])
        providers = Providers(
            self._provider(PROVIDER, world.provider),
            self._provider("home", world.home),
            configs=[ProviderConfig(name=PROVIDER), ProviderConfig(name="home", vendor=TRAINER)],
        )
        settings = load_settings(_env_file=None, finetune_data=world.folder)
        membership = alone(world, self.database)
        await membership.join()
        database: Any = self.database
        self.bot = bot = await whole_bot(settings, client, providers, database, AtOnce(), membership)
        self.tasks = [*background.own_loops(bot.listeners), *background.loops(bot.services, bot.listeners)]
        by_the_clock = background.by_the_clock(bot.services, bot.listeners)
        self.tasks += [asyncio.create_task(_again(one)) for one in by_the_clock]
        await bot.services.submitter.recover()
        await bot.worker.recover(bot.app)

    def _provider(self, name: str, model: ProviderModel) -> OpenAIProtocol:
        http = httpx2.AsyncClient(transport=Transport(self.world.network, model))
        provider = OpenAIProtocol(name, AsyncOpenAI(api_key="x", base_url=f"http://{name}/v1", http_client=http))
        provider._client._platform = "Linux"  # the SDK would ask for it in a thread
        return provider

    async def stop(self) -> None:
        """As `app.run` does it."""
        await self.bot.worker.drain(Timing.drain)
        for task in self.tasks:
            task.cancel()
        await asyncio.wait([*self.tasks, asyncio.create_task(self.bot.services.submitter.close())], timeout=2.5)

    @property
    def threads(self) -> int:
        """Of which it remembers whether they talk to a model."""
        chat: Any = self.bot.listeners[ChatListeners]
        return len(chat.threads._known)


async def _again(task: Task) -> None:
    """In place of APScheduler, which goes by the machine's clock."""
    while True:
        await asyncio.sleep(task.seconds)
        try:
            await task.work()
        except Exception:
            log.exception("a task failed", of=task.name)


class AtOnce(WorkerPools):
    """Processes are no part of it: the work is done here."""

    async def run(self, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # type: ignore[override]
        partial = options.pop("on_partial", None)
        for name in ("pool", "seconds"):
            options.pop(name, None)
        return work(*arguments, **options, **({"partial": partial} if partial else {}))

    def warm(self, pool: Pool) -> None: ...


async def _no_picture(*_: Any, **__: Any) -> list[Any]:
    return []


@contextlib.contextmanager
def without_pictures() -> Iterator[None]:
    with patch.object(background, "Charts", NoCharts), patch.object(ResultMessages, "_picture", _no_picture):
        yield
