"""One history: a seed says what people do, how jobs live, what the network does, and when the process dies.

What runs is the real submitter, line, follower, outbox and card keeper, approvals and budgets, with the real SDKs of
OpenAI and Slack below and the real SQL. Models stand in for the two services, at the HTTP transport of each SDK. Charts
are left out: a message without its picture is the same message.
"""

import asyncio
import contextlib
import math
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx2
import msgspec
from openai import AsyncOpenAI
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Actor, Caller, Place, Policy, Role
from bot.authority import Authority
from bot.errors import BotError, NotFound
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.approval import AlreadyDecided, Approvals
from bot.jobs.cancel import cancel
from bot.jobs.estimate import spend_of
from bot.jobs.follow import Follower
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.queue import JobQueue
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.notices.deliver import Delivery
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.budget import OverBudget, used
from bot.store.audit import SqlAuditLog
from bot.store.database import Database, StoreTrouble
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore, SqlOutbox
from bot.worker_processes import WorkerPools
from handlers.outgoing.cards import CardKeeper
from handlers.outgoing.charts import Charts
from handlers.outgoing.digest_messages import DigestMessages
from handlers.outgoing.notice_poster import SlackNoticePoster
from handlers.web.poster import Poster
from tests.groups import group_messages
from tests.simulation.loop import Timeline
from tests.simulation.network import Network
from tests.simulation.provider import ProviderModel, Transport
from tests.simulation.slack import Session, SlackModel
from tests.simulation.store import MemoryDatabase, new_store
from tests.simulation.world import EPOCH, PATIENCE, PROVIDER, World, deaths, live

MODEL = "gpt-4.1-mini-2025-04-14"
POLL = 8.0
# US dollars above which a job needs approval, and what jobs are estimated at.
APPROVAL_ABOVE = 5.0
COSTS = (1.0, 1.0, 1.0, 1.0, 8.0, None)


@dataclass
class Action:
    """Something that a person did: kept, as the inbox keeps it, until it was carried out."""

    at: float
    kind: str
    job: Job
    done: bool = False


@dataclass(kw_only=True)
class JobWorld(World):
    acts: list[Action]
    rules: Rules
    budget: float | None = None  # of the workspace, US dollars a month
    decisive: float = 0.7  # how many people decide about an uncertain job
    resubmitted: set[str] = field(default_factory=set)
    over_budget: set[str] = field(default_factory=set)
    twins: set[str] = field(default_factory=set)  # refused, because another job did the same

    def stored(self, job_id: str) -> Job | None:
        row = self.store.execute("SELECT value FROM jobs WHERE id = ?", [job_id]).fetchone()
        return row and msgspec.json.decode(row[0], type=Job)

    def forget(self) -> None:
        """The provider and Slack went on since the backup was made; people do not know what of theirs was forgotten."""
        for act in self.acts:
            act.done = act.done or act.at <= self.timeline.now


W = TypeVar("W", bound=JobWorld)


def play(seed: str, prepare: Callable[[JobWorld], None] | None = None) -> JobWorld:
    """The whole history of a seed, until all has come to rest. `prepare` may see to it that something happens."""
    world = job_world(seed, JobWorld, people)
    if prepare is not None:
        prepare(world)
    return live(world, JobProcess)


