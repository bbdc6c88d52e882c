"""A file dropped where the bot can see it: read, checked, and reported on in the file's thread."""

import asyncio
import hashlib
from typing import Any, Final

import msgspec
import structlog

from bot.access import Act
from bot.datasets import DEFAULT_MODEL, Dataset, DatasetError, Report, check_file
from bot.datasets.copies import Copy
from bot.errors import BotError
from bot.notices.interfaces import PostError
from bot.providers.interface import ProviderError
from handlers.blocks import deletion
from handlers.blocks import report as blocks
from handlers.blocks.message import Message
from handlers.download import Download
from handlers.budget import Priority
from handlers.turn import Turn

log = structlog.get_logger()

# What may be meant as training data; other files in a channel are none of our business.
ENDINGS: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".jsonl.gz")


def may_be_training_data(file: dict[str, Any]) -> bool:
    return str(file.get("name") or file.get("title") or "").lower().endswith(ENDINGS) or not file.get("name")


async def files_dropped(turn: Turn) -> None:
    """Each file of a message gets its own report."""
    for file in turn.body["event"].get("files") or []:
        if may_be_training_data(file):
            await _take_in(turn, file)


async def file_deleted(turn: Turn) -> None:
    """The file is gone from Slack: offer its owner to delete our copy and the provider's."""
    file_id = str(turn.body["event"].get("file_id") or "")
    for dataset in await turn.services.datasets.by_file(file_id):
        if dataset.report is not None:
            await turn.services.poster.post(dataset.owner, deletion.deleted_in_slack(dataset), mark=turn.key)


async def _take_in(turn: Turn, file: dict[str, Any]) -> None:
    services = turn.services
    # The same again when this work is repeated after a crash.
    dataset_id = "ds-" + hashlib.sha256(f"{turn.channel}/{turn.received_at}/{file['id']}".encode()).hexdigest()[:10]
    await turn.actor(Act.SUBMIT)
    channel = await services.people.channel(turn.channel)
    name = str(file.get("name") or file.get("title") or "file")
    dataset = await services.datasets.get(dataset_id) or Dataset(
        id=dataset_id,
        sha256="",
        name=name,
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
    report_ts = await services.datasets.report_ts(dataset_id)
    if report_ts is None:
        report_ts = await services.poster.post_once(
            turn.channel,
            blocks.reading(name),
            mark=f"report/{dataset_id}",
            maybe_posted=turn.again,
            since=turn.received_at,
            thread_ts=turn.thread_ts,
            priority=Priority.CHAT,
        )
        await services.datasets.set_report_ts(dataset_id, report_ts)

    async def show(message: Message) -> None:
        await services.poster.update(turn.channel, str(report_ts), message, priority=Priority.CHAT)

    try:
        download = Download(
            services.poster,
            services.settings.slack_bot_token.get_secret_value() if services.settings.slack_bot_token else "",
            services.settings.slack_api_url,
        )
        details = await download.details(file)
        copy = await services.copies.keep(download.chunks(details))
        models = await _models(turn)
        result = await _check(turn, copy, models[0])
    except DatasetError as error:
        await show(blocks.unreadable(name, str(error)))
        return
    except (BotError, PostError):
        raise
    except Exception as error:
        log.exception("check failed", dataset=dataset_id, exc_info=error)
        await show(
            blocks.unreadable(name, "Something went wrong on my side while I checked it. Drop it again, please.")
        )
        return
    dataset = msgspec.structs.replace(dataset, sha256=copy.sha256, bytes=copy.bytes, name=name, report=result)
    await services.datasets.save(dataset)
    await show(blocks.report(dataset, base_models=models[:3]))


async def _check(turn: Turn, copy: Copy, model: str) -> Report:
    """In a process of its own, so that a large file slows down nothing else."""
    loop = asyncio.get_running_loop()
    tokenizers = turn.services.settings.finetune_tokenizers
    return await loop.run_in_executor(turn.services.checks, check_in_process, copy, model, tokenizers)


def check_in_process(copy: Copy, model: str, tokenizers: object) -> Report:
    return check_file(copy.path, model=model, tokenizers=tokenizers)  # type: ignore[arg-type]


async def _models(turn: Turn) -> list[str]:
    """The models on offer, for the check and its prices; a provider that is down does not stop the check."""
    try:
        models = await turn.services.catalogue.base_models()
    except ProviderError as error:
        log.warning("models unknown", why=str(error))
        models = []
    return models or [turn.services.settings.finetune_default_model or DEFAULT_MODEL]
