"""A training set of a support channel's questions and accepted answers, each of which somebody has to accept."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from bot.access import Action, Caller, Resource
from bot.authority import Authority, entry
from bot.collections import collection as collections
from bot.collections.collection import CollectionStore, Example, new_id
from bot.errors import Conflict
from bot.generation.channel_export import ChannelExport
from bot.generation.support import Message, SupportPair, pairs_in
from bot.jobs.job import Origin
from training_files.masking import mask_texts

ORIGIN: Final = "support"


class ChannelThreads(Protocol):
    async def read(self, channel: str, since: float) -> Sequence[Message]:
        """The threads that began since then, the latest of them where there are very many. Raises NotFound where the
        channel cannot be read."""


class SupportRequest(msgspec.Struct, frozen=True):
    """`accepting`: people whose last answer in a thread counts where nobody marked one. `export`: read instead of the
    channel, of which otherwise the threads since `since` are."""

    name: str
    since: float = 0.0
    accepting: Collection[str] = ()
    export: ChannelExport | None = None


class SupportSet(msgspec.Struct, frozen=True):
    """`waits_for`: who has to agree before examples with their words are used."""

    id: str
    name: str
    waits_for: tuple[str, ...] = ()


class SupportSets:
    """`names`: all names of a person, by their id; they are masked."""

    def __init__(
        self,
        store: CollectionStore,
        threads: ChannelThreads,
        names: Callable[[str], Awaitable[tuple[str, ...]]],
        authority: Authority,
    ) -> None:
        self._collections = store
        self._threads = threads
        self._names = names
        self._authority = authority

    async def make(self, caller: Caller, origin: Origin, wanted: SupportRequest) -> SupportSet:
        """Nothing of it is used before it was reviewed, and, in a private channel, before all whose words it is agreed.
        A retry of the caller's request gets the same one. Raises Denied; NotFound where the channel cannot be read;
        Conflict where no answer was accepted."""
        await self.require(caller, origin)
        id = new_id(caller.key, ORIGIN)
        known = await self._collections.get(id)
        if known is None:
            known = collections.Collection(
                id, wanted.name, caller.user, origin.team, origin.channel, origin.private, caller.at, review=True
            )
            examples = await self._examples(caller, known, wanted)
            added = entry(caller, Action.ADD_EXAMPLE, id, details=str(len(examples)))
            known = await self._collections.create_of(known, examples, [entry(caller, "create collection", id), added])
        agreed = await self._collections.agreed(origin.channel)
        waiting = [user for one in await self._collections.examples(id) for user in one.waits_for(agreed)]
        return SupportSet(id, known.name, tuple(dict.fromkeys(waiting)))

    async def require(self, caller: Caller, origin: Origin) -> None:
        """Raises Denied; NotFound for a private channel that the caller is not in."""
        channel = Resource("", origin.channel, origin.private, "channel", origin.channel)
        await self._authority.require(caller, Action.ADD_EXAMPLE, channel)

    async def _examples(
        self, caller: Caller, collection: collections.Collection, wanted: SupportRequest
    ) -> list[Example]:
        export = wanted.export
        said = export.messages if export else await self._threads.read(collection.channel, wanted.since)
        pairs = pairs_in(said, wanted.accepting)
        if not pairs:
            raise Conflict("no_accepted_answers")
        names: dict[str, tuple[str, ...]] = dict(export.names) if export else {}
        for user in dict.fromkeys(user for pair in pairs for user in pair.speakers):
            if user not in names:
                names[user] = await self._names(user)
        return [_example(collection, pair, names, caller) for pair in pairs]


def _example(
    collection: collections.Collection, pair: SupportPair, names: Mapping[str, Sequence[str]], caller: Caller
) -> Example:
    masked = mask_texts(
        [pair.question.text.strip(), pair.answer.text.strip()], {user: names[user] for user in pair.speakers}
    )
    question, answer = masked.texts
    said = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Example(
        id=f"{collection.id}-{pair.question.ts}",
        collection_id=collection.id,
        line=msgspec.json.encode({"messages": said}).decode(),
        origin=ORIGIN,
        channel=collection.channel,
        thread_ts=pair.question.ts,
        private=collection.private,
        contributors=tuple(dict.fromkeys((pair.question.user, pair.answer.user))),
        added_by=caller.user,
        added_at=caller.at,
        masked=masked.counts,
    )
