"""What is running and what needs a person, and their settings."""

from app.services import Services
from bot.dashboard import Dashboards
from bot.personal_settings import PersonalSettingsControl
from bot.store.judge_checks import SqliteJudgeCheckStore
from bot.store.personal_settings import SqlitePersonalSettings
from handlers.launcher.listeners import LauncherListeners


def launcher_listeners(services: Services) -> LauncherListeners:
    people = SqlitePersonalSettings(services.database)
    return LauncherListeners(
        callers=services.callers,
        dashboards=Dashboards(
            services.jobs,
            services.groups,
            services.datasets,
            services.collections,
            (services.evaluations, SqliteJudgeCheckStore(services.database)),
            people,
            services.authority,
        ),
        settings_of=PersonalSettingsControl(people, services.authority),
        cards=services.cards,
        poster=services.poster,
    )
