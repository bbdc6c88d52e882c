"""A history of evaluations: people start them, pause, go on, cancel and ask again, while the network fails and the
process dies.

What runs is the bot as it is put together for use: the use cases, the runs, and the messages that tell of them, with
the real SDKs below and the real SQL. Pictures are left out: a message without its picture is the same message.
"""

import asyncio
import functools
import hashlib
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx2
import orjson
from openai import AsyncOpenAI
from slack_sdk.web.async_client import AsyncWebClient

from app import compose
from app.services import make_services
from bot.access import Actor, Caller, Place, Role
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.errors import BotError
from bot.evaluations.evaluation import EvaluationRequest
from bot.evaluations.evaluations import Evaluations
from bot.jobs.job import Origin
from bot.providers.interface import ProviderError
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.settings import load as load_settings
from bot.store.database import StoreTrouble
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.timing import Timing
from handlers.evaluations.listeners import EvaluationListeners
from handlers.evaluations.result_blocks import Picture
from handlers.evaluations.results import ResultMessages
from tests.evaluating import a_chat
from tests.parts import a_dataset
from tests.simulation.loop import Timeline
from tests.simulation.network import Network
from tests.simulation.provider import ProviderModel, Transport
from tests.simulation.slack import BOT, Session, SlackModel
from tests.simulation.store import MemoryDatabase, new_store
from tests.simulation.talk import Here
from tests.simulation.world import EPOCH, PATIENCE, PROVIDER, World, alone, deaths, live

MODELS = ("ft:gpt-4.1-mini-2025-04-14:x::1", "ft:gpt-4.1-mini-2025-04-14:x::2")
CHANNELS = {"C1": False, "C2": True}
"""Which of them are private."""
ITEMS = 8
# US dollars that one answer costs at most, and the seconds within which a used-up budget is noticed.
DEAREST, NOTICED = 0.0001, 2.0


@dataclass
class Act:
    """What somebody does, once: `start`, `pause`, `resume` or `cancel` the evaluation of this `key`."""

    at: float
    kind: str
    key: str
    done: bool = False


@dataclass(kw_only=True)
class EvaluationWorld(World):
    """`requests`: the channel and the number of items of what is started by each key. `asked`: each question that has
    set out to a model, as (seconds, model, question)."""

    requests: dict[str, tuple[str, int]]
    acts: list[Act]
    budget: float | None = None
    asked: list[tuple[float, str, str]] = field(default_factory=list)

    def is_kept(self, model: str, question: str) -> bool:
        """Whether an answer that whoever asks now may use is in the store."""
        return (
            self.store.execute(
                "SELECT 1 FROM model_answers WHERE model = ? AND json_extract(value, '$.content') LIKE ?",
                [model, f"{question} has%"],
            ).fetchone()
            is not None
        )

    def spent(self, before: float) -> float:
        """US dollars, by what was kept until then."""
        (usd,) = self.store.execute("SELECT total(usd) FROM model_use WHERE at <= ?", [before]).fetchone()
        return float(usd)


def evaluate(seed: str, prepare: Callable[[EvaluationWorld], None] | None = None) -> EvaluationWorld:
    """The whole history of a seed, until all has come to rest. `prepare` may see to it that something happens."""
    world = _world(seed)
    if prepare is not None:
        prepare(world)
    with patch.object(ResultMessages, "_picture", _no_picture):
        return live(world, EvaluationProcess)


def _world(seed: str) -> EvaluationWorld:
    rng = random.Random(f"evaluate/{seed}")
    timeline = Timeline()
    calm_after = rng.uniform(20, 90)
    network = Network(rng, timeline, rate=rng.choice([0, 0.05, 0.15]), calm_after=calm_after)
    provider = ProviderModel(seed, lambda: EPOCH + timeline.now, random.Random(f"provider/{seed}"))
    provider.models = [*MODELS]
    slack = SlackModel(lambda: EPOCH + timeline.now, random.Random(f"slack/{seed}"))
    # All in one place, or in two that share nothing: so nothing may be asked twice.
    channel = rng.choice(list(CHANNELS))
    requests = {f"e{number}": (channel, rng.choice([4, ITEMS])) for number in range(rng.choice([1, 1, 2]))}
    acts = []
    for key in requests:
        at = rng.uniform(0, 20)
        acts.append(Act(at, "start", key))
        if rng.random() < 0.3:
            acts.append(Act(at + rng.uniform(0, 2), "start", key))  # pressed twice
        for _ in range(rng.choice([0, 0, 1, 2])):
            at += rng.uniform(0.1, 8)
            acts += [Act(at, "pause", key), Act(at + rng.uniform(0.1, 30), "resume", key)]
        if rng.random() < 0.15:
            acts.append(Act(at + rng.uniform(0, 20), "cancel", key))
        if rng.random() < 0.5:  # what failed is asked again
            acts.append(Act(calm_after + rng.uniform(0, 300), "resume", key))
    world = EvaluationWorld(
        *(seed, rng, timeline, network, provider, slack, new_store(), deaths(rng)),
        requests=requests,
        acts=sorted(acts, key=lambda act: act.at),
    )
    if rng.random() < 0.2:
        limit(world, rng.choice([0.0, 0.00005, 0.0002]))
    if rng.random() < 0.15:
        world.store_trouble = 0.03
        timeline.at(calm_after, lambda: setattr(world, "store_trouble", 0.0))
    return world


def limit(world: EvaluationWorld, usd: float) -> None:
    """A budget of the workspace."""
    world.budget = usd
    world.store.execute("INSERT OR REPLACE INTO budgets VALUES ('workspace', '', ?)", [usd])


