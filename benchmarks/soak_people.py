"""What people do in `soak.py`, all of it through Slack: files, jobs, conversations, comparisons, evaluations, moves.

Each looks at what Slack shows before they go on. What they asked for is written down, and held against what the bot
said once all has come to rest.
"""

import asyncio
import itertools
import math
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.scale_world import HOURS
from benchmarks.soak_services import Json, mark
from benchmarks.soak_world import AT_HOME, BASE, SoakWorld
from handlers.evaluations.question import CONFIRMED
from tests.simulation.slack import BOT

# Of a hundred acts, how many are what.
_WEIGHTS = {"talk": 46, "ask": 24, "train": 14, "compare": 8, "evaluate": 6, "move": 2}
_QUESTIONS = ("status", "models", "overview", "help", "usage", "datasets", "arena")
_CHANNELS = 12
# How long people wait before they give up, and how often they look, in seconds.
_PATIENCE, _LOOK = 2 * 3600.0, 5.0
# So near to trouble, in seconds, what one person alone is shown may be lost.
_NEAR = 180.0


@dataclass
class Seen:
    """`acts` of people, and what they were `told` of those that came to nothing; whoever waited for hours in vain."""

    acts: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    in_vain: list[str] = field(default_factory=list)


class Crowd:
    """`dispatch`: what the bot that lives answers Slack. `busy`: how many are at something."""

    def __init__(self, world: SoakWorld, people: int, acts: float, seen: Seen) -> None:
        self.world, self.seen = world, seen
        self._people, self._acts = people, acts
        self._numbers = itertools.count(1)
        self.busy = 0
        self.dispatch: Callable[[Json], Awaitable[Any]]

    async def live(self, until: float, hour: float) -> None:
        """All of them, from now on; `hour`: of the day at the world's beginning."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._people):
                group.create_task(self._person(number, until, hour))
            for event in list(self.world.untaken):
                group.create_task(self._deliver(event))

    async def _person(self, number: int, until: float, hour: float) -> None:
        rng = random.Random(f"{self.world.seed}/{number}/{self.world.timeline.now}")
        user, channel = f"U{number}", f"C{number % _CHANNELS}"
        while True:
            await asyncio.sleep(self._pause(rng, hour, until))
            if self.world.timeline.now >= until:
                return
            act = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            self.seen.acts[act] += 1
            self.busy += 1
            try:
                await getattr(self, f"_{act}")(rng, user, channel)
            except _NotShown:
                self.seen.told["nothing, while there was trouble"] += 1
            except _GivenUp as what:
                self.seen.in_vain.append(f"{self.world.timeline.now / 3600:.2f} h: {user} waited for {what}")
            finally:
                self.busy -= 1

    def _pause(self, rng: random.Random, hour: float, until: float) -> float:
        """Until somebody does something again: by the curve, thinned out."""
        most = max(HOURS) / 100 * self._acts / 3600
        at = self.world.timeline.now
        while at < until:
            at += rng.expovariate(most)
            if rng.random() * max(HOURS) < HOURS[int(at / 3600 + hour) % 24]:
                break
        return min(at, until) - self.world.timeline.now

    # What they do

    async def _ask(self, rng: random.Random, user: str, channel: str) -> None:
        await self._command(user, channel, rng.choice(_QUESTIONS))

    async def _talk(self, rng: random.Random, user: str, channel: str) -> None:
        key = await self._command(user, channel, f"chat {self._model(rng)}", waits=True)
        opened = await self._until(lambda: self._outcome(key, f"chat/{key}"), f"chat/{key}", to_all=False)
        self.world.answered.pop(address(key), None)
        if "ts" in opened:
            thread = opened["ts"]
        elif already := re.search(r"thread_ts=([\d.]+)", opened["text"]):
            thread = already[1]
        else:
            self.seen.told[_gist(opened)] += 1
            return
        for _ in range(rng.randint(1, 5)):
            await self._say(user, channel, thread, f"Question {next(self._numbers)}?")
            await asyncio.sleep(rng.expovariate(1 / 40))

    async def _train(self, rng: random.Random, user: str, channel: str) -> None:
        name = await self._drop(rng, user, channel)
        await self._command(user, channel, f"start {name} model={BASE} confirm=yes")

    async def _compare(self, rng: random.Random, user: str, channel: str) -> None:
        text = f"compare {self._model(rng)} {BASE} Is {next(self._numbers)} a prime number?"
        await self._command(user, channel, text)

    async def _evaluate(self, rng: random.Random, user: str, channel: str) -> None:
        name = await self._drop(rng, user, channel)
        text = f"evaluate {self._model(rng)},{BASE} on {name} with match n=8"
        key = await self._command(user, channel, text, waits=True)
        shown = await self._told(key)
        button = next((one for one in _elements(shown) if one.get("action_id") == CONFIRMED), None)
        if button is None:
            self.seen.told[_gist(shown)] += 1
            return
        at = f"{self.world.wall():.6f}"
        await self._send(
            {
                "type": "block_actions",
                "user": {"id": user},
                "team": {"id": "T1"},
                "channel": {"id": channel},
                "container": {"is_ephemeral": True},
                "response_url": address(key) + "/button",
                "trigger_id": f"b{next(self._numbers)}",
                "actions": [{"type": "button", "action_ts": at, **button}],
            }
        )

    async def _move(self, rng: random.Random, user: str, channel: str) -> None:
        if self.world.provider.tuned:
            model = rng.choice(self.world.provider.tuned[-40:])
            key = await self._command(user, channel, f"move {model} to home base={AT_HOME} confirm=yes", waits=True)
            self.seen.told[_gist(await self._told(key))] += 1

    # How they do it

    def _model(self, rng: random.Random) -> str:
        """One that was made lately, or what all were made from."""
        tuned = self.world.provider.tuned[-40:]
        return rng.choice(tuned) if tuned and rng.random() < 0.8 else "gpt-4.1-nano-2025-04-14"

    async def _command(self, user: str, channel: str, text: str, *, waits: bool = False) -> str:
        """Its key. `waits`: for what it is answered."""
        trigger = f"t{next(self._numbers)}"
        key, at = f"command/{trigger}", self.world.timeline.now
        body = {
            "command": "/finetune",
            "text": text,
            "channel_id": channel,
            "user_id": user,
            "team_id": "T1",
            "trigger_id": trigger,
            "response_url": address(key),
        }
        if waits:
            self.world.answered[address(key)] = []
        if await self._send(body):
            self._note(key, text, certain=not self.world.network.is_troubled(at, _NEAR))
        return key

    def _note(self, key: str, text: str, *, certain: bool) -> None:
        """That this must be answered, or where it is not `certain` tried at least."""
        self.world.slack.ledger.execute("INSERT INTO asked VALUES (?, ?, ?)", [key, text, certain])

    async def _drop(self, rng: random.Random, user: str, channel: str) -> str:
        """A file, and wait for its report; its name."""
        number = next(self._numbers)
        name = f"tickets-{number}.jsonl"
        lines = [_example(number, line) for line in range(rng.choice([60, 80, 120]))]
        url = f"https://files.slack.com/files-pri/T1-F{number}/{name}"
        self.world.files[url] = content = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        what = {"name": name, "title": name, "filetype": "jsonl", "mode": "hosted", "size": len(content)}
        file = {"id": f"F{number}", "user": user, "url_private": url, "url_private_download": url, **what}
        ts = self.world.slack.say(channel, None, user, "")
        await self._tell(
            {"channel": channel, "user": user, "text": "", "ts": ts, "subtype": "file_share", "files": [file]}
        )
        await self._until(lambda: self._report(channel, ts), f"the report on {name}")
        del self.world.files[url]
        return name

    def _report(self, channel: str, ts: str) -> Json | None:
        for message in reversed(self.world.slack.messages[channel]):
            if message["thread_ts"] == ts and message["user"] == BOT:
                actions = [one.get("action_id") for one in _elements(message)]
                is_growing = mark(message).startswith("report/") and "dataset_more" not in actions
                return None if is_growing else message  # or what is said where there can be none
        return None

    async def _say(self, user: str, channel: str, thread: str, text: str) -> None:
        ts = self.world.slack.say(channel, thread, user, text)
        key = f"message/{channel}/{ts}"
        self._note(key, text, certain=True)
        await self._tell({"channel": channel, "user": user, "text": text, "ts": ts, "thread_ts": thread})

        def answer() -> Json | None:
            for message in reversed(self.world.slack.messages[channel]):
                if message["user"] == BOT and mark(message).startswith(f"{key}/"):
                    return message if message.get("streaming_state") != "in_progress" else None
            return None

        await self._until(answer, f"an answer to {key}")

    def _outcome(self, key: str, wanted: str) -> Json | None:
        """A message to all, or what the command was answered."""
        answers = self.world.answered.get(address(key))
        return self.world.slack.shown.get(wanted) or (answers[-1] if answers else None)

    async def _told(self, key: str) -> Json:
        """What the command was answered, to this person alone."""
        await self._until(lambda: self.world.answered[address(key)] or None, f"an answer to {key}", to_all=False)
        return self.world.answered.pop(address(key))[-1]

    async def _until(self, look: Callable[[], Any], what: str, *, to_all: bool = True) -> Any:
        """`to_all`: everybody sees it. What one person alone is shown may be lost where there is trouble."""
        begin = self.world.timeline.now
        while (found := look()) is None:
            if self.world.timeline.now > begin + _PATIENCE:
                may_be_lost = not to_all and self.world.network.is_troubled(begin, _NEAR)
                raise _NotShown if may_be_lost else _GivenUp(what)
            await asyncio.sleep(_LOOK)
        return found

    # What Slack does

    async def _send(self, body: Json) -> bool:
        """Whether it was taken. Slack tells of it once."""
        response = await self.dispatch(body)
        return response is not None and response.status == 200

    async def _tell(self, event: Json) -> None:
        number = next(self._numbers)
        whole = {"type": "message", "channel_type": "channel", "event_ts": event["ts"], **event}
        body = {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{event['ts']}", "event": whole}
        self.world.untaken[number] = body
        await self._deliver(number)

    async def _deliver(self, number: int) -> None:
        """Slack tells again what was not taken; now and then it does not hear that it was."""
        while number in self.world.untaken:
            if await self._send(self.world.untaken[number]) and self.world.rng.random() < 0.97:
                del self.world.untaken[number]
            else:
                await asyncio.sleep(3)


class _GivenUp(Exception):
    """Somebody waited for hours."""


class _NotShown(Exception):
    """The same, for what nobody has promised."""


def address(key: str) -> str:
    """Where a command is answered."""
    return f"https://hooks.slack.com/{key}"


def _gist(answer: Json) -> str:
    return re.sub(r"`[^`]*`|<[^>]*>|\d+", "…", str(answer["text"]))[:80]


def _elements(message: Json) -> list[Json]:
    return [element for block in message["blocks"] for element in block.get("elements") or ()]


def _example(number: int, line: int) -> Json:
    said = f"Ticket {number}-{line}: is {math.sqrt(number * 100 + line):.5f} urgent?"
    answer = {"role": "assistant", "content": "yes" if line % 2 else "no"}
    return {"messages": [{"role": "user", "content": said}, answer]}
