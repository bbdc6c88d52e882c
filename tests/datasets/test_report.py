"""What a report says beside the findings."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from bot.datasets.dataset import Dataset
from bot.datasets.report import DatasetReports, Verdict
from bot.jobs import states
from bot.models.catalogue import Catalogue
from bot.providers.config import ProviderConfig
from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests.parts import a_job, channel_providers
from tests.stand_in_provider import StandInProvider
from texts.charts import words
from training_files.report import Finding

Keep = Callable[..., Awaitable[Dataset]]


@pytest.fixture
def reports(
    datasets: SqlDatasetStore,
    jobs: SqlJobStore,
    catalogue: Catalogue,
    pools: WorkerPools,
    provider: OpenAIProtocol,
) -> DatasetReports:
    return DatasetReports(
        datasets,
        jobs,
        catalogue,
        pools,
        channel_providers(provider, configs=[ProviderConfig(name="acme", default_model="gpt-4.1")]),
    )


def varied(count: int) -> bytes:
    """Examples of many lengths."""
    lines = [
        b'{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "%s"}]}'
        % (n, b"word " * (n % 23 + 1))
        for n in range(count)
    ]
    return b"\n".join(lines)


async def test_each_model_on_offer_is_told_with_its_price(
    reports: DatasetReports, keep: Keep, content: Callable[..., bytes], stand_in: StandInProvider
) -> None:
    stand_in.base_models = ["gpt-4.1-mini-2025-04-14", "gpt-4.1-nano-2025-04-14", "somebody/else-7b"]
    report = await reports.of(await keep(content(12)))
    assert report is not None
    assert [offer.model for offer in report.offers] == stand_in.base_models
    mini, nano, unknown = (offer.usd for offer in report.offers)
    assert unknown is None
    assert (mini or 0) > (nano or 0) > 0
    assert report.offers[0].time is None
    assert report.verdict is Verdict.READY


async def test_past_jobs_tell_how_long_it_takes(
    reports: DatasetReports, keep: Keep, content: Callable[..., bytes], jobs: SqlJobStore, provider: OpenAIProtocol
) -> None:
    await jobs.insert(
        a_job(
            state=states.SUCCEEDED,
            provider=provider.name,
            base_model="gpt-4.1-mini-2025-04-14",
            started_at=1_000.0,
            finished_at=1_600.0,
            trained_tokens=60_000,
        )
    )
    dataset = await keep(content(12))
    report = await reports.of(dataset)
    assert report is not None
    assert dataset.report is not None
    expected = dataset.report.tokens.billed * dataset.report.epochs / 100
    assert report.offers[0].time is not None
    assert (report.offers[0].time.seconds, report.offers[0].time.trainings) == (pytest.approx(expected), None)


async def test_a_provider_that_is_down_leaves_the_model_of_the_settings(
    reports: DatasetReports, keep: Keep, content: Callable[..., bytes], stand_in: StandInProvider
) -> None:
    await stand_in.down()
    report = await reports.of(await keep(content(12)))
    assert report is not None
    assert [offer.model for offer in report.offers] == ["gpt-4.1"]


async def test_what_no_model_learns_from_needs_a_look(
    reports: DatasetReports, keep: Keep, content: Callable[..., bytes], stand_in: StandInProvider
) -> None:
    stand_in.base_models = ["some-reasoner"]
    stand_in.methods = ["dpo"]
    report = await reports.of(await keep(content(12)))
    assert report is not None
    assert (report.trainable, report.offers, report.verdict) == (False, (), Verdict.LOOK)


@pytest.mark.parametrize(
    ("content", "changes", "verdict"),
    [
        (b'{"messages": []}\n' * 12, {}, Verdict.WRONG),
        (b"question,answer\n" + b"why,because\n" * 12, {}, Verdict.LOOK),
        (varied(12), {"warnings": [Finding("x", 1, "warning", message="Look.")]}, Verdict.LOOK),
        (varied(12), {"warnings": []}, Verdict.READY),
    ],
    ids=["errors", "a table", "hints", "nothing"],
)
async def test_the_verdict_sums_up_what_was_found(
    reports: DatasetReports, keep: Keep, content: bytes, changes: dict[str, Any], verdict: Verdict
) -> None:
    dataset = await keep(content)
    assert dataset.report is not None
    dataset = msgspec.structs.replace(dataset, report=msgspec.structs.replace(dataset.report, **changes))
    report = await reports.of(dataset)
    assert report is not None
    assert report.verdict is verdict


async def test_two_files_that_belong_together_name_each_other(
    reports: DatasetReports, keep: Keep, content: Callable[..., bytes]
) -> None:
    validation = await keep(content(12), "ds-2", name="val.jsonl")
    training = await keep(content(30), name="train.jsonl", validation="ds-2")
    shown, other = await reports.of(training), await reports.of(validation)
    assert shown is not None
    assert other is not None
    assert (shown.validation, shown.validates) == (validation, "")
    assert (other.validation, other.validates) == (None, "train.jsonl")


async def test_there_is_no_report_of_what_was_deleted_or_not_checked(reports: DatasetReports, keep: Keep) -> None:
    dataset = await keep(varied(12))
    assert await reports.of(msgspec.structs.replace(dataset, deleted_at=1.0)) is None
    assert await reports.of(msgspec.structs.replace(dataset, report=None)) is None


async def test_lengths_are_drawn_once_where_there_are_enough_of_them(
    reports: DatasetReports, keep: Keep, content: Callable[..., bytes], datasets: SqlDatasetStore
) -> None:
    dataset = await keep(varied(120))
    png = await reports.picture(dataset, words())
    assert png is not None
    assert png.startswith(b"\x89PNG")
    pictured = await reports.pictured(dataset.id, "F1")
    assert pictured is not None
    assert pictured.lengths_file == "F1"
    assert await reports.picture(pictured, words()) is None
    assert await reports.picture(await keep(content(12), "ds-2"), words()) is None
