"""Posts notices to Slack. Implements `bot.notices.interfaces.NoticePoster`."""

from collections.abc import Awaitable, Callable

from bot.access import Resource
from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment, assessed, checkpoint_figures
from bot.jobs.group import JobGroup
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.notice import (
    ApprovalAsked,
    CheckpointMade,
    DigestDue,
    Ended,
    EndedElsewhere,
    GroupApprovalAsked,
    GroupBody,
    GroupEnded,
    JobBody,
    Notice,
    RepeatEnded,
    RetirementBody,
    RetrainingRefused,
)
from bot.notices.interfaces import PostRefused
from bot.providers.config import ALL_ABILITIES, Abilities
from handlers.blocks.message import Message
from handlers.languages import LanguageOf, english
from handlers.outgoing import repeat_blocks, retirement_blocks, retraining_blocks
from handlers.outgoing.card_links import CardLink, no_link
from handlers.outgoing.charts import Charts
from handlers.outgoing.digest_messages import DigestMessages
from handlers.outgoing.group_messages import GroupMessages
from handlers.outgoing.notice_blocks import render
from handlers.request import is_direct
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

MayApprove = Callable[[str, Resource], Awaitable[bool]]


async def nobody(_user: str, _about: Resource) -> bool:
    return False


class SlackNoticePoster:
    """`may_approve`: whether a person may approve what is about to be told to them directly."""

    def __init__(
        self,
        jobs: JobStore,
        groups: GroupMessages,
        poster: Poster,
        charts: Charts,
        digests: DigestMessages,
        language: LanguageOf = english,
        may_approve: MayApprove = nobody,
        abilities: Callable[[str], Abilities] = lambda _provider: ALL_ABILITIES,
        card_link: CardLink = no_link,
    ) -> None:
        self._jobs = jobs
        self._groups = groups
        self._poster = poster
        self._charts = charts
        self._digests = digests
        self._language = language
        self._may_approve = may_approve
        self._card_link = card_link
        self._abilities = abilities

    async def post(self, notice: Notice, thread_ts: str | None) -> str:
        body = notice.body
        asks = isinstance(body, ApprovalAsked | GroupApprovalAsked)
        if asks and _is_direct(notice) and not await self._may_approve(notice.channel, notice.about):
            raise PostRefused("may_not_approve")
        with speaking(await self._language(notice.channel, notice.about.owner)):
            if isinstance(body, GroupBody):
                return await self._post_of_group(notice, body, thread_ts)
            if isinstance(body, RetirementBody):
                return await self._post_to_channel(notice, retirement_blocks.render(body))
            if isinstance(body, DigestDue):
                return await self._post_to_channel(notice, await self._digests.said(notice.channel, body))
            if isinstance(body, RetrainingRefused):
                return await self._post_to_channel(notice, retraining_blocks.render(body, notice.about.owner))
            if isinstance(body, RepeatEnded):
                said = repeat_blocks.render(body, notice.about.owner)
                return await self._post_to_channel(notice, said, thread_ts)
            job = await self._jobs.get(notice.about.id)
            if job is None:
                raise PostRefused("nothing_known_of_it")
            return await self._post(notice, body, job, thread_ts)

    async def _post_to_channel(self, notice: Notice, said: Message, thread_ts: str | None = None) -> str:
        return await self._poster.post(
            notice.channel, said, thread_ts=thread_ts, idempotency_key=notice.id, priority=Priority.MILESTONE
        )

    async def _post_of_group(self, notice: Notice, body: GroupBody, thread_ts: str | None) -> str:
        group = await self._groups.get(notice.about.id)
        if group is None:
            raise PostRefused("nothing_known_of_it")
        return await self._poster.post(
            notice.channel,
            await self._said_of_group(notice, group, body),
            thread_ts=thread_ts,
            idempotency_key=notice.id,
            priority=Priority.ENDING if isinstance(body, GroupEnded) else Priority.MILESTONE,
        )

    async def _said_of_group(self, notice: Notice, group: JobGroup, body: GroupBody) -> Message:
        if isinstance(body, GroupApprovalAsked) and _is_direct(notice):
            return await self._groups.asked_directly(group, body)
        return await self._groups.said(group, body)

    async def _post(self, notice: Notice, body: JobBody, job: Job, thread_ts: str | None) -> str:
        assessment = await self._assessment(body, job)
        chart, alt = None, ""
        if isinstance(body, Ended) and job.state == states.SUCCEEDED:
            chart, alt = await self._charts.chart(job)
        elif isinstance(body, CheckpointMade) and _goes_on(job):
            chart, alt = await self._charts.snapshot(job, body.checkpoint.step)
        priority = Priority.ENDING if isinstance(body, Ended) else Priority.MILESTONE
        elsewhere = notice.under_card is None and thread_ts is None
        permalink = await self._card_link(job) if elsewhere else None
        return await self._poster.post(
            notice.channel,
            render(
                body,
                job,
                assessment,
                chart_file_id=chart,
                chart_alt_text=alt,
                directly=_is_direct(notice),
                permalink=permalink,
                abilities=self._abilities(job.provider),
            ),
            thread_ts=thread_ts,
            idempotency_key=notice.id,
            priority=priority,
        )

    async def _assessment(self, body: JobBody, job: Job) -> Assessment:
        if isinstance(body, CheckpointMade):
            return Assessment(checkpoint_figures(job, await self._jobs.metrics(job.id), body.checkpoint))
        if isinstance(body, Ended | EndedElsewhere):
            return await assessed(self._jobs, job)
        return UNASSESSED

    async def find(self, notice: Notice, thread_ts: str | None, since: float) -> str | None:
        return await self._poster.find(notice.channel, notice.id, thread_ts=thread_ts, since=since)


def _goes_on(job: Job) -> bool:
    """Whether there will be more to see: what some providers tell at the very end needs no chart beside the last."""
    latest = job.latest
    return job.state not in states.ENDED and not (latest and latest.total_steps and latest.step >= latest.total_steps)


def _is_direct(notice: Notice) -> bool:
    return notice.under_card is None and is_direct(notice.channel)
