"""A file dropped where the bot can see it: read, checked, and reported on in the file's thread."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

import msgspec
import structlog

from bot.access import Action
from bot.backoff import Backoff
from bot.datasets.dataset import Dataset
from bot.worker_processes import Lane
from handlers.blocks import deletion
from handlers.datasets import reports
from handlers.turn import Turn
from handlers.web.download import Download, Interrupted
from training_files import TrainingFileError

log = structlog.get_logger()

# What may be meant as training data; other files in a channel are none of our business.
ENDINGS: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".jsonl.gz")

# A download that broke off is begun again.
_BACKOFF: Final = Backoff(0.5, factor=6, tries=2)


def may_be_training_data(file: dict[str, Any]) -> bool:
    return str(file.get("name") or file.get("title") or "").lower().endswith(ENDINGS) or not file.get("name")


async def files_dropped(turn: Turn) -> bool:
    """Each file of a message gets its own report. False if none is meant as training data."""
    files = [file for file in turn.body["event"].get("files") or [] if may_be_training_data(file)]
    for file in files:
        await _take_in(turn, file)
    if len(files) > 1:
        await reports.pair(turn.services, turn.channel, turn.received_at)
    return bool(files)


async def file_deleted(turn: Turn) -> None:
    """The file is gone from Slack: offer its owner to delete our copy and the provider's."""
    file_id = str(turn.body["event"].get("file_id") or "")
    for dataset in await turn.services.datasets.by_file(file_id):
        if dataset.report is not None:
            await turn.services.poster.post_once(
                dataset.owner,
                deletion.deleted_in_slack(dataset),
                mark=f"{turn.key}/{dataset.id}",
                maybe_posted=turn.again,
                since=turn.received_at,
            )


async def _take_in(turn: Turn, file: dict[str, Any]) -> None:
    services = turn.services
    download = Download(
        services.poster,
        services.settings.slack_bot_token.get_secret_value() if services.settings.slack_bot_token else "",
        services.settings.slack_api_url,
    )
    if not (file.get("name") or file.get("title")):
        # A stub, as Slack Connect sends it: it may turn out to be a picture.
        with contextlib.suppress(TrainingFileError):
            file = await download.details(file)
            if not may_be_training_data(file):
                return
    await turn.actor(Action.SUBMIT)
    dataset = await _dataset(turn, file)
    report_ts = await reports.begin(services, dataset, again=turn.again, since=turn.received_at)
    async with reports.trouble_shown(services, dataset, report_ts):
        details = await download.details(file)
        dataset = msgspec.structs.replace(dataset, bytes=int(details.get("size") or 0))
        services.copies.check_size(dataset.bytes)
        lane = Lane.of_report(dataset.bytes)
        services.lanes.warm(lane)
        with services.copies.arriving() as arrival:
            receive = services.copies.receive(arrival, _unbroken(download, details))
            async with _meanwhile(receive) as received:
                if lane is Lane.QUICK:  # others wait for that process, and would wait for this download
                    await received
                await reports.examine(services, dataset, report_ts, arrival=arrival)


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """`work` goes on beside what is done here; where one of the two raises, the other is stopped."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks.create_task(work)
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


async def _dataset(turn: Turn, file: dict[str, Any]) -> Dataset:
    """What is known before the file was read; the same again when this work is repeated after a crash."""
    services = turn.services
    dataset_id = "ds-" + hashlib.sha256(f"{turn.channel}/{turn.received_at}/{file['id']}".encode()).hexdigest()[:10]
    known = await services.datasets.get(dataset_id)
    if known is not None:
        return known
    channel = await services.people.channel(turn.channel)
    dataset = Dataset(
        id=dataset_id,
        sha256="",
        name=str(file.get("name") or file.get("title") or "file"),
        bytes=int(file.get("size") or 0),
        owner=turn.user,
        team=services.team,
        channel=turn.channel,
        channel_private=channel.private,
        thread_ts=str(turn.thread_ts),
        created_at=turn.received_at,
        file_id=file["id"],
    )
    await services.datasets.save(dataset)
    return dataset


async def _unbroken(download: Download, details: dict[str, Any]) -> AsyncIterator[bytes]:
    """The file's bytes. A download that breaks off is begun again, and what has come before is passed over."""
    have = 0
    for delay in (*_BACKOFF, None):
        passed = 0
        try:
            async for chunk in download.chunks(details):
                fresh = chunk[max(0, have - passed) :]
                passed += len(chunk)
                have += len(fresh)
                if fresh:
                    yield fresh
            return
        except Interrupted as error:
            if delay is None:
                raise
            log.info("download interrupted, again in a moment", file=details["id"], why=str(error))
            await asyncio.sleep(delay)
