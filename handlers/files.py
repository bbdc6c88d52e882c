"""A file dropped where the bot can see it: read, checked, and reported on in the file's thread."""

import asyncio
import contextlib
import hashlib
from typing import Any, Final

import msgspec
import structlog

from bot.access import Act
from bot.datasets import Dataset, DatasetError
from bot.datasets.copies import Copy
from handlers import reports
from handlers.blocks import deletion
from handlers.checks import Lane
from handlers.download import Download, Interrupted
from handlers.turn import Turn

log = structlog.get_logger()

# What may be meant as training data; other files in a channel are none of our business.
ENDINGS: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".jsonl.gz")

# A download that broke off is begun again after these pauses, in seconds.
_PAUSES: Final = (0.5, 3.0)


def may_be_training_data(file: dict[str, Any]) -> bool:
    return str(file.get("name") or file.get("title") or "").lower().endswith(ENDINGS) or not file.get("name")


async def files_dropped(turn: Turn) -> bool:
    """Each file of a message gets its own report. False if none is meant as training data."""
    files = [file for file in turn.body["event"].get("files") or [] if may_be_training_data(file)]
    for file in files:
        await _take_in(turn, file)
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
        with contextlib.suppress(DatasetError):
            file = await download.details(file)
            if not may_be_training_data(file):
                return
    await turn.actor(Act.SUBMIT)
    dataset = await _dataset(turn, file)
    report_ts = await reports.begin(services, dataset, again=turn.again, since=turn.received_at)
    async with reports.trouble_shown(services, dataset, report_ts):
        copy = await _fetched(turn, download, file)
        dataset = msgspec.structs.replace(dataset, sha256=copy.sha256, bytes=copy.bytes)
        await services.datasets.save(dataset)
        await reports.examine(services, dataset, report_ts)


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


async def _fetched(turn: Turn, download: Download, file: dict[str, Any]) -> Copy:
    """Our copy of the file. Raises DatasetError."""
    details = await download.details(file)
    size = int(details.get("size") or 0)
    turn.services.copies.check_size(size)
    turn.services.checks.warm(Lane.of_report(size))
    for pause in (*_PAUSES, None):
        try:
            return await turn.services.copies.keep(download.chunks(details))
        except Interrupted as error:
            if pause is None:
                raise
            log.info("download interrupted, again in a moment", file=file["id"], why=str(error))
            await asyncio.sleep(pause)
    raise AssertionError("not reached")
