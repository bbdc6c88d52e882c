"""Charts of a job's figures, as files in Slack: drawn anew when there is something new to see, at a calm rate.

They are drawn in a process of their own: it takes a third of a second of a processor, and a bot that follows a thousand
jobs would keep people waiting in the meantime.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence

import structlog

from bot.charts.training import loss_chart
from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import CardStore, PostError
from bot.providers.protocol import Metrics
from bot.worker_processes import Pool, WorkerPools
from handlers.web.poster import Poster
from texts.charts import loss_alt_text, words
from training_files import TrainingFileError

log = structlog.get_logger()

# A chart of fewer steps shows nothing yet.
_WORTH_A_CURVE = 5
_REMEMBERED = 100
_MOST_SECONDS = 300.0


class Charts:
    """`calm` is the least number of seconds between two charts of one running job; long jobs get fewer."""

    def __init__(
        self, jobs: JobStore, cards: CardStore, poster: Poster, pools: WorkerPools, *, calm: float = 10
    ) -> None:
        self._jobs = jobs
        self._cards = cards
        self._poster = poster
        self._pools = pools
        self._calm = calm
        self._drawn_at: dict[str, float] = {}
        self._locks = KeyedLocks()
        self._under_way = 0
        self._snapshots: dict[tuple[str, int], tuple[str | None, str]] = {}
        self._deletions: set[asyncio.Task[None]] = set()

    async def is_due(self, job: Job) -> bool:
        """Whether the chart in Slack is behind the figures, and long enough ago.

        Where many jobs run, one at a time gets a new chart and the others' cards go on without: figures do not wait.
        """
        card = await self._cards.card(job.id)
        if job.latest is None or card is None or card.chart_step == job.latest.step:
            return False
        if job.state in states.ENDED:
            return True
        if job.latest.step < _WORTH_A_CURVE or self._under_way:
            return False
        elapsed = time.time() - (job.started_at or job.created_at)
        pause = max(self._calm, elapsed / 20)
        return time.monotonic() - self._drawn_at.get(job.id, float("-inf")) >= pause

    async def chart(self, job: Job) -> tuple[str | None, str]:
        """The file id of an up-to-date chart, drawn and uploaded if needed, and its alt text.

        None where there is nothing to draw or Slack did not take it: a message goes out without its chart then.
        """
        with self._counted():
            return await self._up_to_date(job)

    async def _up_to_date(self, job: Job) -> tuple[str | None, str]:
        async with self._locks.of(job.id):
            metrics = await self._jobs.metrics(job.id)
            card = await self._cards.card(job.id)
            if len(metrics) < 2 or card is None:
                return None, ""
            if card.chart_file and card.chart_step == metrics[-1].step:
                return await self.chart_shown(job)
            if job.state in states.ENDED:
                self._drawn_at.pop(job.id, None)
            else:
                self._drawn_at[job.id] = time.monotonic()
            made = await self._made(job, metrics, f"{job.id}-step-{metrics[-1].step}.png")
            if made is None:
                return await self.chart_shown(job)
            await self._cards.set_chart(job.id, made[0], metrics[-1].step)
            if card.chart_file:
                self._later_delete(card.chart_file)
            return made

    async def snapshot(self, job: Job, upto: int) -> tuple[str | None, str]:
        """A chart of the steps up to `upto`, for a message that stays as it is: it is never superseded."""
        async with self._locks.of(job.id):
            if (job.id, upto) in self._snapshots:
                return self._snapshots[job.id, upto]
            metrics = [one for one in await self._jobs.metrics(job.id) if one.step <= upto]
            if len(metrics) < _WORTH_A_CURVE:
                return None, ""
            made = await self._made(job, metrics, f"{job.id}-checkpoint-{upto}.png")
            if made is None:
                return None, ""
            while len(self._snapshots) >= _REMEMBERED:
                self._snapshots.pop(next(iter(self._snapshots)))
            # Where the message has to be tried again, it is the same picture.
            self._snapshots[job.id, upto] = made
            return made

    async def chart_shown(self, job: Job) -> tuple[str | None, str]:
        """The chart that is in Slack now, whether or not it is up to date."""
        card = await self._cards.card(job.id)
        if card is None or card.chart_file is None:
            return None, ""
        metrics = [m for m in await self._jobs.metrics(job.id) if m.step <= (card.chart_step or 0)]
        return card.chart_file, loss_alt_text(metrics, method=job.method)

    async def _made(self, job: Job, metrics: Sequence[Metrics], name: str) -> tuple[str, str] | None:
        """The file id of a new chart and its alt text; None where it could not be drawn, or Slack did not take it."""
        try:
            png = await self._pools.run(
                loss_chart,
                metrics,
                words(),
                method=job.method,
                title=_title(job),
                pool=Pool.CHARTS,
                seconds=_MOST_SECONDS,
            )
            alt = loss_alt_text(metrics, method=job.method)
            file_id = await self._poster.files.upload_image(name, png, alt)
        except (TrainingFileError, PostError) as error:
            log.warning("chart not made", job=job.id, why=str(error))
            return None
        return file_id, alt

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _later_delete(self, file_id: str) -> None:
        """A superseded chart goes once the card has had time to show the new one."""

        async def delete() -> None:
            await asyncio.sleep(15)
            try:
                await self._poster.files.delete(file_id)
            except PostError as error:
                log.info("old chart not deleted", file=file_id, why=str(error))

        task = asyncio.create_task(delete())
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)


def _title(job: Job) -> str:
    return job.suffix or job.file_name or job.base_model
