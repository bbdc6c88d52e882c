"""Says notices in Slack. Implements `bot.notices.interfaces.Speaker`."""

from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment, assessed, checkpoint_figures
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.notice import Body, CheckpointMade, Ended, EndedElsewhere, Notice
from bot.notices.interfaces import PostRefused
from handlers.languages import LanguageOf, english
from handlers.outgoing.charts import Pictures
from handlers.outgoing.notice_blocks import render
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking


class SlackSpeaker:
    def __init__(self, jobs: JobStore, poster: Poster, pictures: Pictures, language: LanguageOf = english) -> None:
        self._jobs = jobs
        self._poster = poster
        self._pictures = pictures
        self._language = language

    async def say(self, notice: Notice, thread_ts: str | None) -> str:
        with speaking(await self._language(notice.channel, notice.body.job.requester)):
            return await self._say(notice, thread_ts)

    async def _say(self, notice: Notice, thread_ts: str | None) -> str:
        body = notice.body
        assessment = await self._assessment(body)
        chart, alt = None, ""
        if isinstance(body, Ended) and body.job.state == states.SUCCEEDED:
            chart, alt = await self._pictures.chart(body.job)
        elif isinstance(body, CheckpointMade) and _goes_on(body.job):
            chart, alt = await self._pictures.keepsake(body.job, body.checkpoint.step)
        priority = Priority.ENDING if isinstance(body, Ended) else Priority.MILESTONE
        try:
            return await self._poster.post(
                notice.channel,
                render(body, assessment, chart_file_id=chart, chart_alt_text=alt),
                thread_ts=thread_ts,
                mark=notice.id,
                priority=priority,
            )
        except PostRefused as error:
            if chart is None or str(error) != "invalid_blocks":
                raise
            # The picture is gone from Slack, or not ready: the news goes out without it.
            return await self._poster.post(
                notice.channel, render(body, assessment), thread_ts=thread_ts, mark=notice.id, priority=priority
            )

    async def _assessment(self, body: Body) -> Assessment:
        if isinstance(body, CheckpointMade):
            metrics = await self._jobs.metrics(body.job.id)
            return Assessment(checkpoint_figures(body.job, metrics, body.checkpoint))
        if isinstance(body, Ended | EndedElsewhere):
            return await assessed(self._jobs, body.job)
        return UNASSESSED

    async def heard(self, notice: Notice, thread_ts: str | None, since: float) -> str | None:
        return await self._poster.find(notice.channel, notice.id, thread_ts=thread_ts, since=since)


def _goes_on(job: Job) -> bool:
    """Whether there will be more to see: what some providers tell at the very end needs no chart beside the last."""
    latest = job.latest
    return job.state not in states.ENDED and not (latest and latest.total_steps and latest.step >= latest.total_steps)