def job_world(seed: str, kind: type[W], acting: Callable[..., list[Action]]) -> W:
    """`acting`: what people do in it."""
    rng = random.Random(f"history/{seed}")
    timeline = Timeline()
    calm_after = rng.uniform(20, 150)
    network = Network(rng, timeline, rate=rng.choice([0, 0.05, 0.15, 0.3]), calm_after=calm_after)
    for service in ("provider", "slack"):
        if rng.random() < 0.15:
            begin = rng.uniform(0, calm_after)
            network.black_out(service, begin, begin + rng.choice([20, 200, 900]))
    skew = {service: rng.uniform(-20, 20) for service in ("provider", "slack")}
    provider = ProviderModel(seed, lambda: EPOCH + timeline.now + skew["provider"], random.Random(f"provider/{seed}"))
    slack = SlackModel(lambda: EPOCH + timeline.now + skew["slack"], random.Random(f"slack/{seed}"))
    limited = rng.random() < 0.3
    acts, dying = acting(rng, crowded=limited), deaths(rng)
    if dying and rng.random() < 0.1:
        dying[-1] = replace(dying[-1], restored=True)
    world = kind(
        *(seed, rng, timeline, network, provider, slack, new_store(), dying),
        acts=acts,
        rules=Rules(APPROVAL_ABOVE, deciders=("U2", "S1"), most_running=rng.choice([None, 1, 2]) if limited else None),
    )
    if limited:
        provider.most_running = rng.choice([1, 2])
        provider.full_until = EPOCH + rng.choice([0, 0, 0, rng.uniform(0, 200)])
    if rng.random() < 0.1:
        world.budget = rng.choice([1.5, 8.5])
        world.store.execute("INSERT INTO budgets VALUES ('workspace', '', ?)", [world.budget])
    provider.created = partial(_permitted, world)
    channel = world.acts[0].job.origin.channel
    if rng.random() < 0.05:
        timeline.at(rng.uniform(5, 100), lambda: slack.archived.add(channel))
    if rng.random() < 0.05:
        slack.unreadable.add(channel)
    if rng.random() < 0.1:
        jump = rng.choice([-7200, -600, 600, 7200])
        timeline.at(rng.uniform(5, 100), lambda: setattr(world, "shift", jump))
    world.backup_at = rng.randint(1, 40)
    if rng.random() < 0.1:
        world.store_trouble = 0.03
        timeline.at(calm_after, lambda: setattr(world, "store_trouble", 0.0))
    return world


def _permitted(world: JobWorld, submission: str) -> None:
    """What the store says of a job at the moment in which it begins to cost money."""
    job = world.stored(submission)
    if job is None:  # forgotten by a store that was put back
        return
    for (value,) in world.store.execute("SELECT value FROM jobs WHERE id <> ?", [submission]):
        other = msgspec.json.decode(value, type=Job)
        is_twin = (other.dataset_id, other.suffix) == (job.dataset_id, job.suffix)
        if is_twin and other.state not in states.ENDED:
            world.surprises.append(f"{submission} was created beside {other.id}, which does the same")
    is_dear = job.estimated_cost is None or job.estimated_cost > APPROVAL_ABOVE
    if is_dear and not (job.approval and job.approval.approved):
        world.surprises.append(f"{submission} was created before it was approved")
    if world.budget is None or world.restored:
        return
    jobs = [msgspec.json.decode(value, type=Job) for (value,) in world.store.execute("SELECT value FROM jobs")]
    if used(map(spend_of, jobs)).usd > world.budget:
        world.surprises.append(f"{submission} was created beyond the budget")


def people(rng: random.Random, *, crowded: bool) -> list[Action]:
    """What they do, each in their time."""
    acts = []
    for number in range(1, rng.choice([2, 3, 4] if crowded else [1, 1, 1, 2, 3]) + 1):
        channel = rng.choice(["C1", "C2"])
        job = Job(
            id=f"job-{number}",
            state=states.SUBMITTING,
            provider=PROVIDER,
            base_model=MODEL,
            requester="U1",
            origin=Origin("T1", channel, False, rng.choice([None, "1700000000.000100"])),
            created_at=0,
            suffix=f"s{number}",
            dataset_id=rng.choice(["ds-1", "ds-2"]),
            file_name="train.jsonl",
            estimated_cost=rng.choice(COSTS),
        )
        at = rng.uniform(0, 20)
        acts.append(Action(at, "submit", job))
        if rng.random() < 0.2:
            acts.append(Action(at + rng.uniform(0, 1), "submit", job))  # pressed twice
        if rng.random() < 0.2:
            acts.append(Action(at + rng.uniform(0, 60), "cancel", job))
    return sorted(acts, key=lambda act: act.at)