class EvaluationProcess:
    """The bot, as far as evaluations are concerned. It knows what is in the store, and no more."""

    def __init__(self, world: EvaluationWorld) -> None:
        self.world = world
        self.database = MemoryDatabase(world.store, world.rng, lambda: world.store_trouble)
        transport = _Watched(world.network, world.provider, world)
        client = AsyncOpenAI(
            api_key="sk-x", base_url="http://provider/v1", http_client=httpx2.AsyncClient(transport=transport)
        )
        self.provider = OpenAIProtocol(PROVIDER, client)
        # The SDK would ask for the name of the platform in a thread.
        self.provider._client._platform = "Linux"
        session: Any = Session(world.network, world.slack)
        self.slack = AsyncWebClient(token="xoxb-x", session=session, retry_handlers=[])
        self.store = SqlEvaluationStore(self.database)
        self.evaluations: Evaluations

    async def run(self) -> None:
        settings = load_settings(_env_file=None, finetune_data=_folder())
        who: dict[str, object] = {"team_id": "T1", "user_id": BOT}
        membership = alone(self.world, self.database)
        services = await make_services(
            *(settings, Timing(), self.slack, who, Providers(self.provider), self.database, Here(), membership)
        )
        for channel, private in CHANNELS.items():
            await _patiently(lambda channel=channel, private=private: self._take_in(channel, private))
        listeners: Any = compose.listeners(services)
        listening = listeners[EvaluationListeners]
        self.evaluations = listening.evaluations
        tasks = [asyncio.ensure_future(work) for work in (listening.runs.run(), listening.keeper.run(), self._people())]
        end = self.world.network.calm_after + PATIENCE
        while not await self._at_rest():
            if self.world.timeline.now > end:
                self.world.surprises.append(f"it does not come to rest: {await self._unrest()}")
                break
            for task in tasks:
                if task.done():
                    self.world.surprises.append(f"a part of the process ended: {task!r}")
                    return
            await asyncio.sleep(5)

    async def _take_in(self, channel: str, private: bool) -> None:
        store = SqlDatasetStore(self.database)
        if await store.get(f"ds-{channel}") is None:
            await store.save(_dataset(channel, private=private))

    async def _people(self) -> None:
        """What people do, one after the other; a press that was not carried out they repeat."""
        for act in self.world.acts:
            await asyncio.sleep(max(0, act.at - self.world.timeline.now))
            if not act.done:
                await _patiently(lambda act=act: self._carry_out(act))
                act.done = True
        while True:
            await asyncio.sleep(60)

    async def _carry_out(self, act: Act) -> None:
        self.world.network.note(f"a person {act.kind}s {act.key}")
        channel, n = self.world.requests[act.key]
        place = Place(channel)
        caller = Caller(Actor("U1", "T1", Role.MEMBER), "T1", channel, place, place, act.key, self.world.wall())
        origin = Origin("T1", channel, CHANNELS[channel])
        try:
            if act.kind == "start":
                request = EvaluationRequest(MODELS, f"ds-{channel}", n=n, control=False)
                await self.evaluations.start(caller, origin, request)
            else:
                change = {
                    "pause": self.evaluations.pause,
                    "resume": self.evaluations.resume,
                    "cancel": self.evaluations.cancel,
                }[act.kind]
                await change(caller, id_of(act.key))
        except (StoreTrouble, ProviderError):
            raise
        except BotError as error:
            self.world.network.note(f"{act.kind} {act.key}: {error}")

    async def _at_rest(self) -> bool:
        return self.world.is_calm() and not await self._unrest()

    async def _unrest(self) -> list[str]:
        unrest = [f"{act.kind} {act.key}" for act in self.world.acts if not act.done]
        try:
            unrest += [f"{one} runs" for one in await self.store.due()]
            unrest += [f"{one} is not shown" for one in await self.store.unshown()]
        except StoreTrouble as error:
            unrest.append(str(error))
        return unrest


async def _no_picture(*arguments: Any, **options: Any) -> list[Picture]:
    return []


class _Watched(Transport):
    """Hears of each question when it sets out."""

    def __init__(self, network: Network, model: ProviderModel, world: EvaluationWorld) -> None:
        super().__init__(network, model)
        self._world = world

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/chat/completions"):
            body = orjson.loads(await request.aread())
            _set_out(self._world, body["model"], body["messages"][-1]["content"])
        return await super().handle_async_request(request)


def _set_out(world: EvaluationWorld, model: str, question: str) -> None:
    world.asked.append((world.timeline.now, model, question))
    if world.is_kept(model, question):
        world.surprises.append(f"{model} is asked {question!r}, though its answer is kept")
    if world.budget is not None and world.spent(world.wall() - NOTICED) > world.budget:
        world.surprises.append(f"{model} is asked {question!r} beyond the budget")


def id_of(key: str) -> str:
    """Of the evaluation that was started by this key."""
    return "eval-" + hashlib.sha256(key.encode()).hexdigest()[:12]


async def _patiently(work: Callable[..., Any]) -> Any:
    while True:
        try:
            return await work()
        except (StoreTrouble, ProviderError):
            await asyncio.sleep(1)


def _dataset(channel: str, *, private: bool) -> Dataset:
    return a_dataset(
        id=f"ds-{channel}", sha256="reviews", name="reviews.jsonl", team="T1", channel=channel, channel_private=private
    )


@functools.cache
def _folder() -> Path:
    """Where our copies of files lie: the same ones for all histories."""
    folder = Path(tempfile.mkdtemp(prefix="histories-"))
    lines = [a_chat(f"Review {n}?", f"Nothing but {n} to say about it.") for n in range(ITEMS)]
    path = FileStore(folder / "files", 1_000_000).path("reviews")
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return folder
