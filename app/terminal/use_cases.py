"""The use cases that the terminal's commands call, and who calls them."""

import time
import uuid
from dataclasses import dataclass

from app.features.administration import approval_questions, audit_log, budgets
from app.features.collections import collection_views
from app.features.datasets import dataset_deletion, dataset_listeners, provider_files
from app.features.deployments import deployments
from app.features.jobs import controls, job_history, job_results, job_search, start_listeners
from app.features.models import retirement_calendar, unused_things
from app.features.personal_data import person_erasure, retention
from app.services import Services
from app.terminal.starting import Starting
from bot.access import Actor, Caller, Place, Role
from bot.administration.audit_log import AuditLogReader
from bot.audit import TERMINAL
from bot.collections.views import CollectionViews
from bot.datasets.dataset import Dataset
from bot.deployments.deployments import Deployments
from bot.experiments.search import JobSearch
from bot.jobs.approval import Approvals
from bot.jobs.controls import JobControls
from bot.jobs.group_approval import GroupApprovals
from bot.jobs.history import JobHistory
from bot.jobs.links import JobLinks
from bot.jobs.lookup import JobLookup
from bot.jobs.overview import JobOverview
from bot.jobs.queue import JobQueue
from bot.jobs.results import JobResults
from bot.models.lookup import ModelLookup
from bot.models.retirement_calendar import RetirementCalendar
from bot.models.trainable import TrainableModels
from bot.personal_data.erasure import PersonErasure
from bot.personal_data.retention import Retention
from bot.spending.budgets import Budgets
from bot.unused import UnusedThings
from handlers.outgoing.approval_questions import ApprovalQuestions


@dataclass(frozen=True)
class UseCases:
    """`questions` (those in Slack) and `starting`: None where no bot runs, and so nobody asks Slack anything."""

    search: JobSearch
    overview: JobOverview
    history: JobHistory
    results: JobResults
    job_lookup: JobLookup
    job_links: JobLinks
    controls: JobControls
    approvals: Approvals
    group_approvals: GroupApprovals
    models: ModelLookup
    trainable: TrainableModels
    retirement: RetirementCalendar
    unused: UnusedThings
    deployments: Deployments
    collections: CollectionViews
    budgets: Budgets
    audit_log: AuditLogReader
    erasure: PersonErasure
    retention: Retention
    questions: ApprovalQuestions | None
    starting: Starting | None


def use_cases(services: Services, *, bot_runs: bool) -> UseCases:
    """Where no bot runs, an approved job stays in line: to begin what is cut off with the command would only make
    uncertain whether the provider has it. The next start goes on with it."""
    approvals, group_approvals = services.approvals, services.group_approvals
    if not bot_runs:
        queue = JobQueue(services.jobs, (), services.submitter.release)
        elsewhere = services.settings.finetune_notices_channel
        approvals = Approvals(services.jobs, services.job_lookup, queue, notices_channel=elsewhere)
        group_approvals = GroupApprovals(services.groups, services.jobs, services.authority, queue)
    take_down = dataset_listeners(services, dataset_deletion(services)).reports.take_down if bot_runs else _untold
    return UseCases(
        search=job_search(services),
        overview=services.overview,
        history=job_history(services),
        results=job_results(services),
        job_lookup=services.job_lookup,
        job_links=services.job_links,
        controls=controls(services),
        approvals=approvals,
        group_approvals=group_approvals,
        models=services.model_lookup,
        trainable=services.trainable_models,
        retirement=retirement_calendar(services),
        unused=unused_things(services),
        deployments=deployments(services),
        collections=collection_views(services),
        budgets=budgets(services),
        audit_log=audit_log(services),
        erasure=person_erasure(services, take_down),
        retention=retention(services, take_down),
        questions=approval_questions(services) if bot_runs else None,
        starting=starting(services) if bot_runs else None,
    )


async def _untold(dataset: Dataset, unused_days: int | None = None) -> None:
    """Where no bot runs, Slack is not asked."""


def starting(services: Services) -> Starting:
    return Starting(start_listeners(services, provider_files(services)), services.people, services.team)


def administrator(channel: str) -> Caller:
    """Whoever sits at the terminal, where nobody else looks. As in Slack, what was made in a private channel is for
    those who name that channel."""
    place = Place(channel, alone=True)
    actor = Actor(TERMINAL, team="", role=Role.ADMIN)
    return Caller(actor, "", channel, place, place, key=f"{TERMINAL}/{uuid.uuid4().hex}", at=time.time())