class JobProcess:
    """The bot, as far as jobs and what is said of them are concerned. It knows what is in the store, and no more."""

    def __init__(self, world: JobWorld) -> None:
        self.world = world
        self.database = MemoryDatabase(world.store, world.rng, lambda: world.store_trouble)
        self._begun: set[str] = set()
        self._make(self.database, leads=lambda: True, require=lambda: None)

    def _make(self, database: Database, leads: Callable[[], bool], require: Callable[[], None]) -> None:
        world = self.world
        self.jobs = SqlJobStore(database)
        self.cards = SqlCardStore(database)
        self.outbox = SqlOutbox(database)
        client = AsyncOpenAI(
            api_key="sk-x",
            base_url="http://provider/v1",
            http_client=httpx2.AsyncClient(transport=Transport(world.network, world.provider)),
        )
        provider = OpenAIProtocol(PROVIDER, client)
        # The SDK would ask for the name of the platform in a thread.
        provider._client._platform = "Linux"
        session: Any = Session(world.network, world.slack)
        poster = Poster(AsyncWebClient(token="xoxb-x", session=session, retry_handlers=[]), require=require)
        charts = _NoCharts(self.jobs, self.cards, poster, WorkerPools())
        providers = Providers(provider)
        self.submitter = Submitter(
            *(self.jobs, providers, self._locate), rules=world.rules, leads=leads, require=require
        )
        self.line = JobQueue(
            *(self.jobs, [PROVIDER], self._release),
            most_running=world.rules.most,
            clock=world.wall,
            steady=lambda: world.timeline.now,
        )
        lookup = JobLookup(self.jobs, Authority(Policy(), SqlAuditLog(database)))
        self.approvals = Approvals(self.jobs, lookup, self.line, clock=world.wall)
        self.sync = JobSync(self.jobs, providers, clock=world.wall)
        self.follower = Follower(self.sync, provider, poll_seconds=POLL, steady=lambda: world.timeline.now)
        groups = group_messages(database)
        notices = SlackNoticePoster(self.jobs, groups, poster, charts, cast(DigestMessages, None))  # nobody sets one
        self.delivery = Delivery(self.outbox, notices, look_every=5)
        self.keeper = CardKeeper(
            self.jobs,
            groups,
            self.cards,
            poster,
            charts,
            look_every=8,
            steady=lambda: world.timeline.now,
        )

    async def _locate(self, dataset_id: str) -> tuple[Path, str]:
        return Path(__file__), f"sha-of-{dataset_id}"

    async def _release(self, job_id: str) -> bool:
        """Nobody who came earlier may still be in line, or on the way from there to the provider."""
        earlier = self.world.store.execute(
            "SELECT value FROM jobs WHERE rowid < (SELECT rowid FROM jobs WHERE id = ?)", [job_id]
        )
        for (value,) in earlier:
            job = msgspec.json.decode(value, type=Job)
            # Whoever is let into the line while it is looked at was not seen there yet.
            just_approved = job.approval is not None and self.world.wall() - (job.approval.decided_at or 0) < 0.2
            if job.queue_place is not None and job.state in {states.IN_LINE, states.SUBMITTING} and not just_approved:
                self.world.surprises.append(f"{job_id} overtakes {job.id}, which is {job.state}")
        return await self.submitter.release(job_id)

    async def run(self) -> None:
        """Until everything has come to rest."""
        while True:
            try:
                await self.submitter.recover()
                break
            except StoreTrouble:
                await asyncio.sleep(1)
        tasks = [asyncio.ensure_future(coroutine) for coroutine in (*self._duties(), self._people())]
        end = self.world.network.calm_after + PATIENCE
        while not await self.is_at_rest():
            if self.world.timeline.now > end:
                self.world.surprises.append(f"it does not come to rest: {await self._unrest()}")
                break
            for task in tasks:
                if task.done():
                    self.world.surprises.append(f"a part of the process ended: {task!r}")
                    return
            await asyncio.sleep(10)

    def _duties(self) -> list[Coroutine[None, None, None]]:
        """What is done all the time, by one process."""
        return [self.delivery.run(), self.keeper.run(), self._follow()]

    async def _follow(self) -> None:
        while True:
            await self.follower.tick()
            await self.line.tick()
            await asyncio.sleep(POLL / 2)

    async def _people(self) -> None:
        """What people did, and what they decide of jobs that are uncertain or want approval."""
        under_way: set[asyncio.Task[None]] = set()

        def begin(coroutine: Coroutine[None, None, None]) -> None:
            task = asyncio.ensure_future(coroutine)
            under_way.add(task)
            task.add_done_callback(under_way.discard)

        while True:
            for number, act in enumerate(self.world.acts):
                if not act.done and act.at <= self.world.timeline.now and self._takes(f"act {number}"):
                    begin(self._carry_out(act))
            with contextlib.suppress(StoreTrouble):
                for job in await self.jobs.in_states([states.UNCERTAIN, states.AWAITING_APPROVAL]):
                    if job.state == states.UNCERTAIN:
                        decision = f"decision {job.id}"
                        wants_to = self.decides(job.id) and self.world.is_calm()
                        if wants_to and self._takes(decision):
                            await self._decide(job)
                            self._gives_back(decision)  # it may become uncertain again
                    elif self._takes(f"answers {job.id}"):
                        for answer in self._answers(job):
                            begin(answer)
            await asyncio.sleep(self._pause())

    def _takes(self, what: str) -> bool:
        """Whether this process is the one that hears of it; it may have been another one before."""
        is_new = what not in self._begun
        self._begun.add(what)
        return is_new

    def _gives_back(self, what: str) -> None:
        self._begun.discard(what)

    def _pause(self) -> float:
        """Until people do something again."""
        acts = enumerate(self.world.acts)
        ahead = (act.at for number, act in acts if not act.done and f"act {number}" not in self._begun)
        return min(20, max(1, min(ahead, default=math.inf) - self.world.timeline.now))

    async def _carry_out(self, act: Action) -> None:
        while not act.done:
            try:
                if act.kind == "submit":
                    created_at = self.world.wall()
                    await self.submitter.submit(msgspec.structs.replace(act.job, created_at=created_at))
                else:
                    stored = await self.jobs.get(act.job.id)
                    if stored is not None:
                        await cancel(self.sync, stored)
                act.done = True
            except StoreTrouble:
                await asyncio.sleep(1)
            except BotError as error:
                if isinstance(error, OverBudget):
                    self.world.over_budget.add(act.job.id)
                if error.kind == "same_job":
                    self.world.twins.add(act.job.id)
                self.world.network.note(f"{act.kind} {act.job.id}: {error}")
                act.done = True

    def _answers(self, job: Job) -> list[Coroutine[None, None, None]]:
        """One person says yes or no, and now and then another one the opposite at the same time."""
        rng = random.Random(f"{self.world.seed}/approves/{job.id}")
        delay, approves, twice = rng.uniform(0, 60), rng.random() < 0.75, rng.random() < 0.2
        answers = [self._answer(job, approves, delay)]
        return [*answers, self._answer(job, not approves, delay)] if twice else answers

    async def _answer(self, job: Job, approves: bool, delay: float) -> None:
        await asyncio.sleep(delay)
        self.world.network.note(f"a person says {'yes' if approves else 'no'} to {job.id}")
        place = Place(job.origin.channel)
        caller = Caller(
            actor=Actor("U2", job.origin.team, Role.APPROVER),
            team=job.origin.team,
            channel=job.origin.channel,
            answers_in=place,
            posts_in=place,
            key=f"{job.id}/{approves}",
            at=self.world.wall(),
        )
        while True:
            try:
                if approves:
                    await self.approvals.approve(caller, job.id)
                else:
                    await self.approvals.decline(caller, job.id, "Too dear.")
                return
            except AlreadyDecided:
                return
            except StoreTrouble:
                await asyncio.sleep(1)

    def decides(self, job_id: str) -> bool:
        """Some people leave an uncertain job as it is."""
        return random.Random(f"{self.world.seed}/decides/{job_id}").random() < self.world.decisive

    async def _decide(self, job: Job) -> None:
        """Where the provider cannot be asked, they try again later."""
        self.world.network.note(f"a person decides about {job.id}")
        try:
            try:
                await self.submitter.adopt(job.id)
            except NotFound:
                self.world.resubmitted.add(job.id)
                await self.submitter.submit_again(job.id)
        except BotError as error:
            self.world.network.note(f"decision about {job.id}: {error}")

    async def is_at_rest(self) -> bool:
        return self.world.is_calm() and not await self._unrest()

    async def _unrest(self) -> list[str]:
        unrest = [f"{act.kind} {act.job.id}" for act in self.world.acts if not act.done]
        try:
            unrest += [
                f"{job.id} is {job.state}"
                for job in await self.jobs.latest(100)
                if job.state not in states.ENDED and not (job.state == states.UNCERTAIN and not self.decides(job.id))
            ]
            unrest += [f"{job.id} is followed" for job in await self.jobs.followed(PROVIDER)]
            unrest += ["notices are open"] if await self.outbox.open() else []
            unrest += [f"the card of {card.job_id} is dirty" for card in await self.cards.dirty(100)]
        except StoreTrouble as error:
            unrest.append(str(error))
        return unrest


class _NoCharts(Charts):
    async def is_due(self, job: Job) -> bool:
        return False

    async def chart(self, job: Job) -> tuple[str | None, str]:
        return None, ""
