"""Many people chatting through the trainer, against the engine behind it asked directly.

    python benchmarks/serve.py [--people 200] [--seconds 40] [--rounds 3] [--record]
    python benchmarks/serve.py --vllm COMMAND --people 8 [--record]

Each person asks one of four fine-tuned models, reads its streamed answer for a while, and asks again; twenty keys share
the people. In turns they ask the trainer (`/v1/chat/completions`) and the engine itself (`/v1/completions`, the same
token ids and adapters). The engine is the double of tests/vllm_double.py at `--rate` tokens a second for each answer,
or with `--vllm` a real one. Engine, trainer and people are processes of their own. Told are first token and whole
answer, what the trainer adds to an answer (the goal: 5 %), its processor time for each, the memory of its process, and
how far apart the keys are: the 99th percentile of their medians of the first token over the median. Then one key more
asks without end, with as many requests at once as the engine may make answers; told is how long the others wait then.
The model must have been fetched.
"""

import argparse
import asyncio
import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import psutil

from benchmarks import table
from benchmarks.ack_during_check import percentile
from benchmarks.chat import add_models
from benchmarks.train import MODEL, ROOT
from benchmarks.vllm_server import processor, started, version, weights
from trainer.base_models import read_table
from trainer.serving.messages import Conversation, Generation, GenerationRequest, ModelRef
from trainer.serving.vocabulary import Vocabulary
from trainer.store import Store

KEYS, MODELS, ANSWER = 20, 4, 60
PLACES = 64  # answers that the engine may make at once
ENDLESS = {"0": -100, "2": -100}  # never the end of the text or of the turn
QUESTIONS = [[{"role": "user", "content": f"Where does the parcel {number} go?"}] for number in range(50)]


@dataclass
class Seen:
    """Seconds to the first token and to the end of each answer, by key."""

    first: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    whole: list[float] = field(default_factory=list)
    turned_away: int = 0

    @property
    def firsts(self) -> list[float]:
        return [one for key in self.first.values() for one in key]


@dataclass
class Target:
    """Where people ask: the trainer, or (`prompts`: token ids for each question) the engine itself."""

    url: str
    models: list[str]
    prompts: list[list[int]] | None = None

    async def ask(self, session: aiohttp.ClientSession, key: str, model: int, question: int, seen: Seen) -> None:
        asked: dict[str, Any] = {"model": self.models[model], "max_tokens": ANSWER, "temperature": 0, "stream": True}
        asked["logit_bias"] = ENDLESS
        if self.prompts is None:
            path, mark = "/v1/chat/completions", b'"delta": {"content": "'
            asked["messages"] = QUESTIONS[question]
        else:
            path, mark = "/v1/completions", b'"token_ids"'
            asked |= {"prompt": self.prompts[question], "return_token_ids": True}
        began, first = time.monotonic(), 0.0
        headers = {"Authorization": f"Bearer {key}"}
        async with session.post(self.url + path, json=asked, headers=headers) as answer:
            if answer.status in (429, 503):
                seen.turned_away += 1
                await asyncio.sleep(float(answer.headers["Retry-After"]))
                return
            assert answer.status == 200, await answer.text()
            async for piece in answer.content.iter_any():
                if not first and mark in piece:
                    first = time.monotonic()
        seen.first[key].append(first - began)
        seen.whole.append(time.monotonic() - began)


async def people(target: Target, count: int, seconds: float, think: float, *, greedy: int = 0) -> Seen:
    """So many people for so long; `greedy`: requests that a key of its own always has under way besides."""
    seen, others = Seen(), Seen()
    # Servers close a connection that was idle for five seconds: not in the moment in which it is used again.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=2)) as session:

        async def person(number: int) -> None:
            chance = random.Random(number)
            await asyncio.sleep(chance.uniform(0, think))
            while True:
                model, question = number % MODELS, chance.randrange(len(QUESTIONS))
                await target.ask(session, f"sk-{number % KEYS}", model, question, seen)
                await asyncio.sleep(chance.expovariate(1 / think))

        async def endless(number: int) -> None:
            while True:
                await target.ask(session, "sk-greedy", number % MODELS, number % len(QUESTIONS), others)

        tasks = [asyncio.create_task(person(number)) for number in range(count)]
        tasks += [asyncio.create_task(endless(number)) for number in range(greedy)]
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
    return seen


async def loaded(target: Target) -> None:
    """Ask each model until it answers."""
    async with aiohttp.ClientSession() as session:
        for model in range(MODELS):
            seen = Seen()
            while not seen.whole:
                await target.ask(session, "sk-0", model, 0, seen)


