"""Evaluating a model on many examples: how fast they are asked, and how much memory that takes.

    python benchmarks/evaluate.py [--examples 5000] [--limited 20] [--limited-examples 600] [--record]

Real use cases, real store, the real SDK and real sockets; the provider is a stand-in in a process of its own, which
answers each question after 0.1 s. First it takes whatever comes, for memory: the process that evaluates and its worker
processes together, when a fifth of the examples is done, and at the most after that. Then it takes so many requests a
second (`--limited`: a token bucket of one second's worth) and refuses the others with 429 and Retry-After: what counts
is how many are answered in a second, of those it would have answered. The peer is a loop with as many requests at a
time as are best without a limit, which waits as Retry-After says.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import psutil
from aiohttp import web
from openai import AsyncOpenAI

from benchmarks import table
from bot.access import Actor, Caller, Place, Policy
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.conversations.chat_models import ChatModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.evaluations.evaluation import EvaluationRequest
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.model_answers import ModelAnswers
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.run import RunState
from bot.evaluations.runs import EvaluationRuns
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.models.answer_cost import answer_cost
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.channel_providers import ChannelProviders
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelSpending
from bot.store.audit import SqlAuditLog
from bot.store.channel_models import SqlChannelModels
from bot.store.channel_providers import SqlChannelProviders
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from bot.store.spending import SqlBudgetStore, SqlModelUseStore
from bot.worker_processes import WorkerPools

MODEL = "gpt-4.1-mini-2025-04-14"
TAKES = 0.1
AT_A_TIME = 64
LONG = "the rooms were large and the breakfast came late. " * 4
CALLER = Caller(
    Actor("U0ANA", "T0ACME"), "T0ACME", "C0TRAINING", Place("C0TRAINING"), Place("C0TRAINING"), "command/1", 1.0
)


def serve(port: Any, limit: float | None) -> None:
    """A provider that takes `limit` requests a second."""
    bucket, at = limit or 0.0, time.monotonic()
    refused = 0

    async def chat(request: web.Request) -> web.StreamResponse:
        nonlocal bucket, at, refused
        if limit is not None:
            now = time.monotonic()
            bucket, at = min(limit, bucket + (now - at) * limit), now
            if bucket < 1:
                refused += 1
                error = {"error": {"message": "Rate limit reached.", "code": "rate_limit_exceeded"}}
                return web.json_response(error, status=429, headers={"Retry-After": "1"})
            bucket -= 1
        body = await request.json()
        await asyncio.sleep(TAKES)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        content = "good" if int(body["messages"][-1]["content"].split()[1]) % 3 else "bad"
        for choice in ({"delta": {"content": content}, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"}):
            told = chunk | {"choices": [{"index": 0, **choice}]}
            await response.write(f"data: {json.dumps(told)}\n\n".encode())
        usage = {"prompt_tokens": 60, "completion_tokens": 1, "total_tokens": 61}
        await response.write(
            f"data: {json.dumps(chunk | {'choices': [], 'usage': usage})}\n\ndata: [DONE]\n\n".encode()
        )
        return response

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 1}]})

    async def refusals(_: web.Request) -> web.Response:
        return web.json_response(refused)

    async def main() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", chat)
        app.router.add_get("/v1/models", models)
        app.router.add_get("/refusals", refusals)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


@contextlib.contextmanager
def provider(limit: float | None) -> Any:
    """The port of one that runs."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs, limit), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()


def write(path: Path, examples: int) -> None:
    """Examples of about 300 bytes, with a label each."""
    with path.open("w", encoding="utf-8") as out:
        for number in range(examples):
            asked = (
                f"Review {number} of a hotel by the sea: " + "the rooms were large and the breakfast came late. " * 4
            )
            messages = [
                {"role": "user", "content": asked},
                {"role": "assistant", "content": ("good", "bad")[number % 2]},
            ]
            out.write(json.dumps({"messages": messages}) + "\n")


@asynccontextmanager
async def parts(folder: Path, port: int, pools: WorkerPools) -> AsyncIterator[tuple[Evaluations, EvaluationRuns, Any]]:
    """As the bot puts them together."""
    database = await Database.open(folder / "data")
    client = AsyncOpenAI(
        api_key="k",
        base_url=f"http://127.0.0.1:{port}/v1",
        http_client=openai.DefaultAsyncHttpxClient(verify=False),
    )
    asked = OpenAIProtocol("acme", client)
    providers = Providers(asked)
    jobs, datasets, store = SqlJobStore(database), SqlDatasetStore(database), SqlEvaluationStore(database)
    files = FileStore(folder / "files", 1_000_000_000)
    authority = Authority(Policy(), SqlAuditLog(database))
    catalogue, lost = Catalogue(providers, jobs), LostModels(jobs, providers)
    spending = ModelSpending(SqlModelUseStore(database), SqlBudgetStore(database), jobs, answer_cost)
    channel_providers = ChannelProviders(SqlChannelProviders(database), providers, authority)
    channel_models = ChannelModels(SqlChannelModels(database), authority, catalogue, channel_providers)
    models = ChatModels(catalogue, lost, jobs, datasets, files, authority, channel_models)
    lookup = DatasetLookup(datasets, authority)
    planning = EvaluationPlanning(
        store, models, catalogue, spending, jobs, JobLookup(jobs, authority), datasets, lookup, files, pools, authority
    )
    evaluations = Evaluations(store, planning, models, catalogue, spending, authority)
    answers = ModelAnswers(store, catalogue, lost, spending)
    try:
        yield evaluations, EvaluationRuns(store, answers, spending, jobs, datasets, files, pools), (datasets, files)
    finally:
        await asked.close()
        await database.close()


