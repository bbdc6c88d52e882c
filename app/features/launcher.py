"""What is running and what needs a person, and their settings."""

from app.services import Services
from bot.dashboard import Dashboards
from bot.personal_settings import PersonalSettingsControl
from bot.store.generations import SqlGenerationStore
from bot.store.judge_checks import SqlJudgeCheckStore
from bot.store.personal_settings import SqlPersonalSettings
from handlers.chat.listeners import ChatListeners
from handlers.datasets.listeners import DatasetListeners
from handlers.launcher.listeners import LauncherListeners
from handlers.modals import Modals
from handlers.shortcuts.listeners import ShortcutListeners
from handlers.start.listeners import StartListeners


def launcher_listeners(services: Services) -> LauncherListeners:
    return LauncherListeners(
        callers=services.callers,
        dashboards=dashboards(services),
        settings_of=personal_settings(services),
        cards=services.cards,
        poster=services.poster,
    )


def shortcut_listeners(
    services: Services,
    start: StartListeners,
    chat: ChatListeners,
    launcher: LauncherListeners,
    files: DatasetListeners,
) -> ShortcutListeners:
    return ShortcutListeners(
        callers=services.callers,
        people=services.people,
        starting=start,
        chatting=chat,
        launcher=launcher,
        files=files,
        datasets=services.datasets,
        modals=Modals(services.poster),
        poster=services.poster,
        language=services.languages.place,
    )


def dashboards(services: Services) -> Dashboards:
    return Dashboards(
        services.jobs,
        services.groups,
        services.datasets,
        services.collections,
        (
            services.evaluations,
            SqlJudgeCheckStore(services.database),
            SqlGenerationStore(services.database),
        ),
        SqlPersonalSettings(services.database),
        services.authority,
    )


def personal_settings(services: Services) -> PersonalSettingsControl:
    return PersonalSettingsControl(SqlPersonalSettings(services.database), services.authority)
