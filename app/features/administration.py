"""Budgets and approval, and what administrators read and set."""

from app.services import Services
from bot.administration.audit_log import AuditLogReader
from bot.administration.channel_language import ChannelLanguage
from bot.administration.subscriptions import ChannelSubscriptions
from bot.spending.budgets import Budgets
from handlers.administration.listeners import AdministrationListeners
from handlers.spending.listeners import SpendingListeners


def spending_listeners(services: Services) -> SpendingListeners:
    return SpendingListeners(
        callers=services.callers,
        budgets=Budgets(
            services.budgets,
            services.jobs,
            services.authority,
            approval_above=services.rules.approval_above,
            approve_unknown=services.rules.approve_unknown,
            deciders=services.rules.deciders,
        ),
        approvals=services.approvals,
        languages=services.languages,
        poster=services.poster,
    )


def administration_listeners(services: Services) -> AdministrationListeners:
    return AdministrationListeners(
        callers=services.callers,
        audit_log=AuditLogReader(services.audit, services.authority),
        subscriptions=ChannelSubscriptions(services.subscriptions, services.people, services.authority),
        channel_language=ChannelLanguage(services.languages.channels, services.people, services.authority),
        languages=services.languages,
        poster=services.poster,
    )
