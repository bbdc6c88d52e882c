"""Training again and again on a training set that grows: set up by a command or a modal, listed, stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.access import Caller
from bot.collections.views import CollectionViews
from bot.errors import Ambiguous, Invalid
from bot.jobs.interfaces import JobStore
from bot.jobs.settings import SETTINGS
from bot.notices.interfaces import CardStore
from bot.retraining.schedule import schedule_id
from bot.retraining.scheduled_runs import ScheduledRuns
from bot.retraining.scheduling import Scheduled, Scheduling
from handlers.blocks.markup import parts_of
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.languages import LanguageOf
from handlers.modals import Modals
from handlers.outgoing.card_links import card_link
from handlers.request import Request
from handlers.scheduled_training import blocks, modal
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

_NEVER: Final = ("never", "off")


@dataclass(frozen=True)
class ScheduledTrainingListeners:
    """`runs` carries out what is due."""

    callers: Callers
    scheduling: Scheduling
    runs: ScheduledRuns
    views: CollectionViews
    jobs: JobStore
    cards: CardStore
    modals: Modals
    poster: Poster
    language: LanguageOf

    async def command(self, request: Request) -> None:
        """`retrain`: what is trained on regularly here; with a training set, the modal; with times, it is set up."""
        caller = await self.callers.of(request)
        name, words = _typed(request.text)
        if not name and not words:
            found = await self.scheduling.here(caller)
            await request.answer(blocks.listed(found, await self._links(found)))
            return
        collection_id = await self._collection(caller, name)
        every, at_least = words.pop("every", ""), words.pop("at_least", "")
        if every.lower() in _NEVER:
            await self._stop(request, caller, schedule_id(collection_id, caller.channel))
        elif every:
            await self._set(request, caller, collection_id, every, at_least, words)
        elif words or at_least:
            raise Invalid("times_missing")
        else:
            await self._open(request, caller, collection_id)

    async def open(self, request: Request) -> None:
        """*Train regularly…*, and *Change…*."""
        await self._open(request, await self.callers.of(request), request.text)

    async def submitted(self, request: Request) -> None:
        caller, entered = await self.callers.of(request), modal.read(request.body["view"])
        about = entered.about
        await self._set(request, caller, about.collection_id, entered.every, entered.at_least, about.words)

    async def stop(self, request: Request) -> None:
        """*Stop*; everybody in the channel hears of it."""
        await self._stop(request, await self.callers.of(request), request.text)

    async def _open(self, request: Request, caller: Caller, collection_id: str) -> None:
        collection, schedule = await self.scheduling.of(caller, collection_id)
        await self.modals.open(request, modal.schedule_modal(request.channel, collection, schedule))

    async def _set(
        self,
        request: Request,
        caller: Caller,
        collection_id: str,
        every: str,
        at_least: str,
        words: dict[str, str],
    ) -> None:
        origin = await self.callers.origin(request)
        done = await self.scheduling.set(caller, origin, collection_id, every, at_least, words)
        with speaking(await self.language(request.channel, request.user)):
            said = blocks.set_up(done)
        await self._tell(request, said)

    async def _stop(self, request: Request, caller: Caller, schedule: str) -> None:
        collection = await self.scheduling.stop(caller, schedule)
        with speaking(await self.language(request.channel, request.user)):
            said = blocks.stopped(request.user, collection)
        await self._tell(request, said)

    async def _tell(self, request: Request, said: Message) -> None:
        await self.poster.post_once(
            request.channel,
            said,
            idempotency_key=f"{request.key}/schedule",
            may_exist=request.is_retry,
            since=request.received_at,
            priority=Priority.CHAT,
        )

    async def _collection(self, caller: Caller, name: str) -> str:
        """Raises NotFound, Ambiguous; Invalid where none is named."""
        if not name:
            raise Invalid("training_set_missing")
        found = await self.views.named(caller, name)
        if len(found) > 1:
            raise Ambiguous(name, [one.name for one in found])
        return found[0].id

    async def _links(self, found: Sequence[Scheduled]) -> dict[str, str]:
        links = {}
        for latest in [one.schedule.latest for one in found]:
            job = await self.jobs.get(latest.job) if latest is not None and latest.job else None
            if job is not None and (address := await card_link(self.cards, self.poster, job)):
                links[job.id] = address
        return links


def _typed(text: str) -> tuple[str, dict[str, str]]:
    """The name of a training set, and settings. Raises Invalid."""
    name, words = [], {}
    for part in parts_of(text):
        key, equals, value = part.partition("=")
        if not equals:
            name.append(part)
        elif key.lower() in ("every", "at_least", *SETTINGS):
            words[key.lower()] = value
        else:
            raise Invalid("unknown_setting", word=part, settings=("every", "at_least", *SETTINGS))
    return " ".join(name), words
