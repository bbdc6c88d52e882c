"""How much later a model's first words can be read in Slack than straight from the provider.

    python benchmarks/chat_overhead.py [--rounds 40] [--latency 0.1] [--record]

A workspace whose Web API takes `--latency` seconds a call, as over a network, and a provider that thinks for 0.2 s and
then says fifty tokens a second; the bot is a process of its own, with real sockets to both. In turns a question is
asked in a thread, and the same request is sent straight to the provider with its own SDK. Two times are told: from the
provider's sending the first token to the first words standing in Slack, whose goal is 150 ms, half a call's latency
included; and from the question to the first words, against the peer's. Questions come as slowly as Slack's budget of
streams allows (`handlers/web/streams.py`): what waits for room is measured by tests/e2e/test_many_people.py.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from openai import AsyncOpenAI

from benchmarks import table
from benchmarks.ack_during_check import percentile
from benchmarks.provider import MODEL, REQUESTER
from benchmarks.team import launch, workspace
from sandbox.seed import GENERAL
from sandbox.server import Sandbox

CHANNEL = GENERAL
THINKS, BETWEEN, TOKENS = 0.2, 0.02, 40
# One stream in so many seconds, whatever was streamed before.
PAUSE = 5.6
TUNED = f"ft:{MODEL}:acme:voice:abc12345"


class Provider:
    """Answers each chat with the same words; `first_sent`: when it last sent the first of them."""

    def __init__(self) -> None:
        self.first_sent = 0.0
        self.url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Provider"]:
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/fine_tuning/jobs", self._nothing)
        app.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        return _listed([{"id": name, "object": "model", "created": 1, "owned_by": "acme"} for name in (MODEL, TUNED)])

    async def _nothing(self, request: web.Request) -> web.Response:
        return _listed([])

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await asyncio.sleep(THINKS)
        for number in range(TOKENS):
            if number == 0:
                self.first_sent = time.perf_counter()
            await response.write(_chunk(f"word{number} "))
            await asyncio.sleep(BETWEEN)
        await response.write(b"data: [DONE]\n\n")
        return response


def _listed(items: list[dict[str, Any]]) -> web.Response:
    return web.json_response({"object": "list", "data": items, "has_more": False})


def _chunk(words: str) -> bytes:
    choice = {"index": 0, "delta": {"content": words}, "finish_reason": None}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": TUNED, "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


async def measure(folder: Path, rounds: int, latency: float) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each round: from the first token to Slack, from the question to Slack, and to the peer."""
    provider = Provider()
    async with provider.serving(), workspace(folder / "slack") as sandbox:
        sandbox.state.settings.latency = latency
        bot = launch(sandbox, provider.url, folder / "bot")
        try:
            await asyncio.to_thread(bot.ready, "bot ready", 60)
            await sandbox.state.deliverer.sockets.wait_connected(60)
            return await in_turns(sandbox, provider, rounds)
        finally:
            await asyncio.to_thread(bot.stop)


async def in_turns(sandbox: Sandbox, provider: Provider, rounds: int) -> tuple[list[float], list[float], list[float]]:
    shown, answered, straight = [], [], []
    thread = await opened(sandbox)
    async with AsyncOpenAI(base_url=provider.url, api_key="x", max_retries=0) as client:
        for number in range(rounds + 1):
            began = time.perf_counter()
            visible = await ask(sandbox, thread, f"Question {number}?")
            # The first is asked of a bot that has not yet talked to anybody.
            if number:
                shown.append(visible - provider.first_sent)
                answered.append(visible - began)
            began = time.perf_counter()
            stream = await client.chat.completions.create(
                model=TUNED, messages=[{"role": "user", "content": f"Question {number}?"}], stream=True
            )
            first = None
            async for _ in stream:
                first = first or time.perf_counter() - began
            straight.append(first or 0.0)
            await asyncio.sleep(max(0.0, PAUSE - (time.perf_counter() - began)))
    return shown, answered, straight[1:]


async def opened(sandbox: Sandbox) -> str:
    """A thread in which the model answers; its ts."""
    slack = sandbox.state.workspace
    channel = slack.channels[CHANNEL]
    async with sandbox.state.workspace.changes.watch() as changes:
        await sandbox.state.user_actions.command(slack.users[REQUESTER], channel, "/finetune", f"chat {TUNED}")
        async with asyncio.timeout(60):
            while True:
                await changes.get()
                for message in slack.history(CHANNEL):
                    if message.user == slack.BOT and message.metadata and not message.ephemeral_to:
                        return message.ts


async def ask(sandbox: Sandbox, thread: str, question: str) -> float:
    """When the first words of the answer stood in the thread; returns once all of them do."""
    slack = sandbox.state.workspace
    user, channel = slack.users[REQUESTER], slack.channels[CHANNEL]
    visible = None
    async with slack.changes.watch() as changes:
        asked = sandbox.state.user_actions.say(user, channel, question, thread_ts=thread)
        async with asyncio.timeout(60):
            while True:
                await changes.get()
                now = time.perf_counter()
                last = slack.thread(channel.id, thread)[-1]
                if last.user == slack.BOT and last.ts > asked.ts and last.text:
                    visible = visible or now
                    if last.streaming == "completed":
                        return visible


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds of a call of the Web API (default: 0.1)")
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shown, answered, straight = asyncio.run(measure(Path(folder), options.rounds, options.latency))
    slower = statistics.median(answered) - statistics.median(straight)
    figures = {
        "rounds": str(options.rounds),
        "latency": f"{options.latency * 1000:.0f} ms",
        "cores": str(os.cpu_count()),
        "first token to Slack, p50": f"{percentile(shown, 0.5):.0f} ms",
        "p95": f"{percentile(shown, 0.95):.0f} ms",
        "question to Slack, p50": f"{percentile(answered, 0.5):.0f} ms",
        "straight, p50": f"{percentile(straight, 0.5):.0f} ms",
        "difference": f"{slower * 1000:.0f} ms",
    }
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if options.record:
        table.record("chat_overhead", figures)


if __name__ == "__main__":
    main()
