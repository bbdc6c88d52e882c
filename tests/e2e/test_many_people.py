"""Many people talk to models at the same time, under Slack's own rates."""

import asyncio
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.timing import Timing
from sandbox.client import SandboxClient
from sandbox.model import Message
from sandbox.server import Sandbox
from sandbox.settings import Settings
from tests.e2e.world import MODEL, ROOT, World, is_chat, until
from tests.stand_in_provider import StandInProvider

TUNED = f"ft:{MODEL}:acme:old:abc12345"
CHANNELS = ("#support-model", "#general", "#talk")
# Of an answer, and between two of them: the pace of a small model.
WORDS, BETWEEN = 60, 0.04


@dataclass
class Question:
    """`first` and `whole`: after how many seconds the first word, and all of the answer, could be read."""

    number: int
    thread: str
    ts: str
    asked: float
    first: float | None = None
    whole: float | None = None


@pytest.mark.timeout(300)
async def test_ten_people_in_four_threads_get_every_answer_once_and_in_order(tmp_path: Path) -> None:
    await _talk(tmp_path, people=10, threads=4, questions=2)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_fifty_people_in_twenty_threads_get_every_answer_once_and_in_order(tmp_path: Path) -> None:
    await _talk(tmp_path, people=50, threads=20, questions=4)


async def _talk(folder: Path, *, people: int, threads: int, questions: int) -> None:
    settings = Settings(ack_timeout=30.0, latency=0.1)
    async with (
        StandInProvider(models=(MODEL,)) as provider,
        Sandbox(data=folder / "sandbox", manifest=ROOT / "manifest.yml", settings=settings) as sandbox,
        SandboxClient(sandbox.page_url) as person,
    ):
        w = World(folder, sandbox, person, provider)
        provider.tuned.append(TUNED)
        provider.answer_to = lambda body: _answer(body["messages"][-1]["content"])
        provider.answers_between = BETWEEN
        provider.context = 10**7
        async with w.bot(Timing()) as bot:
            crowd = Crowd(w, people, threads)
            await crowd.gather()
            await crowd.talk(questions)
            await until(lambda: not bot.worker.busy)
        crowd.compare()
        print(crowd.summary())


class Crowd:
    """People, the threads in which they talk, and what they asked there."""

    def __init__(self, w: World, people: int, threads: int) -> None:
        self.w = w
        self.names = [f"person{number}" for number in range(people)]
        self.threads: list[tuple[str, str]] = []  # channel and ts
        self.asked: list[Question] = []
        self._most = threads

    async def gather(self) -> None:
        """Everybody joins, and some of them open a conversation."""
        await self.w.person.create_channel("ana", "talk", members=["ben"])
        await self.w.person.join("#talk", self.w.bot_user, "ana")
        for name in self.names:
            await self.w.person.add_user(name, real_name=name)
            for channel in CHANNELS:
                await self.w.person.join(channel, name)
        for number in range(self._most):
            channel = CHANNELS[number % len(CHANNELS)]
            await self.w.person.command(self.names[number], channel, "/finetune", f"chat {TUNED}")
        async with asyncio.timeout(120):
            while len(self.threads) < self._most:
                await asyncio.sleep(0.1)
                opened = [
                    (channel, m["ts"])
                    for channel in CHANNELS
                    for m in await self.w.person.messages(channel)
                    if is_chat(m)
                ]
                self.threads = opened

    async def talk(self, questions: int) -> None:
        """All at once; each asks again when the answer is there."""
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch())
            talking = [group.create_task(self._person(number, questions)) for number in range(len(self.names))]
            await asyncio.gather(*talking)
            watching.cancel()

    async def _person(self, number: int, questions: int) -> None:
        channel, thread = self.threads[number % len(self.threads)]
        for _ in range(questions):
            question = Question(len(self.asked), thread, "", time.monotonic())
            self.asked.append(question)
            said = await self.w.person.say(
                self.names[number], channel, f"Question {question.number}?", thread_ts=thread
            )
            question.ts = said["ts"]
            await until(lambda question=question: question.whole is not None, 600)

    async def _watch(self) -> None:
        """Note when the answers can be read."""
        while True:
            open_ones = {question.number: question for question in self.asked if question.whole is None}
            for message in self._answers():
                if (found := re.match(r"Answer (\d+):", message.text)) and int(found[1]) in open_ones:
                    question = open_ones[int(found[1])]
                    now = time.monotonic() - question.asked
                    question.first = question.first if question.first is not None else now
                    if message.text.rstrip().endswith("end.") and message.streaming != "streaming":
                        question.whole = now
            await asyncio.sleep(0.05)

    def _answers(self) -> Iterator[Message]:
        """What the bot said in the threads."""
        workspace = self.w.sandbox.state.workspace
        for name, ts in self.threads:
            channel = workspace.channel(name)
            assert channel
            yield from (m for m in workspace.thread(channel.id, ts)[1:] if m.user == workspace.BOT)

    def compare(self) -> None:
        """What people asked, what the model heard, and what stands in Slack."""
        assert self.w.sandbox.state.limits.refused == {}
        said: defaultdict[str, list[str]] = defaultdict(list)
        for message in self._answers():
            assert message.streaming in ("", "completed")
            said[message.thread_ts].append(message.text.strip())
        asked: defaultdict[str, list[Question]] = defaultdict(list)
        for question in sorted(self.asked, key=lambda question: float(question.ts)):
            asked[question.thread].append(question)
        for thread, questions in asked.items():
            assert said[thread] == [_answer(f"Question {question.number}?") for question in questions]
        assert len(self.w.provider.chats) == len(self.asked)
        for chat in self.w.provider.chats:
            self._heard(chat["messages"], asked)

    def _heard(self, messages: list[dict[str, Any]], asked: dict[str, list[Question]]) -> None:
        """The model was told what was said in this one thread before, in order, each question with its answer."""
        numbers = [int(number) for m in messages if m["role"] == "user" for number in re.findall(r"\d+", m["content"])]
        thread = next(question.thread for question in self.asked if question.number == numbers[-1])
        assert numbers == [question.number for question in asked[thread]][: len(numbers)]
        answers = [m["content"].strip() for m in messages if m["role"] == "assistant"]
        assert answers == [_answer(f"Question {number}?") for number in numbers[:-1]]

    def summary(self) -> str:
        streamed = sum(message.streaming == "completed" for message in self._answers())
        head = f"{len(self.names)} people, {len(self.threads)} threads, {len(self.asked)} answers, {streamed} streamed"
        return "\n".join(
            [
                head,
                _waits("first word", [question.first or 0 for question in self.asked]),
                _waits("whole answer", [question.whole or 0 for question in self.asked]),
            ]
        )


def _waits(name: str, seconds: list[float]) -> str:
    late = statistics.quantiles(seconds, n=20)[-1]
    return f"{name}: median {statistics.median(seconds):.1f} s, 95 % {late:.1f} s, all {max(seconds):.1f} s"


def _answer(question: str) -> str:
    number = re.findall(r"\d+", question)[-1]
    return " ".join([f"Answer {number}:", *(f"word{n}" for n in range(WORDS)), "end."])
