"""How fast a slash command is acknowledged while a large file is being checked, against the same bot when idle.

    python benchmarks/ack_during_check.py [--size 1000] [--commands 300] [--record]

`finetune-bot try`'s real processes, no browser: the bot speaks to the sandbox over its real socket. `/finetune help` is
sent again and again, a twentieth of a second apart: first to an idle bot; then while a generated file of `--size` MB
arrives and is checked already, over the loopback interface as fast as the two processes can; then until its check is
over. A time goes from the sandbox's control call to its answer, acknowledgement included, so all have the same
overhead. The goal: as fast as without it. Told as well: how long after the bot's first word in the thread the first
findings stand there (the drop itself is no beginning: a gigabyte in one request holds up the sandbox for seconds).
Where there is /dev/shm, the sandbox keeps its files there: Slack's disk is not the bot's. The model must have been
fetched. A file of 1,000 MB takes about 7 GB of memory, most of it to hand it to the sandbox.
"""

import argparse
import asyncio
import base64
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from app.trying import Trial
from benchmarks import corpus, table
from sandbox.client import SandboxClient

CHANNEL = "#support-model"
MEGABYTE = 1_000_000
PAUSE = 0.05
WARM_UP = 20
PHASES = ("idle", "while it arrives", "while it is checked")
FEWEST = 10  # commands in each phase; of so few, the 99th percentile is the slowest


async def acknowledged(person: SandboxClient, phase: Callable[[], str | None]) -> dict[str, list[float]]:
    """Seconds that each command took, by the phase in which it was sent; on and on, until there is none."""
    times: dict[str, list[float]] = defaultdict(list)
    while name := phase():
        began = time.perf_counter()
        reply = await person.command("ana", CHANNEL, "/finetune", "help")
        times[name].append(time.perf_counter() - began)
        if not reply["acked"]:
            sys.exit(f"A command was not acknowledged: {reply['reason']}")
        await asyncio.sleep(PAUSE)
    return times


def so_often(name: str, commands: int) -> Callable[[], str | None]:
    left = iter(range(commands))
    return lambda: name if next(left, None) is not None else None


def phase_of(copies: Path) -> str | None:
    """What the bot is at, by the files in its folder: beside a file that still arrives stands an empty one."""
    sizes = [part.stat().st_size for part in copies.glob("*.part")]
    return ("while it arrives" if 0 in sizes else "while it is checked") if sizes else None


async def measure(page_url: str, file: Path, copies: Path, commands: int) -> tuple[dict[str, list[float]], float]:
    """Times by phase; seconds from the bot's first word, by which it has heard of the file, to the first findings,
    which that message grows into."""
    async with SandboxClient(page_url) as person:
        await acknowledged(person, so_often("warm up", WARM_UP))
        times = await acknowledged(person, so_often("idle", commands))
        content = base64.b64encode(file.read_bytes()).decode()
        files = [{"name": file.name, "content": content}]
        dropped = await person.call("drop", timeout=900, user="ana", channel=CHANNEL, files=files)
        del content, files
        found = await person.wait_message(CHANNEL, contains="so far", thread_ts=dropped["ts"], timeout=300)
        first = time.time() - float(found["ts"])
        times |= await acknowledged(person, lambda: phase_of(copies))
        return times, first


def percentile(times: list[float], share: float) -> float:
    """Milliseconds; the nearest rank."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", type=int, default=1000, help="megabytes of the file (default: 1000)")
    parser.add_argument("--commands", type=int, default=300, help="commands to the idle bot (default: 300)")
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    options = parser.parse_args()
    os.environ["FINETUNE_MAX_FILE_MB"] = str(2 * options.size)
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as elsewhere,
    ):
        file = Path(elsewhere) / "large.jsonl"
        corpus.write(file, options.size * MEGABYTE)
        trial = Trial(Path(folder) / "try", port=0)
        trial.prepare(reset=False)
        (slack := Path(elsewhere) / "slack").mkdir()
        (trial.data / "sandbox").symlink_to(slack)
        with trial.started() as page_url:
            times, first = asyncio.run(measure(page_url, file, trial.data / "bot" / "files", options.commands))
    figures = {"file": f"{options.size} MB", "cores": str(os.cpu_count())}
    for name in PHASES:
        if len(times[name]) < FEWEST:
            sys.exit(f"Only {len(times[name])} commands {name}: take a larger --size.")
        figures[f"{name}, p50 / p99"] = f"{percentile(times[name], 0.5):.1f} / {percentile(times[name], 0.99):.1f} ms"
    for name in PHASES[1:]:
        ratios = (f"{percentile(times[name], share) / percentile(times['idle'], share):.2f}x" for share in (0.5, 0.99))
        figures[f"ratio {name}"] = " / ".join(ratios)
    figures["first word to first findings"] = f"{first:.1f} s"
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    for name in PHASES:
        print(f"{name}: {len(times[name])} commands, the longest {max(times[name]) * 1000:.1f} ms")
    if options.record:
        table.record("ack_during_check", figures)


if __name__ == "__main__":
    main()
