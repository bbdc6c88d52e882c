"""Having a training set trained on again and again: set up, looked at, stopped."""

from collections.abc import Mapping

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore
from bot.errors import Invalid, NotFound
from bot.job_requests import JobRequests
from bot.jobs.job import Origin
from bot.jobs.settings import read_settings
from bot.models.lookup import ModelLookup
from bot.retraining.cron import next_time, read_times
from bot.retraining.schedule import AT_LEAST, Schedule, ScheduleStore, schedule_id
from bot.time_zones import Zones


class Scheduled(msgspec.Struct, frozen=True):
    """`next_at`: in seconds since the epoch. `may_stop`: whether the caller may."""

    schedule: Schedule
    collection: Collection
    next_at: float | None
    may_stop: bool


class Scheduling:
    """All of it is about the channel that the caller is in."""

    def __init__(
        self,
        store: ScheduleStore,
        collections: CollectionStore,
        requests: JobRequests,
        models: ModelLookup,
        zones: Zones,
        authority: Authority,
    ) -> None:
        self._store = store
        self._collections = collections
        self._requests = requests
        self._models = models
        self._zones = zones
        self._authority = authority

    async def here(self, caller: Caller) -> list[Scheduled]:
        """Raises Denied."""
        await self._authority.require(caller, Action.USE)
        found = []
        for schedule in await self._store.all():
            collection = await self._collections.get(schedule.collection_id)
            seen = schedule.channel == caller.channel and self._authority.allows(caller, Action.SEE, schedule.resource)
            if seen and collection is not None:
                found.append(self._seen(caller, schedule, collection))
        return sorted(found, key=lambda one: one.next_at or 0)

    async def of(self, caller: Caller, collection_id: str) -> tuple[Collection, Schedule | None]:
        """The training set, and how it is trained on here. Raises NotFound; Denied for whoever may start no jobs, and
        where others would see what they may not."""
        await self._authority.require(caller, Action.SUBMIT)
        collection = await self._collections.get(collection_id)
        if collection is None:
            raise NotFound("no_such_thing", kind="collection")
        await self._authority.require_to_post(caller, Action.ADD_EXAMPLE, collection.resource)
        return collection, await self._store.get(schedule_id(collection_id, caller.channel))

    async def set(
        self,
        caller: Caller,
        origin: Origin,
        collection_id: str,
        every: str,
        at_least: str = "",
        words: Mapping[str, str] | None = None,
    ) -> Scheduled:
        """From now on, by the caller's clocks: `every` as in `read_times`, once there are `at_least` new examples, with
        the settings `words`. Raises like `of`, and Invalid; Denied where somebody else has set it up."""
        collection, known = await self.of(caller, collection_id)
        if known is not None:
            await self._authority.require(caller, Action.DECIDE, known.resource)
        schedule = Schedule(
            collection.id,
            caller.user,
            caller.team,
            caller.channel,
            origin.private or collection.private,
            read_times(every),
            await self._zones.zone(caller.user),
            _count(at_least),
            done_until=caller.at,
            words=await self._settings(caller, words or {}),
        )
        details = f"{schedule.times} {schedule.zone} +{schedule.at_least}"
        await self._store.set(schedule, entry(caller, "schedule training", collection.id, details=details))
        return self._seen(caller, schedule, collection)

    async def stop(self, caller: Caller, schedule_id: str) -> Collection:
        """Raises NotFound; Denied for all but its owner and administrators, and where others would see what they may
        not."""
        schedule = await self._store.get(schedule_id)
        collection = await self._collections.get(schedule.collection_id) if schedule else None
        if schedule is None or collection is None:
            raise NotFound("no_such_thing", kind="schedule")
        await self._authority.require_to_post(caller, Action.DECIDE, schedule.resource)
        await self._store.remove(schedule, entry(caller, "unschedule training", collection.id))
        return collection

    def _seen(self, caller: Caller, schedule: Schedule, collection: Collection) -> Scheduled:
        after = max(caller.at, schedule.done_until)
        may_stop = self._authority.allows(caller, Action.DECIDE, schedule.resource)
        return Scheduled(schedule, collection, next_time(schedule.times, schedule.zone, after), may_stop)

    async def _settings(self, caller: Caller, words: Mapping[str, str]) -> dict[str, str]:
        """With the model in full, where one is named. Raises Invalid, NotFound, Ambiguous."""
        kept = dict(words)
        if "model" in kept:
            kept["model"] = await self._requests.word_of(caller, await self._models.named(caller, kept["model"]))
        settings = read_settings({"model": "any", **kept})
        if isinstance(settings, dict):
            raise Invalid("settings_refused", problems=settings)
        return kept


def _count(text: str) -> int:
    if not text.strip():
        return AT_LEAST
    if not text.strip().isdecimal() or not 1 <= int(text) <= 100_000:
        raise Invalid("no_such_count", "at_least", word=text.strip())
    return int(text)