def memory() -> int:
    """Megabytes of this process and its workers, without what they share."""
    me = psutil.Process()
    workers = [one for one in me.children(recursive=True) if "resource_tracker" not in " ".join(one.cmdline())]
    return sum(one.memory_full_info().uss for one in [me, *workers] if one.is_running()) // 1_000_000


async def evaluate(examples: int, limit: float | None) -> dict[str, float]:
    pools = WorkerPools()
    with tempfile.TemporaryDirectory() as folder, provider(limit) as port:
        async with parts(Path(folder), port, pools) as (evaluations, runs, (datasets, files)):
            write(files.path("abc"), examples)
            size = files.path("abc").stat().st_size
            await datasets.save(
                Dataset(
                    "ds-1", "abc", "reviews.jsonl", size, "U0ANA", "T0ACME", "C0TRAINING", False, "1.0", created_at=1.0
                )
            )
            origin = Origin("T0ACME", "C0TRAINING", False)
            began = time.monotonic()
            started = await evaluations.start(CALLER, origin, EvaluationRequest((MODEL,), "ds-1", n=examples))
            planned = time.monotonic() - began
            began = time.monotonic()
            work = asyncio.create_task(runs.work(started.id))
            early, asked, most = 0, 0, 0
            while not work.done():
                await asyncio.wait([work], timeout=0.25)
                done = (await runs.progress(started)).done
                if done < examples:  # the figures come at the end
                    asking = time.monotonic() - began
                if not early and done >= examples / 5:
                    early = memory()
                elif early:
                    now = memory()
                    most, asked = max(most, now), now if done < examples else asked
            await work
            ended = await evaluations.get(CALLER, started.id)
            assert ended.state is RunState.FINISHED, ended.why
            progress = await runs.progress(started)
            assert (progress.done, progress.failed) == (examples, 0)
        pools.close()
    return {"planned": planned, "asking": asking, "early": early, "asked": asked, "most": most}


async def plain(examples: int, limit: float | None) -> float:
    """Seconds of the peer."""
    with provider(limit) as port:
        client = AsyncOpenAI(api_key="k", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
        room = asyncio.Semaphore(AT_A_TIME)

        async def ask(number: int) -> None:
            async with room:
                while True:
                    try:
                        stream = await client.chat.completions.create(
                            model=MODEL, messages=[{"role": "user", "content": f"Review {number}"}], stream=True
                        )
                        async for _ in stream:
                            pass
                        return
                    except openai.RateLimitError as error:
                        await asyncio.sleep(float(error.response.headers["retry-after"]))

        began = time.monotonic()
        await asyncio.gather(*map(ask, range(examples)))
        return time.monotonic() - began


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=5_000)
    parser.add_argument("--limited", type=float, default=20)
    parser.add_argument("--limited-examples", type=int, default=600)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    free = await evaluate(options.examples, None)
    print(f"planned: {free['planned']:.1f} s")
    print(f"asked without a limit: {options.examples / free['asking']:.0f} a second")
    print(f"memory after a fifth: {free['early']} MB")
    print(f"memory at the end of asking: {free['asked']} MB")
    print(f"memory at the most: {free['most']} MB")
    held = await evaluate(options.limited_examples, options.limited)
    rate, peer = options.limited_examples / held["asking"], await plain(options.limited_examples, options.limited)
    print(f"asked with a limit of {options.limited:g} a second: {rate:.1f} a second")
    print(f"plain loop: {options.limited_examples / peer:.1f} a second")
    if options.record:
        figures = {
            "examples": f"{options.examples:,}",
            "without a limit": f"{options.examples / free['asking']:.0f}/s",
            "memory after a fifth": f"{free['early']} MB",
            "at the end of asking": f"{free['asked']} MB",
            "at the most, with the figures": f"{free['most']} MB",
            "limit": f"{options.limited:g}/s",
            "with it": f"{rate:.1f}/s",
            "plain loop": f"{options.limited_examples / peer:.1f}/s",
        }
        table.record("evaluate", figures)


if __name__ == "__main__":
    asyncio.run(main())
