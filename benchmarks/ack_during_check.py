"""How fast a slash command is acknowledged while a large file is being checked, against the same bot when idle.

    python benchmarks/ack_during_check.py [--size 1000] [--commands 400] [--record]

`finetune-bot try`'s real processes, no browser: the bot speaks to the sandbox over its real socket. `/finetune help` is
sent again and again, a twentieth of a second apart, first to an idle bot, then while it checks a generated file of
`--size` MB. A time goes from the sandbox's control call to its answer, acknowledgement included, so both have the same
overhead. The check must still run after the last command, or the run fails. The goal: as fast as without it. Told as
well: how long after the bot's first word in the thread the first findings stand there, the file still arriving (the
drop itself is no beginning: a gigabyte in one request holds up the sandbox for seconds). Where there is /dev/shm,
the sandbox keeps its files there: Slack's disk is not the bot's. The model must have been fetched. A file of 1,000 MB
takes about 7 GB of memory, most of it to hand it to the sandbox.
"""

import argparse
import asyncio
import base64
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import corpus
import table

from bot.cli.trying import Trial
from sandbox.client import SandboxClient

CHANNEL = "#support-model"
MEGABYTE = 1_000_000
PAUSE = 0.05
WARM_UP = 20


async def acknowledged(person: SandboxClient, commands: int) -> list[float]:
    """Seconds that each of so many commands took."""
    times = []
    for _ in range(commands):
        began = time.perf_counter()
        reply = await person.command("ana", CHANNEL, "/finetune", "help")
        times.append(time.perf_counter() - began)
        if not reply["acked"]:
            sys.exit(f"A command was not acknowledged: {reply['reason']}")
        await asyncio.sleep(PAUSE)
    return times


async def measure(page_url: str, file: Path, commands: int) -> tuple[list[float], list[float], float]:
    """Times of an idle bot, and of one that checks the file; seconds from the bot's first word, by which it has heard
    of the file, to the first findings, which that message grows into."""
    async with SandboxClient(page_url) as person:
        await acknowledged(person, WARM_UP)
        idle = await acknowledged(person, commands)
        content = base64.b64encode(file.read_bytes()).decode()
        files = [{"name": file.name, "content": content}]
        dropped = await person.ask("drop", timeout=900, user="ana", channel=CHANNEL, files=files)
        del content, files
        found = await person.wait_message(CHANNEL, contains="so far", thread_ts=dropped["ts"], timeout=300)
        first = time.time() - float(found["ts"])
        checking = await acknowledged(person, commands)
        thread = await person.messages(CHANNEL, dropped["ts"])
        if "so far" not in thread[1]["plain"]:
            sys.exit("The check was over before the last command: take a larger --size.")
        return idle, checking, first


def percentile(times: list[float], share: float) -> float:
    """Milliseconds; the nearest rank."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", type=int, default=1000, help="megabytes of the file (default: 1000)")
    parser.add_argument("--commands", type=int, default=400, help="commands of each kind (default: 400)")
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
            idle, checking, first = asyncio.run(measure(page_url, file, options.commands))
    figures = {
        f"{when}, p{round(100 * share)}": f"{percentile(times, share):.1f} ms"
        for when, times in (("idle", idle), ("during a check", checking))
        for share in (0.5, 0.99)
    }
    for share in (0.5, 0.99):
        figures[f"ratio, p{round(100 * share)}"] = f"{percentile(checking, share) / percentile(idle, share):.2f}x"
    figures = {"file": f"{options.size} MB", "cores": str(os.cpu_count())} | figures
    figures["first word to first findings"] = f"{first:.1f} s"
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    print(f"longest during a check: {max(checking) * 1000:.1f} ms (mean {statistics.mean(checking) * 1000:.1f} ms)")
    if options.record:
        table.record("ack_during_check", figures)


if __name__ == "__main__":
    main()
