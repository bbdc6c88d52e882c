"""For repairing, which takes everything from `turn.services` still: the same as `DerivedDatasets` and `DerivedFiles`.

What is made is named by what it is made of and how: the same wish, of two people or after a crash, makes it once.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePath

import msgspec

from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import Copy
from bot.datasets.report import DatasetReports
from bot.errors import Invalid
from handlers.datasets.blocks import derived as blocks
from handlers.datasets.derived_files import DerivedFiles
from handlers.datasets.reactions import Reactions
from handlers.datasets.reports import ReportMessages
from handlers.turn import Turn

making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
"""One thing at a time is made of a data set, by its id."""


class Made(msgspec.Struct, frozen=True):
    """A new file: the id and the name that its data set gets, and our copy."""

    id: str
    name: str
    copy: Copy


def name_of(source: Dataset, what: str) -> str:
    """ "train.csv" and "mended" make "train-mended.jsonl"."""
    return f"{PurePath(source.name).stem[:150] or 'file'}-{what}.jsonl"


async def id_of(turn: Turn, source: Dataset, *how: object) -> str:
    """The id of what is made of `source` in this way."""
    identity = f"{source.id}/{msgspec.json.encode(how).decode()}"
    for salt in ("", turn.key):
        dataset_id = "ds-" + hashlib.sha256((identity + salt).encode()).hexdigest()[:10]
        known = await turn.services.datasets.get(dataset_id)
        if known is None or known.deleted_at is None:
            break
    return dataset_id


async def is_there(turn: Turn, dataset_id: str) -> bool:
    """Whether it was made before, in which case the person is told where it is. What this turn itself has begun,
    before a crash, counts when it is done.
    """
    services = turn.services
    known = await services.datasets.get(dataset_id)
    if known is None or (turn.again and known.report is None):
        return False
    link = await services.poster.file_link(known.file_id) if known.file_id else None
    if link is None:
        return False
    if not turn.again:
        await turn.answer(blocks.made_before(known, link))
    return True


async def bring(turn: Turn, source: Dataset, files: Sequence[Made], comment: str) -> list[Dataset]:
    """Show the new files in the source's thread, in one message that says `comment` (mrkdwn), and know them."""
    services = turn.services
    if not all(made.copy.bytes for made in files):
        raise Invalid("nothing_left")
    datasets = [await services.datasets.get(made.id) or _dataset(turn, source, made) for made in files]
    if turn.again and datasets[0].file_id and await services.poster.file_link(datasets[0].file_id):
        return datasets
    titles: dict[str, str] = {}
    for place, made in enumerate(files):
        file_id = await services.poster.upload(made.name, made.copy.path)
        titles[file_id] = made.name
        datasets[place] = msgspec.structs.replace(datasets[place], file_id=file_id)
        await services.datasets.save(datasets[place])
    await services.poster.share(titles, source.channel, source.thread_ts, comment)
    return datasets


async def report_on(turn: Turn, dataset: Dataset, validation: Dataset | None = None) -> None:
    """Check a new file and show its report in the thread."""
    services, default = turn.services, turn.services.settings.finetune_default_model
    reports = ReportMessages(
        datasets=services.datasets,
        reports=DatasetReports(
            services.datasets,
            services.jobs,
            services.catalogue,
            services.lanes,
            provider=services.providers.default.name,
            default=default,
        ),
        second_pass=services.second_pass,
        reactions=Reactions(services.datasets, services.poster),
        poster=services.poster,
        language=services.languages.place,
        provider=services.providers.default.name,
        between_edits=services.timing.between_report_edits,
    )
    checking = DatasetCheck(
        services.datasets,
        services.copies,
        services.lanes,
        services.catalogue,
        default=default,
        tokenizers=services.settings.tokenizers,
    )
    derived = DerivedFiles(
        DerivedDatasets(services.datasets),
        checking,
        services.copies,
        reports,
        services.poster,
        services.languages.place,
    )
    await derived.report_on(turn, dataset, validation)


def _dataset(turn: Turn, source: Dataset, made: Made) -> Dataset:
    return Dataset(
        id=made.id,
        sha256=made.copy.sha256,
        name=made.name,
        bytes=made.copy.bytes,
        owner=turn.user,
        team=source.team,
        channel=source.channel,
        channel_private=source.channel_private,
        thread_ts=source.thread_ts,
        created_at=turn.received_at,
        derived_from=source.id,
    )
