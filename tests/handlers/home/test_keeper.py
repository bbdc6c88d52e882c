"""Home tabs are kept up to date: what changed is shown, once, and not more often than Slack takes it."""

import asyncio
from typing import cast

import msgspec
import pytest

from bot.access import Caller
from bot.backoff import Backoff
from bot.errors import Denied
from bot.home import Home, Homes, Spot, Tab
from bot.jobs.overview import AssessedJob
from bot.notices.interfaces import CardStore
from bot.store.database import Database
from bot.store.homes import SqlHomes
from bot.store.personal_settings import SqlPersonalSettings
from handlers.callers import Callers
from handlers.home import blocks
from handlers.home.keeper import HomeKeeper
from handlers.home.listeners import HomeListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import a_job
from tests.scripted_slack import Slack, error, limited
from tests.slack_requests import ANA, ENGLISH, a_request

DIRECT = "D0ANA"


class Kept:
    """A keeper over the real store; what stands on a tab is `state`, or what is `refused`."""

    def __init__(self, slack: Slack, database: Database) -> None:
        slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
        slack.replies["views.publish"] = [{"ok": True, "view": {"id": "V1"}}]
        self.slack = slack
        self.now = 1_700_000_000.0
        self.state = "queued"
        self.refused: Denied | None = None
        self.store = SqlHomes(database)
        self.others = SqlPersonalSettings(database)
        self.poster = Poster(slack.client)
        people = People(self.poster, "T0ACME", Roles())
        homes = cast(Homes, self)
        self.keeper = HomeKeeper(
            self.store,
            homes,
            cast(CardStore, self),
            people,
            ENGLISH,
            self.poster,
            "T0ACME",
            between=3.0,
            backoff=Backoff(0.01),
            clock=lambda: self.now,
            steady=lambda: self.now,
        )
        self.listeners = HomeListeners(Callers(people, "T0ACME"), homes, self.keeper)

    async def of(self, caller: Caller, spot: Spot) -> Home:
        assert caller.answers_in.alone
        if self.refused is not None:
            raise self.refused
        return Home(spot, jobs=[AssessedJob(a_job(state=self.state, created_at=1.0))])

    async def opened(self, caller: Caller) -> None:
        if self.refused is not None:
            raise self.refused
        await self.store.opened(caller.user, caller.channel, self.now)

    async def turned(self, caller: Caller, spot: Spot) -> None:
        await self.store.turned(caller.user, caller.channel, spot, self.now)

    async def card(self, job_id: str) -> None:
        return None

    async def open(self) -> None:
        await self.listeners.opened(a_request(channel=DIRECT))

    async def becomes(self, state: str, seconds: float = 3.0) -> None:
        """Something is stored, and time goes by."""
        self.state = state
        await self.others.looked("U0BEN", self.now)
        self.now += seconds
        await self.round()

    async def round(self) -> None:
        await self.keeper.round()
        await asyncio.gather(*self.keeper._rounds._under_way.values())

    @property
    def shown(self) -> list[str]:
        """The views that were published, as JSON."""
        return [msgspec.json.encode(call["view"]).decode() for call in self.slack.called("views.publish")]


@pytest.fixture
def kept(slack: Slack, database: Database) -> Kept:
    return Kept(slack, database)


async def test_what_changed_is_published_and_what_stays_the_same_is_not(kept: Kept) -> None:
    await kept.open()
    (view,) = kept.shown
    assert "Queued" in view
    assert msgspec.json.decode(kept.slack.called("views.publish")[0]["view"]["private_metadata"]) == {"channel": DIRECT}
    await kept.becomes("queued")
    await kept.round()
    assert len(kept.shown) == 1
    await kept.becomes("running")
    assert len(kept.shown) == 2
    assert "Training" in kept.shown[1]


async def test_changes_that_come_together_are_one_look_after_the_pause(kept: Kept) -> None:
    await kept.open()
    await kept.becomes("running", 1.0)
    await kept.becomes("paused", 1.0)
    assert len(kept.shown) == 1
    await kept.becomes("paused", 1.0)
    assert len(kept.shown) == 2
    assert "Paused" in kept.shown[1]


async def test_a_tab_is_shown_at_once_and_stays_where_the_page_is_brought_up_to_date(kept: Kept) -> None:
    await kept.open()
    await kept.listeners.turned(a_request("models 1 all", channel=DIRECT))
    assert "The team's models" in kept.shown[1]
    await kept.becomes("running")
    assert "Your jobs" not in kept.shown[-1]


async def test_who_left_it_open_is_looked_at_once_a_minute_and_after_a_day_no_more(kept: Kept) -> None:
    await kept.open()
    await kept.becomes("running", 1801.0)
    assert len(kept.shown) == 2
    await kept.becomes("paused", 30.0)
    assert len(kept.shown) == 2
    await kept.becomes("paused", 30.0)
    assert len(kept.shown) == 3
    await kept.becomes("running", 24 * 3600.0)
    assert len(kept.shown) == 3


async def test_where_slack_takes_no_more_nothing_waits_in_a_queue(kept: Kept) -> None:
    await kept.open()
    kept.slack.replies["views.publish"] = [limited("60")]
    await kept.becomes("running")
    await kept.becomes("paused")
    await kept.becomes("running")
    assert len(kept.shown) == 2, "asked once, and told to wait for a minute"


async def test_a_failure_is_tried_again_though_nothing_changed_since(kept: Kept) -> None:
    await kept.open()
    kept.slack.replies["views.publish"] = [error("internal_error"), {"ok": True, "view": {"id": "V1"}}]
    await kept.becomes("running")
    await kept.round()
    assert "Training" in kept.shown[-1]
    assert len(kept.shown) == 3


async def test_without_a_home_tab_nobody_s_is_kept(kept: Kept) -> None:
    kept.slack.replies["views.publish"] = [error("not_enabled")]
    await kept.open()
    assert (await kept.store.open())[1] == []


async def test_who_may_not_use_the_bot_is_told_so_there(kept: Kept) -> None:
    kept.refused = Denied("guest")
    await kept.open()
    assert "Guests" in kept.shown[0]
    assert (await kept.store.open())[1] == []
    kept.refused = None
    await kept.open()
    kept.refused = Denied("guest")
    await kept.becomes("running")
    assert "Guests" in kept.shown[-1]
    assert (await kept.store.open())[1] == []


def test_what_a_button_carries_is_read_again() -> None:
    spot = Spot(Tab.DATA, 3, mine=False)
    view = blocks.home_view(Home(spot, pages=5), DIRECT, {})
    elements = [element for block in view["blocks"] for element in block.get("elements", ())]
    turning = {element["action_id"]: element.get("value") for element in elements if "action_id" in element}
    assert blocks.read_spot(turning[blocks.PREVIOUS]) == Spot(Tab.DATA, 2, mine=False)
    assert blocks.read_spot(turning[blocks.NEXT]) == Spot(Tab.DATA, 4, mine=False)
