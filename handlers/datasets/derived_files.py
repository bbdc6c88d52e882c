"""Files that the bot made of a training file: they come into its thread, and get a report like any that was dropped."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets, NewFile
from bot.datasets.file_store import FileStore
from handlers.blocks.message import Message
from handlers.datasets.blocks import derived as blocks
from handlers.datasets.reports import ReportMessages
from handlers.languages import LanguageOf
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking


@dataclass(frozen=True)
class DerivedFiles:
    datasets: DerivedDatasets
    checking: DatasetCheck
    file_store: FileStore
    reports: ReportMessages
    poster: Poster
    language: LanguageOf

    async def is_there(self, request: Request, new: NewFile) -> bool:
        """Whether it is in the thread already; the person is then told where."""
        if new.before is None or not new.before.file_id:
            return False
        link = await self.poster.files.link(new.before.file_id)
        if link is None:
            return False
        if not request.is_retry:
            await request.answer(blocks.made_before(new.before, link))
        return True

    async def in_channel(
        self, request: Request, said: Message, what: str, make: Callable[[str], Awaitable[Dataset]]
    ) -> Dataset:
        """A message in the channel, and in its thread the file that `make` makes (given the thread's ts), with its
        report; all of it once. `what` tells the message from others of the request."""
        thread_ts = await self.poster.post_once(
            request.channel,
            said,
            idempotency_key=f"{request.key}/{what}",
            may_exist=request.is_retry,
            since=request.received_at,
            priority=Priority.CHAT,
        )
        dataset = await make(thread_ts)
        if dataset.report is None:
            (dataset,) = await self.share(request, dataset, [dataset], lambda: "")
            await self.report_on(request, dataset)
        return dataset

    async def share(
        self, request: Request, source: Dataset, made: Sequence[Dataset], comment: Callable[[], str]
    ) -> list[Dataset]:
        """Show the new files in the source's thread, in one message that says `comment` (mrkdwn)."""
        if request.is_retry and made[0].file_id and await self.poster.files.link(made[0].file_id):
            return list(made)
        titles: dict[str, str] = {}
        shown = []
        for dataset in made:
            async with self.file_store.plain(dataset.sha256) as path:
                file_id = await self.poster.files.upload(dataset.name, path)
            titles[file_id] = dataset.name
            shown.append(await self.datasets.shown(dataset, file_id))
        with speaking(await self.language(source.channel, source.owner)):
            said = comment()
        await self.poster.files.share(titles, source.channel, source.thread_ts, said)
        return shown

    async def report_on(self, request: Request, dataset: Dataset, validation: Dataset | None = None) -> None:
        """Check a new file and show its report in the thread. `validation` is to validate what it trains."""
        report_ts = await self.reports.begin(dataset, is_retry=request.is_retry, since=request.received_at)
        async with self.reports.trouble_shown(dataset, report_ts):
            await self.reports.follow(
                dataset,
                report_ts,
                lambda on_partial: self.checking.check(dataset, validation=validation, on_partial=on_partial),
            )
