"""Files as Slack's messages tell of them: which may be training data, and their bytes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import structlog

from bot.backoff import Backoff
from bot.timing import Timing
from handlers.web.download import Download, Interrupted

log = structlog.get_logger()

# What may be meant as training data; other files in a channel are none of our business.
_ENDINGS: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".jsonl.gz")


def may_be_training_data(file: dict[str, Any]) -> bool:
    return name_of(file).lower().endswith(_ENDINGS) or not file.get("name")


def is_training_data(file: dict[str, Any]) -> bool:
    """In a thread with a model, where people show it files, too: by endings that nothing else has."""
    return name_of(file).lower().endswith((".jsonl", ".ndjson", ".parquet", ".jsonl.gz"))


def name_of(file: dict[str, Any]) -> str:
    """ "" in a stub, as Slack Connect sends it."""
    return str(file.get("name") or file.get("title") or "")


async def unbroken(
    download: Download, details: dict[str, Any], backoff: Backoff = Timing.download, *, read: bytes | None = None
) -> AsyncIterator[bytes]:
    """The file's bytes; where all of them were `read` before, these. A download that breaks off is begun again,
    without the bytes that came before."""
    if read is not None:
        yield read
        return
    have = 0
    for delay in (*backoff, None):
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
