"""Values and parts that tests of the bot's core begin with."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import openai
from openai import AsyncOpenAI

from bot.access import Policy
from bot.audit import Entry
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Body, Notice
from bot.providers.channel_providers import ChannelProviders
from bot.providers.config import ProviderConfig
from bot.providers.interface import Provider, RemoteEvent, RemoteJob
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Metrics
from bot.providers.registry import Providers
from tests.stand_in_provider import StandInProvider
from training_files.report import Report, Tokens

MODEL = "gpt-4.1-mini-2025-04-14"
CHANNEL = "C0TRAINING"


def a_job(**fields: Any) -> Job:
    """A job that a person has just asked for, on a data set of ours."""
    return Job(
        **{
            "id": "job-1",
            "state": "submitting",
            "provider": "acme",
            "base_model": MODEL,
            "requester": "U0ANA",
            "origin": Origin("T0ACME", CHANNEL, False, "1700000000.000100"),
            "created_at": time.time(),
            "dataset_id": "ds-1",
            "file_name": "train.jsonl",
            **fields,
        }
    )


def a_report(**fields: Any) -> Report:
    """Of twelve chat examples, in which nothing is wrong."""
    return Report(
        **{
            "ok": True,
            "format": "chat",
            "method": "supervised",
            "examples": 12,
            "errors": [],
            "warnings": [],
            "counts": {},
            "tokens": Tokens(total=1234, max=140, median=98, p95=130, billed=1300, exact=True, tokenizer="o200k_base"),
            "epochs": 8,
            "cost": {},
            "model": MODEL,
            "bytes": 3000,
            "sha256": "abc",
            **fields,
        }
    )


def a_dataset(**fields: Any) -> Dataset:
    """A training file that Ana has dropped and that can be trained on."""
    return Dataset(
        **{
            "id": "ds-1",
            "sha256": "abc",
            "name": "train.jsonl",
            "bytes": 3000,
            "owner": "U0ANA",
            "team": "T0ACME",
            "channel": CHANNEL,
            "channel_private": False,
            "thread_ts": "1700000000.000100",
            "created_at": 1.0,
            "report": a_report(),
            **fields,
        }
    )


def a_notice(what: str, body: Body, job: Job | None = None, channel: str = CHANNEL, **where: Any) -> Notice:
    """Something to tell of a job, in its channel."""
    job = job or a_job()
    return Notice(f"{job.id}/{what}", body, channel, job.resource, job.created_at, **where)


def followed_job(provider_job_id: str, **fields: Any) -> Job:
    """A job that the provider has taken."""
    return a_job(**{"state": "queued", "provider_job_id": provider_job_id, "seed": 7, **fields})


def remote_job(status: str = "running", **fields: Any) -> RemoteJob:
    return RemoteJob(
        **{
            "id": "ftjob-1",
            "status": status,
            "model": MODEL,
            "created_at": 1_700_000_000,
            "training_file": "file-1",
            **fields,
        }
    )


def event(number: int, message: str = "Something happened", *, level: str = "info", **fields: Any) -> RemoteEvent:
    return RemoteEvent(
        **{
            "id": f"ftevent-{number}",
            "created_at": 1_700_000_000 + number,
            "level": level,
            "type": "message",
            "message": message,
            **fields,
        }
    )


def measured(step: int, **figures: Any) -> RemoteEvent:
    """An event with the figures of one step."""
    return event(1000 + step, f"Step {step}", type="metrics", metrics=Metrics(step, 10, train_loss=3 / step, **figures))


@asynccontextmanager
async def provider_over(stand_in: StandInProvider, name: str = "acme", **options: Any) -> AsyncIterator[OpenAIProtocol]:
    """The real client of a provider, speaking to the stand-in over a socket."""
    # Over plain HTTP: to read the certificates takes 30 ms.
    http = openai.DefaultAsyncHttpxClient(verify=False)
    client = AsyncOpenAI(api_key=stand_in.key, base_url=stand_in.url, http_client=http)
    provider = OpenAIProtocol(name, client, **{"processing_pause": 0, **options})
    yield provider
    await provider.close()


def impatient() -> openai.Timeout:
    """For requests that the stand-in never answers."""
    return openai.Timeout(0.2, connect=5)


async def until(condition: Callable[..., Any], seconds: float = 30) -> None:
    """Wait for something in this process to become true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


class Choices:
    """Channels' default providers. Implements `bot.providers.channel_providers.ChannelProvidersStore`."""

    def __init__(self) -> None:
        self.chosen: dict[str, str] = {}

    async def get(self, channel: str) -> str | None:
        return self.chosen.get(channel)

    async def set(self, channel: str, provider: str | None, entry: Entry) -> None:
        self.chosen.pop(channel, None)
        if provider is not None:
            self.chosen[channel] = provider


def channel_providers(
    *providers: Provider, configs: Sequence[ProviderConfig] = (), authority: Authority | None = None
) -> ChannelProviders:
    """These, in every channel unless `configs` say otherwise."""
    audit: Any = SimpleNamespace(add=AsyncMock())
    return ChannelProviders(Choices(), Providers(*providers, configs=configs), authority or Authority(Policy(), audit))
