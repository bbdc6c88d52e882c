"""What is known of people: erased, handed out, and kept no longer than was agreed."""

from collections.abc import Awaitable, Callable

from app.features.collections import withdrawal
from app.features.datasets import dataset_deletion
from app.services import Services
from bot.datasets.dataset import Dataset
from bot.personal_data.erasure import PersonErasure
from bot.personal_data.retention import Retention, days_of
from bot.store.erasures import SqlErasures
from bot.store.retention import SqlRetention
from handlers.personal_data.listeners import PersonalDataListeners


def personal_data_listeners(
    services: Services, take_down: Callable[[Dataset], Awaitable[None]]
) -> PersonalDataListeners:
    return PersonalDataListeners(services.callers, person_erasure(services, take_down))


def person_erasure(services: Services, take_down: Callable[[Dataset], Awaitable[None]]) -> PersonErasure:
    settings = services.settings
    return PersonErasure(
        SqlErasures(services.database, settings.finetune_data),
        services.datasets,
        dataset_deletion(services),
        take_down,
        withdrawal(services),
        services.collections,
        services.learned,
        services.jobs,
        frozenset((*settings.finetune_admins, *settings.finetune_approvers, *settings.finetune_members)),
        services.authority,
    )


def retention(services: Services, take_down: Callable[[Dataset, int], Awaitable[None]]) -> Retention:
    return Retention(
        days_of(services.settings),
        SqlRetention(services.database),
        services.datasets,
        dataset_deletion(services),
        take_down,
        services.authority,
    )
