"""A team with many jobs: its Slack workspace and its bot, with real sockets between them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.processes import Child
from benchmarks.provider import CHANNELS, MODEL, NAME, REQUESTER, channel
from sandbox.model import Channel
from sandbox.server import Sandbox
from sandbox.settings import Settings

ROOT = Path(__file__).parents[1]


@asynccontextmanager
async def workspace(folder: Path) -> AsyncIterator[Sandbox]:
    """With Slack's own rates, and channels for the jobs. An event that nobody takes is not sent again; a slow
    acknowledgement is waited for."""
    settings = Settings(retry_delays=[], ack_timeout=60.0)
    async with Sandbox(data=folder, manifest=ROOT / "manifest.yml", settings=settings) as sandbox:
        slack = sandbox.state.workspace
        for number in range(CHANNELS):
            members = [REQUESTER, slack.BOT]
            slack.save_channel(
                Channel(channel(number), f"team-{number}", "channel", int(time.time()), REQUESTER, members)
            )
        yield sandbox


def post_cards(sandbox: Sandbox, jobs: int) -> list[str]:
    """A message of the bot's for each job, in its channel; their ts."""
    slack = sandbox.state.workspace
    return [slack.post(slack.channels[channel(number)], slack.BOT, "A job").ts for number in range(jobs)]


async def command(sandbox: Sandbox, number: int, words: str) -> float:
    """Ana's `/finetune …` in a channel; seconds from Slack's sending it to its having the acknowledgement.

    Raises TimeoutError where there was none.
    """
    slack = sandbox.state.workspace
    began = time.perf_counter()
    reply = await sandbox.state.user_actions.command(
        slack.users[REQUESTER], slack.channels[channel(number)], "/finetune", words
    )
    took = time.perf_counter() - began
    if not reply.acked:
        raise TimeoutError(f"`/finetune {words}` was not acknowledged: {reply.reason}")
    return took


def launch(sandbox: Sandbox, provider_url: str, data: Path, **more: str) -> Child:
    """`python -m app run`, as it has just been started, with `more` in its environment."""
    environment = {
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "SLACK_API_URL": sandbox.api_url,
        "OPENAI_API_KEY": "x",
        "OPENAI_BASE_URL": provider_url,
        "FINETUNE_PROVIDER": NAME,
        "FINETUNE_DEFAULT_MODEL": MODEL,
        "FINETUNE_ADMINS": REQUESTER,
        "FINETUNE_DATA": str(data),
        "FINETUNE_POLL_SECONDS": "5",
        **more,
    }
    return Child("bot", ["app", "run"], environment, data.with_suffix(".log"))
