"""A history of conversations: what people say in threads, what the network does, and when the process dies.

What runs is the bot as it is put together for use, from Bolt's dispatcher and the inbox to the streams in Slack, with
the real SDKs below and the real SQL. Slack delivers an event until it hears that it was taken.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from openai import AsyncOpenAI
from simulation.loop import Timeline
from simulation.network import Network
from simulation.provider import ProviderModel, Transport
from simulation.slack import BOT, Session, SlackModel
from simulation.store import MemoryDatabase, new_store
from simulation.world import EPOCH, PATIENCE, PROVIDER, World, deaths, live
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from app import compose
from app.services import make_services
from bot.conversations.conversation import Conversation
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.settings import Settings
from bot.store.inbox import SqliteInbox
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from handlers.bolt import build
from handlers.inbox import Inbox

MODEL = "ft:gpt-4.1-mini-2025-04-14:x::1"
CHANNEL = "C1"
# Seconds after which Slack sends again what was not acknowledged.
_AGAIN = 3.0
_NOWHERE = Path(__file__).with_name("no-data")


@dataclass
class Event:
    """What Slack has to tell the bot."""

    body: dict[str, Any]
    taken: bool = False


@dataclass(frozen=True)
class Question:
    ts: str
    thread_ts: str
    text: str

    @property
    def key(self) -> str:
        return f"message/{CHANNEL}/{self.ts}"


@dataclass(kw_only=True)
class TalkWorld(World):
    """`to_say`: how many questions people will still ask."""

    conversations: list[Conversation]
    events: list[Event]
    questions: list[Question]
    to_say: int = 0

    def ask(self, conversation: Conversation, user: str, text: str) -> None:
        self.to_say -= 1
        ts = self.slack.say(CHANNEL, conversation.thread_ts, user, text)
        self.questions.append(Question(ts, conversation.thread_ts, text))
        event = {"type": "message", "channel": CHANNEL, "channel_type": "channel", "user": user, "text": text}
        event |= {"ts": ts, "event_ts": ts, "thread_ts": conversation.thread_ts}
        self.events.append(Event({"type": "event_callback", "team_id": "T1", "event_id": f"Ev{ts}", "event": event}))


def talk(seed: str, prepare: Callable[[TalkWorld], None] | None = None) -> TalkWorld:
    """The whole history of a seed, until all has come to rest. `prepare` may see to it that something happens."""
    world = _world(seed)
    if prepare is not None:
        prepare(world)
    return live(world, TalkProcess)


def _world(seed: str) -> TalkWorld:
    rng = random.Random(f"talk/{seed}")
    timeline = Timeline()
    calm_after = rng.uniform(20, 90)
    network = Network(rng, timeline, rate=rng.choice([0, 0.05, 0.15]), calm_after=calm_after)
    if rng.random() < 0.1:
        begin = rng.uniform(0, calm_after)
        network.black_out(rng.choice(["provider", "slack"]), begin, begin + rng.choice([10, 60]))
    skew = {service: rng.uniform(-20, 20) for service in ("provider", "slack")}
    provider = ProviderModel(seed, lambda: EPOCH + timeline.now + skew["provider"], random.Random(f"provider/{seed}"))
    provider.models = [MODEL]
    slack = SlackModel(lambda: EPOCH + timeline.now + skew["slack"], random.Random(f"slack/{seed}"))
    world = TalkWorld(
        *(seed, rng, timeline, network, provider, slack, new_store(), deaths(rng)),
        conversations=[_conversation(number) for number in range(1, rng.choice([1, 2]) + 1)],
        events=[],
        questions=[],
    )
    for conversation in world.conversations:
        value = msgspec.json.encode(conversation).decode()
        world.store.execute(
            "INSERT INTO conversations VALUES (?, ?, ?, ?)",
            [conversation.id, CHANNEL, conversation.thread_ts, value],
        )
    world.to_say = rng.randint(1, 5)
    for number in range(1, world.to_say + 1):
        conversation, user = rng.choice(world.conversations), rng.choice(["U1", "U2"])
        text = f"Question {number}?"
        timeline.at(rng.uniform(0, 20), lambda told=(conversation, user, text): world.ask(*told))  # type: ignore[misc]
    return world


def _conversation(number: int) -> Conversation:
    return Conversation(f"cv-{number}", MODEL, "T1", CHANNEL, f"1700000000.00{number}000", "U1", EPOCH)


class TalkProcess:
    """The whole bot, as far as Slack's events reach. It knows what is in the store, and no more."""

    def __init__(self, world: TalkWorld) -> None:
        self.world = world
        self.database = MemoryDatabase(world.store, world.rng, lambda: world.store_trouble)
        client = AsyncOpenAI(
            api_key="sk-x",
            base_url="http://provider/v1",
            http_client=httpx2.AsyncClient(transport=Transport(world.network, world.provider)),
        )
        self.provider = OpenAIProtocol(PROVIDER, client)
        # The SDK would ask for the name of the platform in a thread.
        self.provider._client._platform = "Linux"
        session: Any = Session(world.network, world.slack)
        self.slack = AsyncWebClient(token="xoxb-x", session=session, retry_handlers=[])
        self.inbox_store = SqliteInbox(self.database)

    async def run(self) -> None:
        settings = Settings(_env_file=None, finetune_data=_NOWHERE)  # type: ignore[call-arg]
        who: dict[str, object] = {"team_id": "T1", "user_id": BOT}
        services = await make_services(
            settings, Timing(), self.slack, who, Providers(self.provider), self.database, WorkerPools()
        )
        app, inbox = build(
            self.slack,
            None,
            self.inbox_store,
            await compose.listeners(services),
            authority=services.authority,
            people=services.people,
            poster=services.poster,
            languages=services.languages,
            bot_user=BOT,
            finished=services.incoming_files.changed,
        )
        await inbox.recover(app)
        delivering: dict[int, asyncio.Task[None]] = {}
        end = self.world.network.calm_after + PATIENCE
        while not await self._at_rest(inbox):
            if self.world.timeline.now > end:
                self.world.surprises.append("it does not come to rest")
                break
            for number, event in enumerate(self.world.events):
                if not event.taken and (number not in delivering or delivering[number].done()):
                    delivering[number] = asyncio.ensure_future(self._deliver(app, event))
            await asyncio.sleep(1)

    async def _deliver(self, app: Any, event: Event) -> None:
        await asyncio.sleep(self.world.rng.uniform(0, 0.2))
        response = await app.async_dispatch(
            AsyncBoltRequest(mode="socket_mode", body=msgspec.convert(event.body, dict))
        )
        # Now and then Slack does not hear that it was taken.
        if response.status == 200 and self.world.rng.random() < 0.9:
            event.taken = True
        else:
            await asyncio.sleep(_AGAIN)

    async def _at_rest(self, inbox: Inbox) -> bool:
        if not self.world.is_calm() or self.world.to_say or inbox.busy:
            return False
        return all(event.taken for event in self.world.events) and not await self.inbox_store.pending()
