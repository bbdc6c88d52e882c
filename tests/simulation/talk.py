"""A history of conversations: what people say in threads and vote in arenas, what the network does, and when the
process dies.

What runs is the bot as it is put together for use, from Bolt's dispatcher and the inbox to the streams in Slack, with
the real SDKs below and the real SQL. Slack delivers an event until it hears that it was taken; what people press it
delivers once, and they press again where they see a warning.
"""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from openai import AsyncOpenAI
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.compare.comparison import Choice
from bot.conversations.conversation import Conversation
from bot.membership import Membership
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.settings import Settings
from bot.settings import load as load_settings
from bot.store.comparisons import SqlComparisonStore
from bot.store.database import Database
from bot.store.feedback import SqlRatingStore
from bot.store.inbox import SqlInbox
from bot.worker_processes import WorkerPools
from handlers.compare.blocks import VOTES
from handlers.compare.listeners import CompareListeners
from tests.simulation.feedback import GUEST, Feedback, Judge, Opinion
from tests.simulation.loop import Timeline
from tests.simulation.network import Network
from tests.simulation.provider import ProviderModel, Transport
from tests.simulation.slack import BOT, Session, SlackModel
from tests.simulation.store import MemoryDatabase, new_store
from tests.simulation.whole_bot import WholeBot, whole_bot
from tests.simulation.world import EPOCH, PATIENCE, PROVIDER, World, alone, deaths, live

MODELS = ("ft:gpt-4.1-mini-2025-04-14:x::1", "ft:gpt-4.1-mini-2025-04-14:x::2")
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


@dataclass
class Press:
    """Somebody presses a button as soon as they see it, in an arena the one for `choice`. `tried`: the bot may have
    heard of it; `taken`: they saw that it has; `done`: that, or the button is gone."""

    at: float
    user: str
    choice: Choice
    tried: bool = False
    taken: bool = False
    done: bool = False


