"""How fast a slash command is acknowledged while the bot follows many jobs, against a bare Bolt handler.

    python benchmarks/ack.py [--jobs 1000] [--commands 1000] [--record]

Two workspaces in this process, each with real sockets: to one the bot is connected, following `--jobs` running jobs in
100 channels, with their cards; to the other an async Bolt app that does nothing but acknowledge. `/finetune help` goes
to one and to the other, in turns, all the time: the same machine, equally busy. A time goes from Slack's sending the
command to its having the acknowledgement; the bot has committed it to its inbox by then. The jobs take an hour each, as
it were, and tell figures every 5 s. The goal: the bot's 99th percentile within 1.5 times the bare handler's. (Bolt
looks for an acknowledgement every 10 ms, so nobody is faster than that.)
"""

import argparse
import asyncio
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks import table
from benchmarks.ack_during_check import percentile
from benchmarks.provider import Running, our_job, running
from benchmarks.team import command, launch, post_cards, workspace
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from sandbox.server import Sandbox

PAUSE = 0.05
WARM_UP = 20
# Jobs that take an hour each: a fifth of them ends in a fifth of that.
ENDING = (10.0, 10.0 + 3600 / 5)


def bare_handler(api_url: str, bot_token: str, app_token: str) -> None:
    """What is measured against, in a process of its own."""
    client = AsyncWebClient(bot_token, base_url=api_url)
    app = AsyncApp(client=client, request_verification_enabled=False)

    @app.command("/finetune")
    async def acknowledge(ack: AsyncAck) -> None:
        await ack()

    async def run() -> None:
        await AsyncSocketModeHandler(app, app_token, web_client=client).connect_async()
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def bare(sandbox: Sandbox) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(
        target=bare_handler, args=(sandbox.api_url, sandbox.bot_token, sandbox.app_token), daemon=True
    )
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


async def fill(data: Path, cards: list[str]) -> None:
    """The bot's store: as many running jobs as there are cards (their ts)."""
    database = await Database.open(data)
    jobs, kept = SqlJobStore(database), SqlCardStore(database)
    ours = [our_job(number) for number in range(len(cards))]
    await asyncio.gather(*map(jobs.insert, ours))
    await asyncio.gather(*(kept.posted(job.id, ts, None, ()) for job, ts in zip(ours, cards, strict=True)))
    await database.close()


async def measure(folder: Path, provider: Running, jobs: int, commands: int) -> tuple[list[float], list[float]]:
    """Seconds that each command took: the bot's, and the bare handler's."""
    async with workspace(folder / "one") as ours, workspace(folder / "other") as theirs:
        await fill(folder / "bot", post_cards(ours, jobs))
        bot = launch(ours, provider.url, folder / "bot")
        try:
            with bare(theirs):
                await asyncio.to_thread(bot.ready, "bot ready", 60)
                await theirs.state.deliverer.sockets.wait_connected(60)
                await in_turns(ours, theirs, WARM_UP)
                return await in_turns(ours, theirs, commands)
        finally:
            await asyncio.to_thread(bot.stop)


async def in_turns(ours: Sandbox, theirs: Sandbox, commands: int) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = [], []
    for number in range(commands):
        for kept, sandbox in zip(times, (ours, theirs), strict=True):
            kept.append(await command(sandbox, number, "help"))
            await asyncio.sleep(PAUSE)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--commands", type=int, default=1000, help="commands to each (default: 1000)")
    parser.add_argument("--record", action="store_true", help="write a row into benchmarks/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(options.jobs, ENDING) as provider:
        bot, peer = asyncio.run(measure(Path(folder), provider, options.jobs, options.commands))
        calls = provider.told().calls
    if options.jobs and not calls.get("list events"):
        raise SystemExit("The bot did not follow its jobs meanwhile.")
    figures = {"jobs": f"{options.jobs:,}", "commands to each": str(options.commands), "cores": str(os.cpu_count())}
    for share in (0.5, 0.99):
        ours, theirs = percentile(bot, share), percentile(peer, share)
        name = f"p{round(100 * share)}"
        figures |= {f"bot, {name}": f"{ours:.1f} ms", f"bare, {name}": f"{theirs:.1f} ms"}
        figures[f"ratio, {name}"] = f"{ours / theirs:.2f}x"
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    print(f"longest: {max(bot) * 1000:.1f} ms (bare: {max(peer) * 1000:.1f} ms)")
    print(f"calls of the provider meanwhile: {sum(calls.values())}")
    if options.record:
        table.record("ack", figures)


if __name__ == "__main__":
    main()
