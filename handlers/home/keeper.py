"""Keeps the Home tabs that people have opened lately up to date.

Nothing is queued: whatever happened in between, a tab is read afresh and shows how things are now. Slack does not tell
when somebody leaves it, so those that nobody has opened for a day are left as they are.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
import structlog

from bot.access import Caller, Place
from bot.backoff import Backoff
from bot.errors import Denied
from bot.home import KEPT_FOR, Home, Homes, HomeStore, OpenHome
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import CardStore, PostRefused
from bot.notices.work_loop import WorkLoop
from bot.timing import Timing
from handlers.blocks.text import escape
from handlers.home import blocks
from handlers.languages import Languages
from handlers.launcher.blocks import needed_jobs
from handlers.outgoing.card_links import card_link
from handlers.web.people import People
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.errors import sentence
from texts.language import speaking

log = structlog.get_logger()

_PUBLISH: Final = "views.publish"
# So long after they have opened it, or turned to something, people are taken to look; then there is a look a minute.
_LOOKED_AT_FOR: Final = 1800.0
# What is read from elsewhere, such as the providers' lists of models, changes without a word in the store.
_LOOK_ANYWAY: Final = 60.0


@dataclass
class _Seen:
    """What a person is shown (its hash), at which version of the store it was read, and when."""

    shown: str
    version: int
    at: float


class HomeKeeper:
    """`between`: seconds between two looks at what one person sees. `team`: the workspace's id."""

    def __init__(
        self,
        store: HomeStore,
        homes: Homes,
        cards: CardStore,
        people: People,
        languages: Languages,
        poster: Poster,
        team: str,
        *,
        look_every: float = Timing.look_every,
        between: float = Timing.between_edits,
        backoff: Backoff = Timing.answer,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._homes = homes
        self._cards = cards
        self._people = people
        self._languages = languages
        self._poster = poster
        self._team = team
        self._between = between
        self._clock = clock
        self._steady = steady
        self._seen: dict[str, _Seen] = {}
        self._links: dict[str, str] = {}
        self._publishing = KeyedLocks()
        self._rounds = WorkLoop("homes", self._due, every=look_every, backoff=backoff)

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def round(self) -> None:
        """Begin to bring up to date what shows something old, what was looked at longest ago first."""
        await self._rounds.round()

    async def show(self, user: str, priority: Priority = Priority.MODAL) -> None:
        """Now, since they have opened it or turned to something. Raises a PostError."""
        async with self._publishing.of(user):
            version, homes = await self._store.open()
            home = next((home for home in homes if home.user == user), None)
            if home is not None:
                await self._bring_to_date(home, version, priority)

    async def refuse(self, user: str, channel: str, error: Denied) -> None:
        """For somebody who may not use the bot: why. Raises a PostError."""
        with speaking(await self._languages.person(user)):
            await self._publish(user, blocks.refused(escape(sentence(error)), channel))

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        version, homes = await self._store.open()
        due = [home.user for home in homes if self._is_due(home, version)]
        due.sort(key=lambda user: self._seen[user].at if user in self._seen else float("-inf"))
        return [(user, partial(self._see_to, user)) for user in due]

    def _is_due(self, home: OpenHome, version: int) -> bool:
        seen, since_opened = self._seen.get(home.user), self._clock() - home.opened_at
        if seen is None or since_opened > KEPT_FOR:
            return since_opened <= KEPT_FOR
        is_news = since_opened < _LOOKED_AT_FOR and seen.version != version
        return self._steady() - seen.at >= (self._between if is_news else _LOOK_ANYWAY)

    async def _see_to(self, user: str) -> None:
        if self._poster.has_room(_PUBLISH):  # else it is still due in the next round
            await self.show(user, Priority.PROGRESS)

    async def _bring_to_date(self, home: OpenHome, version: int, priority: Priority) -> None:
        try:
            view = await self._view(home)
        except Denied as error:
            await self.refuse(home.user, home.channel, error)
            await self._store.forget(home.user)
            return
        shown = hashlib.sha256(orjson.dumps(view)).hexdigest()
        seen = self._seen.pop(home.user, None)  # where it fails, nobody knows what Slack shows
        if (seen is not None and seen.shown == shown) or await self._publish(home.user, view, priority):
            self._seen[home.user] = _Seen(shown, version, self._steady())
        else:
            await self._store.forget(home.user)

    async def _view(self, home: OpenHome) -> dict[str, Any]:
        """In the person's language."""
        shown = await self._homes.of(await self._caller(home), home.spot)
        await self._find_links(shown)
        with speaking(await self._languages.person(home.user)):
            return blocks.home_view(shown, home.channel, self._links)

    async def _caller(self, home: OpenHome) -> Caller:
        """Whoever looks at it, alone."""
        now, alone = self._clock(), Place(home.channel, alone=True)
        actor = await self._people.actor(home.user)
        return Caller(actor, self._team, home.channel, alone, alone, f"home/{home.user}/{now}", now)

    async def _find_links(self, home: Home) -> None:
        """To the cards of jobs; each is asked for once."""
        for job in [*(one.job for one in home.jobs), *needed_jobs(home.needs)]:
            if job.id not in self._links and (link := await card_link(self._cards, self._poster, job)):
                self._links[job.id] = link

    async def _publish(self, user: str, view: dict[str, Any], priority: Priority = Priority.MODAL) -> bool:
        """False where Slack refuses it: the app has no Home tab, or the person is gone."""
        with contextlib.suppress(PostRefused):
            call = {"user_id": user, "view": view}
            await self._poster.call(_PUBLISH, call, priority=priority, repeat=False)
            return True
        log.warning("home tab refused", user=user)
        return False