@dataclass(kw_only=True)
class TalkWorld(World):
    """`to_say`: how many questions people will still ask. `arena`: the question of the one there is, and how many votes
    for each pair end it; `arena_ts` the message that asked for it. Each person's `presses` come one after the other.
    Once all that people think of answers is said, they ask a last question in each conversation."""

    conversations: list[Conversation]
    events: list[Event]
    questions: list[Question]
    to_say: int = 0
    arena: tuple[str, int] | None = None
    arena_ts: str | None = None
    presses: list[Press]
    feedback: Feedback = field(default_factory=Feedback)
    asked_last: bool = False
    settled: bool = False  # nothing is under way, as far as a process has seen

    def nothing_comes(self) -> bool:
        return self.is_calm() and not self.to_say and self.settled

    def ask_last(self) -> None:
        self.asked_last = True
        self.to_say += len(self.conversations)
        for conversation in self.conversations:
            self.ask(conversation, "U1", last_question(conversation))

    def ask(self, conversation: Conversation, user: str, text: str) -> None:
        self.to_say -= 1
        ts = self.slack.say(CHANNEL, conversation.thread_ts, user, text)
        self.questions.append(Question(ts, conversation.thread_ts, text))
        self._tell("message", user, text, ts, thread_ts=conversation.thread_ts)

    def open_arena(self, question: str, votes: int) -> None:
        self.to_say -= 1
        text = f"<@{BOT}> arena {MODELS[0]} {MODELS[1]} votes={votes} {question}"
        self.arena_ts = self.slack.say(CHANNEL, None, "U1", text)
        self._tell("app_mention", "U1", text, self.arena_ts)

    def _tell(self, kind: str, user: str, text: str, ts: str, **more: str) -> None:
        event = {"type": kind, "channel": CHANNEL, "channel_type": "channel", "user": user, "text": text}
        event |= {"ts": ts, "event_ts": ts, **more}
        self.events.append(Event({"type": "event_callback", "team_id": "T1", "event_id": f"Ev{ts}", "event": event}))

    def button(self, action_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The first message with such a button, and that."""
        for message in self.slack.messages.get(CHANNEL, []):
            for block in message["blocks"]:
                for element in block.get("elements") or ():
                    if element.get("action_id") == action_id:
                        return message, element
        return None


def last_question(conversation: Conversation) -> str:
    return f"And now, in {conversation.id}?"


def talk(seed: str, prepare: Callable[[TalkWorld], None] | None = None) -> TalkWorld:
    """The whole history of a seed, until all has come to rest. `prepare` may see to it that something happens."""
    world = talk_world(seed)
    if prepare is not None:
        prepare(world)
    return live(world, TalkProcess)


def talk_world(seed: str) -> TalkWorld:
    rng = random.Random(f"talk/{seed}")
    timeline = Timeline()
    calm_after = rng.uniform(20, 90)
    network = Network(rng, timeline, rate=rng.choice([0, 0.05, 0.15]), calm_after=calm_after)
    if rng.random() < 0.1:
        begin = rng.uniform(0, calm_after)
        network.black_out(rng.choice(["provider", "slack"]), begin, begin + rng.choice([10, 60]))
    skew = {service: rng.uniform(-20, 20) for service in ("provider", "slack")}
    provider = ProviderModel(seed, lambda: EPOCH + timeline.now + skew["provider"], random.Random(f"provider/{seed}"))
    provider.models = [*MODELS]
    slack = SlackModel(lambda: EPOCH + timeline.now + skew["slack"], random.Random(f"slack/{seed}"))
    slack.guests = {GUEST}
    world = TalkWorld(
        *(seed, rng, timeline, network, provider, slack, new_store(), deaths(rng)),
        conversations=[_conversation(number) for number in range(1, rng.choice([1, 2]) + 1)],
        events=[],
        questions=[],
        presses=[],
    )
    for conversation in world.conversations:
        value = msgspec.json.encode(conversation).decode()
        world.store.execute(
            "INSERT INTO conversations (id, channel, thread_ts, value) VALUES (?, ?, ?, ?)",
            [conversation.id, CHANNEL, conversation.thread_ts, value],
        )
    world.to_say = rng.randint(1, 5)
    for number in range(1, world.to_say + 1):
        conversation, user = rng.choice(world.conversations), rng.choice(["U1", "U2"])
        text = f"Question {number}?"
        timeline.at(rng.uniform(0, 20), lambda told=(conversation, user, text): world.ask(*told))  # type: ignore[misc]
    if rng.random() < 0.3:
        arena = world.arena = "Which one?", rng.choice([2, 3])
        world.to_say += 1
        timeline.at(rng.uniform(0, 20), lambda: world.open_arena(*arena))
        world.presses = [
            Press(rng.uniform(0, 60), user, rng.choice(list(Choice)))
            for user in ("U1", "U2")
            for _ in range(rng.choice([1, 1, 2]))
        ]
    if rng.random() < 0.4:
        world.feedback.opinions = [
            Opinion(
                rng.uniform(0, 60), user, rng.choice(["good", "bad", "why", "correct", "correct"]), rng.randint(0, 3)
            )
            for user in rng.choice([("U1",), ("U1", "U2"), ("U1", "U2", GUEST)])
            for _ in range(rng.randint(1, 3))
        ]
    return world


def _conversation(number: int) -> Conversation:
    return Conversation(f"cv-{number}", MODELS[0], "T1", CHANNEL, f"1700000000.00{number}000", "U1", EPOCH)


class Public:
    """People, and Slack, which tells the bot what they do. `dispatch`: what a bot answers Slack, None where none does
    in time; `is_busy`: whether one works on something. The `database` is read for what people can see."""

    def __init__(
        self,
        world: TalkWorld,
        database: MemoryDatabase,
        dispatch: Callable[[dict[str, Any]], Awaitable[BoltResponse | None]],
        is_busy: Callable[[], bool],
    ) -> None:
        self.world = world
        self._database = database
        self._inbox = SqlInbox(database)
        self._dispatch = dispatch
        self._is_busy = is_busy
        self._delivering: dict[int, asyncio.Task[None]] = {}

    def pressing(self) -> list[Coroutine[None, None, None]]:
        """Each person, as long as they have something to do."""
        voting = [self._press(user) for user in ("U1", "U2")]
        return [*voting, *(self._judge(user) for user in ("U1", "U2", GUEST))]

    def tell(self) -> None:
        """Slack tells what was not taken yet."""
        for number, event in enumerate(self.world.events):
            if not event.taken and (number not in self._delivering or self._delivering[number].done()):
                self._delivering[number] = asyncio.ensure_future(self._deliver(event))

    async def is_at_rest(self) -> bool:
        if not self.world.is_calm() or self.world.to_say or self._is_busy():
            return False
        taken = all(event.taken for event in self.world.events) and not await self._inbox.pending()
        self.world.settled = taken and not await self._due()
        feedback = self.world.feedback
        return (
            self.world.settled
            and all(press.done for press in self.world.presses)
            and feedback.done.issuperset(feedback.opinions)
        )

    def asks_last(self) -> bool:
        if self.world.asked_last or not self.world.feedback.opinions:
            return False
        self.world.ask_last()
        return True

    async def _press(self, user: str) -> None:
        """What one person presses, one after the other."""
        for press in sorted(self.world.presses, key=lambda press: press.at):
            if press.user != user:
                continue
            await asyncio.sleep(max(0, press.at - self.world.timeline.now))
            while not press.done:
                found = self.world.button(VOTES[press.choice])
                if found is None:
                    press.done = self.world.is_calm() and not await self._due() and not self.world.to_say
                    await asyncio.sleep(2)
                    continue
                message, button = found
                at = f"{self.world.wall():.6f}"
                body = {
                    "type": "block_actions",
                    "user": {"id": user},
                    "team": {"id": "T1"},
                    "channel": {"id": CHANNEL},
                    "message": message,
                    "container": {"message_ts": message["ts"], "thread_ts": message["thread_ts"]},
                    "trigger_id": f"{user}.{at}",
                    "actions": [{"type": "button", "action_ts": at, **button}],
                }
                event, press.tried = Event(body), True
                await self._deliver(event)
                press.taken = press.done = event.taken

    async def _judge(self, user: str) -> None:
        """What one person thinks of answers, one after the other."""
        ratings, feedback = SqlRatingStore(self._database), self.world.feedback

        async def deliver(body: dict[str, Any]) -> bool:
            event = Event(body)
            await self._deliver(event)
            return event.taken

        async def is_settled() -> bool:
            return not self._is_busy() and not await self._inbox.pending()

        async def rating(conversation_id: str, asked_ts: str, user: str) -> bool | None:
            found = await ratings.of_answer(conversation_id, asked_ts)
            return next((one.good for one in found if one.user == user), None)

        judge = Judge(self.world, user, deliver, is_settled, rating)
        for opinion in sorted(feedback.opinions, key=lambda one: one.at):
            if opinion.user == user and opinion not in feedback.done:
                await asyncio.sleep(max(0, opinion.at - self.world.timeline.now))
                await judge.judge(opinion)

    async def _due(self) -> bool:
        return bool(await SqlComparisonStore(self._database).due(self.world.wall()))

    async def _deliver(self, event: Event) -> None:
        await asyncio.sleep(self.world.rng.uniform(0, 0.2))
        response = await self._dispatch(event.body)
        # Now and then Slack does not hear that it was taken.
        if response is not None and response.status == 200 and self.world.rng.random() < 0.9:
            event.taken = True
        else:
            await asyncio.sleep(_AGAIN)


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
        self.bot: WholeBot | None = None

    async def run(self) -> None:
        membership = alone(self.world, self.database)
        await membership.join()
        bot = await self._begun(self.database, membership)
        keeping = asyncio.ensure_future(keep_comparisons(bot))
        await bot.worker.recover(bot.app)
        public = Public(self.world, self.database, bot.dispatch, lambda: bot.worker.busy)
        pressing = [asyncio.ensure_future(each) for each in public.pressing()]
        end = self.world.network.calm_after + PATIENCE
        while not await public.is_at_rest() or public.asks_last():
            if self.world.timeline.now > end:
                self.world.surprises.append("it does not come to rest")
                break
            for task in (keeping, *(task for task in pressing if task.done() and task.exception())):
                if task.done():
                    self.world.surprises.append(f"a part of the process ended: {task!r}")
                    return
            public.tell()
            await asyncio.sleep(1)

    async def _begun(self, database: Database, membership: Membership) -> WholeBot:
        providers = Providers(self.provider)
        self.bot = await whole_bot(_settings(), self.slack, providers, database, Here(), membership)
        return self.bot


async def keep_comparisons(bot: WholeBot) -> None:
    compare: Any = bot.listeners[CompareListeners]
    await compare.keeper.run()


@functools.cache
def _settings() -> Settings:
    """Once, for to read them takes a tenth of a history's time."""
    return load_settings(_env_file=None, finetune_data=_NOWHERE)


class Here(WorkerPools):
    """Processes are no part of a history: the work is done at once."""

    async def run(self, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # type: ignore[override]
        return work(*arguments)
