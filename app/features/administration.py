"""Budgets and approval, and what administrators read and set."""

from app.services import Services
from bot.access import Action, Place, Resource
from bot.administration.audit_log import AuditLogReader
from bot.administration.channel_language import ChannelLanguage
from bot.administration.subscriptions import ChannelSubscriptions
from bot.digest.channel_digests import ChannelDigests
from bot.digest.digest import Digests
from bot.errors import Denied
from bot.spending.budgets import Budgets
from bot.store.digests import SqlDigestPlans
from bot.store.outbox import SqlOutbox
from handlers.administration.listeners import AdministrationListeners
from handlers.digest.listeners import DigestListeners
from handlers.outgoing.approval_questions import ApprovalQuestions
from handlers.outgoing.digest_messages import DigestMessages
from handlers.outgoing.notice_poster import MayApprove
from handlers.spending.listeners import SpendingListeners


def approval_questions(services: Services) -> ApprovalQuestions:
    return ApprovalQuestions(SqlOutbox(services.database), services.languages, services.poster)


def may_approve(services: Services) -> MayApprove:
    """Whether a person may be asked in their direct messages."""

    async def may(user: str, about: Resource) -> bool:
        try:
            actor = await services.people.actor(user)
        except Denied:  # Slack does not tell who that is
            return False
        return services.authority.may(actor, Action.APPROVE, about, Place(user, alone=True))

    return may


def spending_listeners(services: Services) -> SpendingListeners:
    return SpendingListeners(
        callers=services.callers,
        budgets=budgets(services),
        approvals=services.approvals,
        questions=approval_questions(services),
        poster=services.poster,
    )


def budgets(services: Services) -> Budgets:
    return Budgets(
        services.budgets,
        services.jobs,
        services.authority,
        approval_above=services.rules.approval_above,
        approve_unknown=services.rules.approve_unknown,
        deciders=services.rules.deciders,
    )


def administration_listeners(services: Services) -> AdministrationListeners:
    return AdministrationListeners(
        callers=services.callers,
        audit_log=audit_log(services),
        subscriptions=ChannelSubscriptions(services.subscriptions, services.people, services.authority),
        channel_language=ChannelLanguage(services.languages.channels, services.people, services.authority),
        languages=services.languages,
        poster=services.poster,
    )


def audit_log(services: Services) -> AuditLogReader:
    return AuditLogReader(services.audit, services.authority)


def digest_listeners(services: Services) -> DigestListeners:
    plans = SqlDigestPlans(services.database)
    return DigestListeners(
        callers=services.callers,
        digests=ChannelDigests(plans, services.people, services.people, services.authority),
    )


def digests(services: Services) -> Digests:
    return Digests(services.jobs, services.model_uses, services.catalogue, services.budgets, services.jobs)


def digest_messages(services: Services) -> DigestMessages:
    return DigestMessages(digests(services), services.cards, services.poster)
