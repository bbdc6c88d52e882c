"""A person's Home tab: what needs them, their jobs, the team's models, data sets, spending, settings. It is for them
alone, and shows what they may see where nobody else looks."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol, TypeVar

import msgspec

from bot.access import Action, Caller, Resource, is_shown_in
from bot.authority import Authority
from bot.dashboard import Dashboard, Dashboards
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.evaluations.run import Run
from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, assessed
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.overview import AssessedJob
from bot.models.lookup import ModelLookup
from bot.models.model import FineTunedModel
from bot.models.retirement_calendar import CalendarEntry, RetirementCalendar
from bot.models.uses import ModelUses
from bot.personal_settings import PersonalSettings, PersonalSettingsControl
from bot.providers.interface import ProviderError
from bot.providers.registry import Providers
from bot.spending.budgets import Budgets, MonthlySpending

PAGE: Final = 8
KEPT_FOR: Final = 24 * 3600.0
# Older ones are found by `/finetune jobs` and in their channels.
_LOOKED_AT: Final = 200
_JUST_NOW: Final = 60.0
_NEXT: Final = 5

T = TypeVar("T")


class Tab(StrEnum):
    JOBS = "jobs"
    MODELS = "models"
    DATA = "data"
    SPENDING = "spending"
    SETTINGS = "settings"


class Spot(msgspec.Struct, frozen=True):
    """What of it the person looks at: a page (from 1) of a tab, `mine`: of their own things only."""

    tab: Tab = Tab.JOBS
    page: int = 1
    mine: bool = True


class OpenHome(msgspec.Struct, frozen=True):
    """Somebody has opened their Home tab. `channel`: their direct messages with the bot; `opened_at`: when they last
    opened it or turned to something, in seconds since the epoch."""

    user: str
    channel: str
    spot: Spot
    opened_at: float


class Scored(msgspec.Struct, frozen=True):
    """The score (from 0 to 1) of a model on `n` items in the evaluation `about`."""

    model: str
    score: float
    n: int
    about: Resource


class HomeStore(Protocol):
    """What nobody has opened for a day is forgotten."""

    async def opened(self, user: str, channel: str, at: float) -> None:
        """They stay at the spot where they were."""

    async def turned(self, user: str, channel: str, spot: Spot, at: float) -> None: ...

    async def forget(self, user: str) -> None: ...

    async def open(self) -> tuple[int, Sequence[OpenHome]]:
        """Everybody's, and a number that is another one once anything was stored."""

    async def scores(self) -> Sequence[Scored]:
        """Of the latest evaluations, the newest first."""


class TeamModel(msgspec.Struct, frozen=True):
    """`last_used_at`: seconds since the epoch, None where nobody has asked it anything, as far as the person may know;
    `score`: the latest they may know of."""

    model: FineTunedModel
    last_used_at: float | None = None
    score: Scored | None = None


class Home(msgspec.Struct, frozen=True):
    """What stands at `spot`, of `pages`; the lists of other tabs are empty. `models` is None where no provider answers.
    `may_submit`: the person may start jobs. `retiring`: of all models, those that stop answering next."""

    spot: Spot
    pages: int = 1
    needs: Dashboard = Dashboard()
    may_submit: bool = False
    runs: Sequence[Run] = ()
    jobs: Sequence[AssessedJob] = ()
    models: Sequence[TeamModel] | None = ()
    retiring: Sequence[CalendarEntry] = ()
    datasets: Sequence[Dataset] = ()
    spending: MonthlySpending | None = None
    settings: PersonalSettings | None = None


