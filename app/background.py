"""What the bot does by itself: loops that bring Slack up to date, and tasks by the clock.

Of several processes one leads, and does that for all; a few loops go on in each, for what it has itself in hand.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, TypeAlias, TypeVar

from app.features.administration import digest_messages, digests, may_approve
from app.features.datasets import dataset_deletion
from app.features.personal_data import retention
from app.schedule import Task, keep, schedule
from app.services import Services
from app.tracking import trackers
from bot.deployments.following import DeploymentFollower
from bot.digest.sending import DigestSender
from bot.evaluations.repeats import EvaluationRepeats
from bot.notices.deliver import Delivery
from bot.store.digests import SqlDigestPlans
from bot.store.evaluations import SqlEvaluationStore
from bot.store.inbox import SqlInbox
from bot.store.outbox import SqlOutbox
from bot.store.tracking import SqlTrackingStore
from bot.sweeps.progress import SweepProgress
from bot.tracking.tracking import Tracking
from handlers.compare.listeners import CompareListeners
from handlers.datasets.listeners import DatasetListeners
from handlers.evaluations.listeners import EvaluationListeners
from handlers.exports.listeners import ExportListeners
from handlers.generation.listeners import GenerationListeners
from handlers.home.listeners import HomeListeners
from handlers.judges.listeners import JudgeListeners
from handlers.missed import Backfill
from handlers.moves.listeners import MoveListeners
from handlers.outgoing.card_links import card_link
from handlers.outgoing.cards import CardKeeper
from handlers.outgoing.charts import Charts
from handlers.outgoing.group_messages import GroupMessages
from handlers.outgoing.notice_poster import SlackNoticePoster
from handlers.rehearsals.listeners import RehearsalListeners
from handlers.scheduled_training.listeners import ScheduledTrainingListeners

Listeners: TypeAlias = Mapping[type[object], object]
"""What was put together for each class that a feature names."""

L = TypeVar("L")


# With `Timing.drain`, a second of the schedule's, two of what hears, and one for what the worker cuts off these are
# nine seconds, for whoever stops a service kills it after ten.
_STOP_SECONDS: Final = 2.5


class Background:
    """In each process the loops that are its own; in the one that leads all else, once `lead` is called."""

    def __init__(self, services: Services, listeners: Listeners) -> None:
        self._services = services
        self._listeners = listeners
        self._tasks = own_loops(listeners)
        self._schedule = contextlib.AsyncExitStack()
        self._leads = False

    def keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Carry out one more loop until the end."""
        self._tasks.append(keep(name, loop))
        return self._tasks[-1]

    async def lead(self) -> None:
        """Do what one process must do for all. What was left unfinished comes first, then what is new."""
        self._leads = True
        submitter = self._services.submitter
        self._tasks.extend(loops(self._services, self._listeners))
        await self._schedule.enter_async_context(schedule(by_the_clock(self._services, self._listeners)))
        if not self._services.membership.alone:  # first, for it looks again where the store cannot be read now
            self.keep("submissions", submitter.run)
        await submitter.recover()

    def read_back(self, backfill: Backfill) -> asyncio.Task[None]:
        """Read what was missed, in the process that leads; one that does not leads as soon as it may."""
        if self._leads:
            return self.keep("backfill", backfill.run)
        self._tasks.append(asyncio.create_task(self._lead_later(backfill)))
        return self._tasks[-1]

    async def _lead_later(self, backfill: Backfill) -> None:
        async with schedule(until_leading(self._services)):
            await self._services.membership.until_leading()
        self.keep("backfill", backfill.run)
        await self.lead()

    async def close(self) -> None:
        """All at once; whatever does not end in time ends with the process, and is gone on with at the next start."""
        await self._schedule.aclose()
        for task in self._tasks:
            task.cancel()
        ending = [*self._tasks, asyncio.create_task(self._services.submitter.close())]
        await asyncio.wait(ending, timeout=_STOP_SECONDS)


def own_loops(listeners: Listeners) -> list[asyncio.Task[None]]:
    """What goes on in each process: it reads again the files that it checked, and keeps the tabs that it showed."""
    return [
        keep("second pass", _of(listeners, DatasetListeners).reports.run_second_pass),
        keep("homes", _of(listeners, HomeListeners).keeper.run),
    ]


