"""Two bots on one store, as real processes, while people type, press and drop files: bots are replaced one by one, and
killed with kill -9.

What Slack, the provider and the store hold at the end must agree: nothing that Slack has taken is lost, no job is
created twice, nothing is said twice. FINETUNE_KILLS_SEED draws a run's order again; the long run strikes FINETUNE_KILLS
times.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from pydantic import SecretStr

from bot.jobs import states
from bot.jobs.job import Job
from bot.jobs.notice import Notice
from bot.providers.objects import SUBMISSION_KEY
from sandbox.client import SandboxError
from sandbox.model import Message
from tests import postgresql_server
from tests.e2e.bot_process import launch
from tests.e2e.world import World, examples, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

# Several, because Slack takes one message a second in each.
CHANNELS = ("#support-model", "#general")
FILES = "#support-leads"
PATIENCE = 300


@pytest.fixture
def url() -> Iterator[SecretStr]:
    """Of a database of its own."""
    with postgresql_server.database() as made:
        yield made


@pytest.mark.timeout(600)
async def test_bots_that_are_replaced_and_killed_lose_nothing_and_do_nothing_twice(w: World, url: SecretStr) -> None:
    await _survive(w, url, ["replace", "kill leader", "replace", "kill other"])


@pytest.mark.soak
@pytest.mark.timeout(14400)
async def test_bots_that_are_replaced_and_killed_often_lose_nothing(w: World, url: SecretStr) -> None:
    kinds = ["replace", "replace", "kill leader", "kill other", "kill both"]
    seed = os.environ.get("FINETUNE_KILLS_SEED") or str(random.randrange(10**6))
    print(f"Again: FINETUNE_KILLS_SEED={seed} pytest -m soak tests/e2e/test_replicas.py")
    await _survive(w, url, random.Random(seed).choices(kinds, k=int(os.environ.get("FINETUNE_KILLS", "50"))))


async def _survive(w: World, url: SecretStr, strikes: list[str]) -> None:
    scene = Scene(w, url)
    try:
        await scene.begin()
        async with scene.people():
            for strike in strikes:
                await scene.strike(strike)
        await scene.comes_to_rest()
        scene.compare()
        print(scene.summary(strikes))
    finally:
        await scene.end()


class Scene:
    """The bots, who uses them, and what is to be seen of it. The oldest bot leads."""

    def __init__(self, w: World, url: SecretStr) -> None:
        self.w = w
        self.url = url.get_secret_value()
        self._store = psycopg.connect(self.url, autocommit=True, options="-c search_path=finetune_bot")
        self.bots: list[BaseProcess] = []
        self.wanted: dict[str, str] = {}
        """The state in which each job ends that Slack took the command for, by its suffix."""
        self.refused = Counter[str]()
        """What Slack told people that nobody took, by whether a bot was killed or replaced then."""
        self.striking = ""
        self.enough = False
        self.numbers = iter(range(10**6))
        self._began = time.monotonic()

    async def begin(self) -> None:
        for _ in range(2):
            await self._launch()
        for channel in CHANNELS:
            dropped = await self.w.person.drop_bytes("ana", channel, [("train.jsonl", examples(12))])
            await self.w.wait_report(dropped, timeout=PATIENCE)

    async def end(self) -> None:
        for bot in self.bots:
            bot.kill()
            await asyncio.to_thread(bot.join)
        self._store.close()

    # The bots

    async def strike(self, what: str) -> None:
        """Something that happens to the bots, after which there are two again."""
        self.striking = what
        if what == "replace":
            await self._launch()
            oldest = self.bots.pop(0)
            oldest.terminate()
            await asyncio.to_thread(oldest.join, 30)
            assert oldest.exitcode == 0
        else:
            killed = {"kill leader": self.bots[:1], "kill other": self.bots[1:], "kill both": self.bots[:]}[what]
            for bot in killed:
                bot.kill()
                await asyncio.to_thread(bot.join)
                self.bots.remove(bot)
            await self._connected()
            for _ in killed:
                await self._launch()
        self.striking = ""
        await asyncio.sleep(random.uniform(0, 1))

    async def _launch(self) -> None:
        database = {"FINETUNE_DATABASE": self.url, "FINETUNE_LOG_LEVEL": "info"}
        self.bots.append(await launch(self.w, **database))
        await self._connected()

    async def _connected(self) -> None:
        """Slack has a connection to each, and to no other."""
        sockets = self.w.sandbox.state.deliverer.sockets

        def all_there() -> bool:
            assert all(bot.exitcode is None for bot in self.bots), "a bot ended by itself"
            return sockets.count == len(self.bots)

        await until(all_there)

    # Who uses them

    @asynccontextmanager
    async def people(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            for channel in CHANNELS:
                group.create_task(self._person(channel))
            group.create_task(self._drop_files())
            yield
            self.enough = True

    async def _person(self, channel: str) -> None:
        """Asks for one job after another, and cancels every second one by the button of its card."""
        while not self.enough:
            number = next(self.numbers)
            suffix, wanted = f"s{number}", states.CANCELLED if number % 2 else states.SUCCEEDED
            if not await self._took(
                self.w.person.command(
                    "ana", channel, "/finetune", f"start train.jsonl suffix={suffix} epochs=1 confirm=yes"
                )
            ):
                continue
            self.wanted[suffix] = wanted
            theirs, card = await self._submitted(channel, suffix)
            if wanted == states.SUCCEEDED:
                self.w.provider.run(theirs, steps=2, total=2)
                self.w.provider.succeed(theirs)
            else:
                while not await self._took(self.w.person.click("ana", channel, card.ts, "job_cancel")):
                    pass

    async def _submitted(self, channel: str, suffix: str) -> tuple[str, Message]:
        """The provider's id of the job, and its card. Where a bot was killed while it submitted it, nobody may know
        whether the provider has it: then somebody has it looked for and submitted again."""
        while True:
            job = self._job(suffix)
            card = self._card_of(job) if job else None
            if job and card and job.provider_job_id:
                return job.provider_job_id, card
            if job and card and job.state == states.UNCERTAIN:
                with contextlib.suppress(SandboxError, httpx.HTTPError):
                    await self.w.person.click("ana", channel, card.ts, "job_resubmit")
                await asyncio.sleep(1)
            await asyncio.sleep(0.1)

    async def _drop_files(self) -> None:
        """Slack sends a message again that nobody took."""
        while not self.enough:
            number = next(self.numbers)
            with contextlib.suppress(httpx.HTTPError):  # the sandbox's page
                await self.w.person.drop_bytes(
                    "ana", FILES, [(f"more-{number}.jsonl", examples(12, f"Answer {number}."))]
                )
            await asyncio.sleep(5)  # as Slack lets reports be edited

    async def _took(self, asked: Any) -> bool:
        """Whether Slack says so. What it says that nobody took, people ask for again."""
        try:
            took = bool((await asked)["acked"])
        except httpx.HTTPError:  # the sandbox's page
            return False
        if not took:
            self.refused[self.striking] += 1
        return took

    async def comes_to_rest(self) -> None:
        unrest: list[Any] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while unrest := self._unrest():
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pytest.fail(f"it does not come to rest: {unrest}")

    # What is to be seen of it

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._store.execute(query.encode()).fetchall()

    def _jobs(self) -> list[Job]:
        return [msgspec.json.decode(value, type=Job) for (value,) in self._rows("SELECT value FROM jobs")]

    def _job(self, suffix: str) -> Job | None:
        return next((job for job in self._jobs() if job.suffix == suffix), None)

    def _said(self) -> list[Message]:
        """All that stands in Slack, in its order."""
        workspace = self.w.sandbox.state.workspace
        return [message for channel in workspace._messages.values() for message in channel.values()]

    def _card_of(self, job: Job) -> Message | None:
        return next((message for message in self._said() if _mark(message) == f"card/{job.id}"), None)

    def _dropped(self) -> int:
        return sum(bool(message.files) and message.user != self.w.bot_user for message in self._said())

    def _reports(self) -> int:
        return sum(_mark(message).startswith("report/") for message in self._said())

    def _unrest(self) -> list[Any]:
        state = {job.suffix: job.state for job in self._jobs()}
        missing = self._dropped() - self._reports()
        return [
            *((suffix, state.get(suffix)) for suffix in self.wanted if state.get(suffix) not in states.ENDED),
            *[("reports", missing)] * bool(missing),
            *self._rows(
                "SELECT 'inbox', key FROM inbox WHERE state = 'pending'"
                " UNION ALL SELECT 'notice', id FROM notices WHERE state IN ('pending', 'attempting')"
                " UNION ALL SELECT 'card', job_id FROM cards WHERE dirty = 1"
            ),
        ]

    def compare(self) -> None:
        """What the bots' store, the provider and Slack hold."""
        jobs = self._jobs()
        times = Counter(job.suffix for job in jobs)
        assert self.wanted.keys() <= times.keys()
        assert set(times.values()) == {1}
        theirs = Counter(job["metadata"][SUBMISSION_KEY] for job in self.w.provider.jobs.values())
        assert not [job for job, count in theirs.items() if count > 1]
        assert {job.provider_job_id for job in jobs if job.provider_job_id} == set(self.w.provider.jobs)
        said = Counter(map(_mark, self._said()))
        for state, value in self._rows("SELECT state, value FROM notices"):
            notice = msgspec.json.decode(value, type=Notice)
            assert (notice.id, state, said[notice.id]) == (notice.id, "posted", 1)
        assert {job.id: said[f"card/{job.id}"] for job in jobs} == {job.id: 1 for job in jobs}
        assert self._reports() == self._dropped()
        ended = {job.suffix: job.state for job in jobs}
        assert {suffix: ended[suffix] for suffix in self.wanted} == self.wanted
        # A bot that is replaced answers what came before it went.
        assert self.refused["replace"] <= 1

    def summary(self, strikes: list[str]) -> str:
        ended, files = Counter(job.state for job in self._jobs()), self._dropped()
        took = time.monotonic() - self._began
        return f"{len(strikes)} strikes, refused {dict(self.refused)}, {dict(ended)}, {files} files, {took:.0f} s"


def _mark(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("id"))