class Homes:
    def __init__(
        self,
        store: HomeStore,
        dashboards: Dashboards,
        jobs: JobStore,
        providers: Providers,
        datasets: DatasetStore,
        models: ModelLookup,
        uses: ModelUses,
        budgets: Budgets,
        settings: PersonalSettingsControl,
        calendar: RetirementCalendar,
        authority: Authority,
    ) -> None:
        self._store = store
        self._dashboards = dashboards
        self._jobs = jobs
        self._providers = providers
        self._datasets = datasets
        self._models = models
        self._uses = uses
        self._budgets = budgets
        self._settings = settings
        self._calendar = calendar
        self._authority = authority

    async def opened(self, caller: Caller) -> None:
        """What failed before is seen from now on. Raises Denied."""
        await self._dashboards.look(caller)
        await self._store.opened(caller.user, caller.channel, caller.at)

    async def turned(self, caller: Caller, spot: Spot) -> None:
        """Raises Denied."""
        await self._authority.require(caller, Action.USE)
        await self._store.turned(caller.user, caller.channel, spot, caller.at)

    async def of(self, caller: Caller, spot: Spot) -> Home:
        """As things are now. A page beyond the last is the last. Raises Denied."""
        home = Home(
            spot, needs=await self._dashboards.glance(caller), may_submit=self._authority.allows(caller, Action.SUBMIT)
        )
        match spot.tab:
            case Tab.JOBS:
                page, at, pages = _page(await self._jobs_of(caller, spot.mine), spot)
                jobs = [await self._assessed(job) for job in page]
                runs = home.needs.runs if at.page == 1 else ()
                return msgspec.structs.replace(home, spot=at, pages=pages, jobs=jobs, runs=runs)
            case Tab.MODELS:
                return await self._with_models(home, caller, spot)
            case Tab.DATA:
                datasets, at, pages = _page(await self._datasets_of(caller, spot.mine), spot)
                return msgspec.structs.replace(home, spot=at, pages=pages, datasets=datasets)
            case Tab.SPENDING:
                return msgspec.structs.replace(home, spending=await self._budgets.this_month(caller))
            case Tab.SETTINGS:
                return msgspec.structs.replace(home, settings=await self._settings.of(caller))

    async def _jobs_of(self, caller: Caller, mine: bool) -> list[Job]:
        """Those that go on first, each time the newest before others."""
        going_on = (await self._jobs.not_ended())[::-1]
        found = {job.id: job for job in (*going_on, *await self._jobs.latest(_LOOKED_AT))}
        seen = self._seen(caller, list(found.values()), mine, lambda job: job.resource)
        return sorted(seen, key=lambda job: (job.state in states.ENDED, -job.created_at))

    async def _assessed(self, job: Job) -> AssessedJob:
        """What a model that was made is worth; of a job that goes on there is nothing to say yet."""
        ended = job.state in states.ENDED
        assessment = await assessed(self._jobs, job) if ended else UNASSESSED
        return AssessedJob(job, assessment, self._providers.abilities(job.provider))

    async def _datasets_of(self, caller: Caller, mine: bool) -> list[Dataset]:
        latest = [dataset for dataset in await self._datasets.latest(_LOOKED_AT) if dataset.report is not None]
        return self._seen(caller, latest, mine, lambda dataset: dataset.resource)

    def _seen(self, caller: Caller, things: Sequence[T], mine: bool, about: Callable[[T], Resource]) -> list[T]:
        return [
            thing
            for thing in things
            if self._authority.allows(caller, Action.SEE, about(thing))
            and (not mine or about(thing).owner == caller.user)
        ]

    async def _with_models(self, home: Home, caller: Caller, spot: Spot) -> Home:
        try:
            fresh = await self._is_one_just_made(caller.at)
            visible = await self._models.visible(caller, caller.answers_in, fresh=fresh)
            retiring = (await self._calendar.next(caller, _NEXT)).entries
        except ProviderError:
            return msgspec.structs.replace(home, models=None)
        models, at, pages = _page([one for one in visible if not spot.mine or one.owner == caller.user], spot)
        used, scores = await self._last_uses(caller, [model.id for model in models]), await self._scores(caller)
        shown = [TeamModel(model, used.get(model.id), scores.get(model.id)) for model in models]
        # On the first page alone: those after it are for whoever looks through the list.
        return msgspec.structs.replace(
            home, spot=at, pages=pages, models=shown, retiring=retiring if at.page == 1 else ()
        )

    async def _is_one_just_made(self, now: float) -> bool:
        """Then what a provider listed before lacks it."""
        latest = await self._jobs.latest(_LOOKED_AT)
        return any(job.finished_at is not None and job.finished_at > now - _JUST_NOW for job in latest)

    async def _last_uses(self, caller: Caller, models: Sequence[str]) -> Mapping[str, float]:
        found: dict[str, float] = {}
        for use in await self._uses.of(models):
            if use.last_used_at is not None and use.is_seen_by(caller, caller.answers_in):
                found[use.model] = max(use.last_used_at, found.get(use.model, 0.0))
        return found

    async def _scores(self, caller: Caller) -> Mapping[str, Scored]:
        found: dict[str, Scored] = {}
        for scored in await self._store.scores():
            if is_shown_in(caller.answers_in, scored.about, caller.user):
                found.setdefault(scored.model, scored)
        return found


def _page(things: Sequence[T], spot: Spot) -> tuple[Sequence[T], Spot, int]:
    """What stands on the page, which one that is, and how many there are."""
    pages = max(1, -(-len(things) // PAGE))
    at = msgspec.structs.replace(spot, page=min(max(1, spot.page), pages))
    return things[(at.page - 1) * PAGE : at.page * PAGE], at, pages
