"""*All findings* on a report: as a table in a file, once in the thread, for everybody."""

import asyncio
from collections import defaultdict
from pathlib import PurePath

import msgspec

from bot.access import Action
from bot.errors import BotError
from handlers.blocks.text import link
from handlers.datasets.blocks import report as blocks
from handlers.turn import Turn
from training_files.findings_csv import findings_csv

# Two people may press in the same second.
_uploading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


async def all_findings(turn: Turn) -> None:
    dataset = await turn.dataset(turn.words, Action.SEE)
    async with _uploading[dataset.id]:
        dataset = await turn.dataset(turn.words, Action.SEE)
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
