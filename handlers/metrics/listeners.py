"""`/finetune metrics`, the button on a card that does the same, and all the numbers as a file."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.charts.metrics import Run, by_epochs, metrics_chart
from bot.experiments.run_metrics import MetricsOverview, RunMetrics
from bot.jobs.overview import JobOverview
from bot.jobs.results import metrics_table
from bot.notices.interfaces import PostError
from bot.worker_processes import Pool, WorkerPools
from handlers.blocks.card import title
from handlers.blocks.text import code
from handlers.callers import Callers
from handlers.jobs.listeners import latest_here
from handlers.languages import LanguageOf
from handlers.metrics.blocks import run_names, runs_message
from handlers.metrics.command_words import read_words
from handlers.posted_files import post_files
from handlers.request import Request
from handlers.web.poster import Poster
from texts.charts import metrics_alt_text, words
from texts.language import speaking
from texts.metrics import numbers_of, numbers_of_several
from training_files import TrainingFileError

log = structlog.get_logger()

_MOST_SECONDS = 60.0
_NAME = 20  # characters: as many as a chart surely has room for


@dataclass(frozen=True)
class MetricsListeners:
    callers: Callers
    overview: JobOverview
    metrics_of: MetricsOverview
    pools: WorkerPools
    poster: Poster
    language_of: LanguageOf

    async def metrics(self, request: Request) -> None:
        """Without a job it is the latest of the thread, or of the channel."""
        typed = read_words(request.text)
        jobs = typed.jobs or (await latest_here(self.overview, self.callers, request),)
        found = await self.metrics_of.of(await self.callers.of(request), jobs)
        runs = [_run(one, name) for one, name in zip(found, run_names(found, _NAME).values(), strict=True)]
        chart, alt = await self._chart(found, runs, typed.smooth)
        await request.answer(
            runs_message(found, smooth=typed.smooth, by_epoch=by_epochs(runs), chart=chart, chart_alt=alt)
        )

    async def numbers(self, request: Request) -> None:
        """All that was measured, as a CSV file for everybody here."""
        found = await self.metrics_of.of(await self.callers.of(request), request.text.split(), to_post=True)
        name = f"{found[0].job.id}-metrics.csv" if len(found) == 1 else f"metrics-of-{len(found)}-jobs.csv"
        table = metrics_table([(one.job.id, one.metrics) for one in found])
        with speaking(await self.language_of(request.channel, request.user)):
            comment = numbers_of(code(title(found[0].job), 150))
            if len(found) > 1:
                comment = numbers_of_several(len(found))
        await post_files(self.poster, request, {name: table}, request.thread_ts, comment)

    async def _chart(self, found: Sequence[RunMetrics], runs: Sequence[Run], smooth: float) -> tuple[str | None, str]:
        """Slack's id of the picture and its alt text; None where there is nothing to draw, or Slack did not take it."""
        if not any(one.is_measured for one in found):
            return None, ""
        name = title(found[0].job) if len(found) == 1 else ""
        alt = metrics_alt_text([(run.name, run.metrics, run.method) for run in runs])
        try:
            png = await self.pools.run(
                metrics_chart, runs, words(), smooth=smooth, title=name, pool=Pool.CHARTS, seconds=_MOST_SECONDS
            )
            return await self.poster.files.upload_image("metrics.png", png, alt), alt
        except (TrainingFileError, PostError) as error:
            log.warning("chart not made", why=str(error))
            return None, ""


def _run(one: RunMetrics, name: str) -> Run:
    steps = tuple(checkpoint.step for checkpoint in one.checkpoints)
    return Run(one.job.id, name, one.metrics, one.job.method, steps, one.steps_per_epoch)