def loops(services: Services, listeners: Listeners) -> list[asyncio.Task[None]]:
    """What goes on all the time in the process that leads, begun at once: each of them until it is cancelled."""
    settings, timing = services.settings, services.timing
    charts = Charts(
        services.jobs,
        services.cards,
        services.poster,
        services.pools,
        calm=max(settings.finetune_poll_seconds, 5),
    )
    language = services.languages.place
    compare = _of(listeners, CompareListeners)
    evaluating, judging = _of(listeners, EvaluationListeners), _of(listeners, JudgeListeners)
    generating = _of(listeners, GenerationListeners)
    exporting, moving = _of(listeners, ExportListeners), _of(listeners, MoveListeners)
    sweeps = SweepProgress(services.groups, services.jobs, notices_channel=settings.finetune_notices_channel)
    rehearsing = _of(listeners, RehearsalListeners)
    groups = GroupMessages(services.groups, sweeps, moving.progress, rehearsing.progress)
    notices = SlackNoticePoster(
        services.jobs,
        groups,
        services.poster,
        charts,
        digest_messages(services),
        language,
        may_approve(services),
        services.providers.abilities,
        partial(card_link, services.cards, services.poster),
    )
    delivery = Delivery(SqlOutbox(services.database), notices, look_every=timing.look_every, backoff=timing.notice)
    keeper = CardKeeper(
        services.jobs,
        groups,
        services.cards,
        services.poster,
        charts,
        language=language,
        abilities=services.providers.abilities,
        look_every=timing.look_every,
        between_edits=timing.between_edits,
        backoff=timing.notice,
    )
    return [
        keep("outbox", delivery.run),
        keep("cards", keeper.run),
        keep("comparisons", compare.keeper.run),
        keep("evaluations", evaluating.runs.run),
        keep("evaluations shown", evaluating.keeper.run),
        keep("checks of judges", judging.runs.run),
        keep("checks of judges shown", judging.keeper.run),
        keep("generations", generating.runs.run),
        keep("generations shown", generating.keeper.run),
        keep("exports", exporting.keeper.run),
        keep("moves", moving.progress.run),
        keep("rehearsals", rehearsing.progress.run),
    ]


def until_leading(services: Services) -> list[Task]:
    """What APScheduler begins again and again in a process that does not lead yet."""
    every = min(1.0, services.settings.finetune_poll_seconds)
    return [Task(f"hinted at {name}", every, one.look_at_hinted) for name, one in services.followers.items()]


def by_the_clock(services: Services, listeners: Listeners) -> list[Task]:
    """What APScheduler begins again and again in the process that leads."""
    poll_seconds, trainings = services.settings.finetune_poll_seconds, _of(listeners, ScheduledTrainingListeners)
    evaluations = SqlEvaluationStore(services.database)
    repeats = EvaluationRepeats(evaluations, services.datasets, services.people, services.authority)
    deployments = DeploymentFollower(services.jobs, services.providers, services.model_uses)
    told = trackers(services.settings, services.pools)
    tracking = Tracking(
        SqlTrackingStore(services.database),
        services.jobs,
        told,
        private=services.settings.finetune_track_private,
        between=services.timing.tracking,
    )
    return [
        *([Task("tracking", min(10.0, services.timing.tracking), tracking.tick)] if told else []),
        *(
            Task(f"follow {name}", min(1.0, poll_seconds), follower.tick)
            for name, follower in services.followers.items()
        ),
        Task("queue", min(1.0, poll_seconds), services.job_queue.tick),
        *([Task("deployments", max(1.0, poll_seconds), deployments.tick)] if services.providers.deploys else []),
        Task("models", 600.0, services.lost_models.look),
        Task("retirements", 600.0, services.retirement_warnings.look),
        Task("remind", 600.0, services.approvals.remind),
        Task("remind of sweeps", 600.0, services.group_approvals.remind),
        Task("digests", 60.0, DigestSender(SqlDigestPlans(services.database), digests(services)).look),
        Task("repeat evaluations", 600.0, repeats.tick),
        Task("scheduled trainings", 60.0, trainings.runs.tick),
        Task("delete at providers", 3600.0, dataset_deletion(services).delete_left),
        Task("retention", 3600.0, retention(services, _of(listeners, DatasetListeners).reports.take_down).tick),
        Task("forget", 24 * 3600.0, SqlInbox(services.database).forget_old),
    ]


def _of(listeners: Listeners, kind: type[L]) -> L:
    found = listeners[kind]
    assert isinstance(found, kind)
    return found
