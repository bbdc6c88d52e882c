"""The message of a report: posted when reading begins, it grows while the file is checked, and is kept up to date."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.datasets.report import DatasetReports, Verdict, example_limit
from bot.datasets.second_pass import SecondPass
from bot.errors import BotError
from bot.models.trainable import untrainable
from bot.notices.interfaces import PostError
from handlers.datasets.blocks import report as blocks
from handlers.datasets.reactions import Reactions
from handlers.languages import LanguageOf
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.charts import length_alt_text, words
from texts.datasets import report as texts
from texts.errors import sentence
from texts.language import Language, speaking
from training_files import Report, TrainingFileError

log = structlog.get_logger()

OnPartial = Callable[[Report], None]

# Bytes. A smaller file takes long only where the machine is busy; its report comes in the next moment.
WORTH_WATCHING: Final = 2_000_000


@dataclass(frozen=True)
class ReportMessages:
    """In the language of the channel. `between_edits` is a pause in seconds."""

    datasets: DatasetStore
    reports: DatasetReports
    second_pass: SecondPass
    reactions: Reactions
    poster: Poster
    language: LanguageOf
    between_edits: float

    async def begin(self, dataset: Dataset, *, is_retry: bool, since: float) -> str:
        """Say once in the file's thread that it is being read; the ts of the message, which becomes the report."""
        report_ts = await self.datasets.report_ts(dataset.id)
        if report_ts is None:
            with speaking(await self._language(dataset)):
                reading = blocks.reading(dataset.name)
            report_ts = await self.poster.post_once(
                dataset.channel,
                reading,
                idempotency_key=f"report/{dataset.id}",
                may_exist=is_retry,
                since=since,
                thread_ts=dataset.thread_ts,
                priority=Priority.CHAT,
            )
            await self.datasets.set_report_ts(dataset.id, report_ts)
        return report_ts

    @asynccontextmanager
    async def trouble_shown(self, dataset: Dataset, report_ts: str) -> AsyncIterator[None]:
        """Within, an error of the file itself is shown in place of its report."""
        try:
            yield
            return
        except TrainingFileError as error:
            trouble: TrainingFileError | None = error
        except (BotError, PostError):
            raise
        except Exception as error:
            log.exception("check failed", dataset=dataset.id, exc_info=error)
            trouble = None
        with speaking(await self._language(dataset)):
            message = blocks.unreadable(dataset.name, sentence(trouble) if trouble else texts.went_wrong())
        await self.poster.update(dataset.channel, report_ts, message, priority=Priority.CHAT)
        await self.reactions.show(dataset, Verdict.WRONG)

    async def follow(
        self, dataset: Dataset, report_ts: str, check: Callable[[OnPartial], Awaitable[Dataset | None]]
    ) -> None:
        """Show what `check` finds: what it knows first, then all, then the picture of lengths. The second pass follows
        by itself. Raises what `check` raises.
        """
        async with self.growing(dataset, report_ts) as on_partial:
            checked = await check(on_partial)
        if checked is None:  # deleted in the meantime
            await self._show_deleted(dataset, report_ts, Priority.CHAT)
            return
        await self.show_and_scan(checked)
        if (pictured := await self._add_picture(checked)) is not None:
            await self.show(pictured)

    async def show_and_scan(self, dataset: Dataset) -> None:
        """Show the report, and queue the second pass, which adds to it."""
        await self.show(dataset)
        self.second_pass.add(dataset.id)

    async def show(self, dataset: Dataset, *, priority: Priority = Priority.CHAT) -> None:
        """Bring the report's message up to date."""
        report_ts = await self.datasets.report_ts(dataset.id)
        report = await self.reports.of(dataset) if report_ts is not None else None
        if report_ts is None or report is None:
            return
        with speaking(await self._language(dataset)):
            alt = ""
            if dataset.lengths_file is not None and report.found.histogram:
                alt = length_alt_text(report.found.histogram, report.found.tokens, limit=example_limit(report.found))
            message = blocks.report(
                dataset,
                offers=report.offers,
                obstacle="" if report.trainable else sentence(untrainable(report.provider, report.found)),
                validation=report.validation,
                validates=report.validates,
                picture_alt=alt,
            )
        await self.poster.update(dataset.channel, report_ts, message, priority=priority)
        await self.reactions.show(dataset, report.verdict)

    async def run_second_pass(self) -> None:
        """Until cancelled. What it finds is shown when there is time."""
        await self.second_pass.run(partial(self.show, priority=Priority.MILESTONE))

    async def take_down(self, dataset: Dataset, unused_days: int | None = None) -> None:
        """Make a deleted file's report say so, and delete what was uploaded beside it as far as Slack lets us.
        `unused_days`: where it was deleted because nobody had used it for so long."""
        await self.reactions.show(dataset, None)
        try:
            report_ts = await self.datasets.report_ts(dataset.id)
            if report_ts is not None:
                await self._show_deleted(dataset, report_ts, Priority.MILESTONE, unused_days)
            for file_id in filter(None, (dataset.lengths_file, dataset.findings_file)):
                await self.poster.files.delete(file_id)
        except PostError as error:
            log.info("report not taken down", dataset=dataset.id, why=str(error))

    @asynccontextmanager
    async def growing(self, dataset: Dataset, report_ts: str) -> AsyncIterator[OnPartial]:
        """While the check runs, what it has found so far is shown at a calm rate, as far as there is room for edits."""
        latest: list[Report] = []
        news, editing = asyncio.Event(), asyncio.Lock()
        language = await self._language(dataset)

        def take(found: Report) -> None:
            if dataset.bytes >= WORTH_WATCHING:
                latest[:] = [found]
                news.set()

        async def edit() -> None:
            while True:
                await news.wait()
                news.clear()
                async with editing:
                    if self.poster.may_update_now():
                        with speaking(language):
                            message = blocks.growing(dataset, latest[0])
                        with contextlib.suppress(PostError):
                            await self.poster.update_now(dataset.channel, report_ts, message)
                await asyncio.sleep(self.between_edits)

        task = asyncio.create_task(edit())
        try:
            yield take
        finally:
            # An edit under way is waited for, or it could arrive after the report itself.
            async with editing:
                task.cancel()

    async def _add_picture(self, dataset: Dataset) -> Dataset | None:
        """The data set with the picture of lengths in Slack; None where there is nothing new to show."""
        found = dataset.report
        with speaking(await self._language(dataset)):
            png = await self.reports.picture(dataset, words())
            if png is None or found is None:
                return None
            alt = length_alt_text(found.histogram, found.tokens, limit=example_limit(found))
        try:
            file_id = await self.poster.files.upload_image(f"{dataset.id}-lengths.png", png, alt)
        except PostError as error:
            log.warning("picture of lengths not uploaded", dataset=dataset.id, why=str(error))
            return None
        return await self.reports.pictured(dataset.id, file_id)

    async def _show_deleted(
        self, dataset: Dataset, report_ts: str, priority: Priority, unused_days: int | None = None
    ) -> None:
        with speaking(await self._language(dataset)):
            message = blocks.deleted(dataset.name, unused_days)
        await self.poster.update(dataset.channel, report_ts, message, priority=priority)

    async def _language(self, dataset: Dataset) -> Language:
        return await self.language(dataset.channel, dataset.owner)
