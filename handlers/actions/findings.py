"""*All findings* on a report: as a table in a file, once in the thread, for everybody."""

import asyncio
import csv
import io
from collections import defaultdict
from pathlib import PurePath
from typing import Final

import msgspec

from bot.access import Act
from bot.datasets import Report
from bot.datasets.findings import BY_CODE
from bot.errors import BotError
from bot.redact import redact
from handlers.blocks import report as blocks
from handlers.blocks.text import clean, link
from handlers.turn import Turn

_COLUMNS: Final = ("severity", "line", "field", "code", "message", "quote", "remedy")

# Two people may press in the same second.
_uploading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


async def all_findings(turn: Turn) -> None:
    dataset = await turn.dataset(turn.words, Act.SEE)
    async with _uploading[dataset.id]:
        dataset = await turn.dataset(turn.words, Act.SEE)
        found = dataset.report
        if found is None or not (found.errors or found.warnings):
            raise BotError(f"There is nothing to correct in {dataset.name}.")
        poster = turn.services.poster
        there = await poster.file_link(dataset.findings_file) if dataset.findings_file else None
        if there is not None:
            if not turn.again:
                await turn.answer(blocks.findings_there(link(there, "this file")))
            return
        name = f"{PurePath(dataset.name).stem[:100] or 'file'}-findings.csv"
        file_id = await poster.upload(name, findings_csv(found))
        await turn.services.datasets.update(
            dataset.id, lambda known: msgspec.structs.replace(known, findings_file=file_id)
        )
        comment = blocks.findings_attached(dataset, len(found.errors) + len(found.warnings))
        await poster.share({file_id: name}, dataset.channel, dataset.thread_ts, comment)


def findings_csv(found: Report) -> bytes:
    """A row for each finding, by line, as spreadsheets open it: UTF-8 with a byte-order mark, and nothing that one
    of them would take for a formula.
    """
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    for finding in sorted((*found.errors, *found.warnings), key=lambda one: (one.line or 0, one.severity)):
        rule = BY_CODE.get(finding.code)
        remedy = rule.remedy if rule and "{" not in rule.remedy else ""
        texts = (finding.field or "", finding.code, finding.message, finding.quote, remedy)
        writer.writerow([finding.severity, finding.line or "", *map(_cell, texts)])
    return b"\xef\xbb\xbf" + table.getvalue().encode("utf-8", "replace")


def _cell(text: str) -> str:
    """Other people's text in a cell (OWASP, "CSV Injection", read 2026-11-21)."""
    safe = " ".join(clean(redact(text)).split())
    return f"'{safe}" if safe.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else safe