@contextlib.contextmanager
def double(adapters: Path, rate: float) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.vllm_double", str(weights()), "--adapters", str(adapters)]
    process = subprocess.Popen([*command, "--port", str(port), "--tokens-per-second", str(rate)])
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{url}/health")
                break
            time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def trainer(data: Path, engine: str, adapters: Path) -> Iterator[tuple[str, psutil.Process]]:
    settings = {
        "TRAINER_VLLM_URLS": engine,
        "TRAINER_VLLM_ADAPTERS": str(adapters),
        "TRAINER_VLLM_REQUESTS": str(PLACES),
    }
    command = [sys.executable, "-m", "trainer", "serve", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1].removesuffix("/v1")
    try:
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def token_ids() -> list[list[int]]:
    base = read_table()[MODEL]
    ref = ModelRef(base.id, str(weights()), base.template(), base.context_length)
    words = Vocabulary(weights())
    return [words.prompt(GenerationRequest("", ref, Generation(Conversation(one), ANSWER))) for one in QUESTIONS]


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


async def measure(options: argparse.Namespace, engine: str, data: Path, adapters: Path) -> dict[str, str]:
    tuned = add_models(data, weights(), MODELS)
    store = Store(data / "trainer.db")
    for name in [*map(str, range(KEYS)), "greedy"]:
        store.add_key(name, f"sk-{name}", admin=True)
    store.close()
    with trainer(data, engine, adapters) as (url, process):
        through = Target(url, tuned)
        await loaded(through)
        cards = {path.name for path in adapters.iterdir()}
        names = [next(card for card in cards if f"-{number:08d}." in card) for number in range(MODELS)]
        directly = Target(engine, names, token_ids())
        count, seconds, think = options.people, options.seconds, options.think

        before, cpu = process.memory_info().rss, 0.0
        seen: dict[str, list[Seen]] = {"directly": [], "through": []}
        for _ in range(options.rounds):
            seen["directly"].append(await people(directly, count, seconds, think))
            used = sum(process.cpu_times()[:2])
            seen["through"].append(await people(through, count, seconds, think))
            cpu += sum(process.cpu_times()[:2]) - used
        after = process.memory_info().rss
        crowded = await people(through, count, seconds, think, greedy=PLACES)
        last = process.memory_info().rss

    def of(kind: str, what: str) -> list[float]:
        return [one for run in seen[kind] for one in getattr(run, what)]

    answers = len(of("through", "whole"))
    whole = {kind: statistics.median(of(kind, "whole")) for kind in seen}
    keys = [statistics.median(one) for run in seen["through"] for one in run.first.values()]
    crowd = [statistics.median(one) for one in crowded.first.values()]
    figures = {"people": str(count), "answers": f"{len(of('directly', 'whole'))} / {answers}"}
    for name, what in (("first token", "firsts"), ("whole answer", "whole")):
        told = [f"{ms(statistics.median(of(kind, what)))}, {percentile(of(kind, what), 0.99):.0f} ms" for kind in seen]
        figures[f"{name}, p50, p99: directly / through"] = " / ".join(told)
    return {
        **figures,
        "added to an answer": f"{100 * (whole['through'] / whole['directly'] - 1):.1f} %",
        "trainer's CPU, an answer": ms(cpu / answers),
        "memory: before / after / crowded": f"{before / 1e6:.0f} / {after / 1e6:.0f} / {last / 1e6:.0f} MB",
        "keys' first token, p99 / p50": _spread(keys),
        "with a greedy key": f"{ms(statistics.median(crowd))}, {_spread(crowd)}" if crowd else "nobody was answered",
        "turned away": f"{sum(run.turned_away for run in seen['through'])} / {crowded.turned_away}",
    }


def _spread(keys: list[float]) -> str:
    """How far apart they are, from their medians."""
    return f"{percentile(keys, 0.99) / 1000 / statistics.median(keys):.2f}x"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--think", type=float, default=12, help="seconds that a person reads and writes, on average")
    parser.add_argument("--rate", type=float, default=30, help="tokens a second of each answer of the double")
    parser.add_argument("--vllm", help="command of a real vLLM")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        adapters = folder / "adapters"
        adapters.mkdir()
        if options.vllm:
            engine = stack.enter_context(started(options.vllm, adapters))
            name = f"vLLM {version(engine)}, {processor()}"
        else:
            engine = stack.enter_context(double(adapters, options.rate))
            name = f"double, {options.rate:.0f} tokens/s"
        figures = {"engine": name, **asyncio.run(measure(options, engine, folder / "data", adapters))}
    for what, value in figures.items():
        print(f"{what}: {value}")
    if options.record:
        table.record("serve", figures)


if __name__ == "__main__":
    main()
