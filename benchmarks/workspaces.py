"""What workspaces cost that rest: bots of many workspaces in one process, as `app.workspaces` hosts them, while nobody
says anything.

    python benchmarks/workspaces.py [--counts 1,50,200] [--seconds 20] [--record]

Each count is a process of its own. From its figures come those of one workspace: the slope between the smallest count
and the largest. Slack and the provider are asked for nothing while nothing happens, so there is neither.
"""

import argparse
import asyncio
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from app.run import running
from app.tenancy import OneOfMany
from benchmarks import table
from bot.settings import load as load_settings
from bot.timing import Timing
from bot.worker_processes import WorkerPools

_SETTLING = 5.0


@dataclass(frozen=True)
class Cost:
    """Of a process, at rest. `processor`: share of a core; `memory`: bytes."""

    workspaces: int
    processor: float
    memory: int
    threads: int
    files: int
    started: float
    store: int


async def rest(count: int, seconds: float, folder: Path) -> Cost:
    pools = WorkerPools()
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        for number in range(count):
            team = f"T{number:05}"
            settings = load_settings(
                _env_file=None,
                slack_bot_token=SecretStr("xoxb-x"),
                openai_api_key=SecretStr("x"),
                openai_base_url="http://127.0.0.1:9/v1",
                finetune_data=folder / team,
            )
            client = AsyncWebClient(token="xoxb-x", base_url="http://127.0.0.1:9/api/")
            one = OneOfMany(client, {"team_id": team, "user_id": "U0BOT"}, shares_account=True)
            await stack.enter_async_context(running(settings, Timing(), pools, one))
        started = time.monotonic() - began
        await asyncio.sleep(_SETTLING)
        gc.collect()
        before = _processor()
        await asyncio.sleep(seconds)
        process = psutil.Process()
        stored = sum(file.stat().st_size for file in (folder / "T00000").rglob("*") if file.is_file())
        return Cost(
            count,
            (_processor() - before) / seconds,
            process.memory_info().rss,
            process.num_threads(),
            process.num_fds(),
            started,
            stored,
        )


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measured(count: int, seconds: float) -> Cost:
    """In a process of its own."""
    command = [sys.executable, __file__, "--one", str(count), "--seconds", str(seconds)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(answer.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", default="1,50,200")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    options = parser.parse_args()
    if options.one:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(asdict(asyncio.run(rest(options.one, options.seconds, Path(folder))))))
        return
    costs = [measured(int(count), options.seconds) for count in options.counts.split(",")]
    for cost in costs:
        print(cost)
    few, many = costs[0], costs[-1]
    more = many.workspaces - few.workspaces
    figures = {
        "workspaces": f"{many.workspaces}",
        "processor, all": f"{many.processor:.1%} of a core",
        "processor, one": f"{(many.processor - few.processor) / more:.3%}",
        "memory, none": f"{(few.memory - (many.memory - few.memory) / more) / 1e6:.0f} MB",
        "memory, one": f"{(many.memory - few.memory) / more / 1e6:.2f} MB",
        "threads, one": f"{(many.threads - few.threads) / more:.1f}",
        "files open, one": f"{(many.files - few.files) / more:.1f}",
        "start, one": f"{(many.started - few.started) / more * 1000:.0f} ms",
        "store, empty": f"{many.store / 1000:.0f} kB",
    }
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    if options.record:
        table.record("workspaces", figures)


if __name__ == "__main__":
    main()
