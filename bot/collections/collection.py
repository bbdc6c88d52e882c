"""A collection of training examples, its examples, and the interface of what keeps them."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Collection as Several
from typing import Protocol

import msgspec

from bot.access import Place, Resource, is_shown_in
from bot.audit import Entry


class Collection(msgspec.Struct, frozen=True, omit_defaults=True):
    """`private`: made in a private channel or a direct message, and seen there only. `licence`: a note of the owner.
    `review`: whether examples that are added wait until somebody else accepts them."""

    id: str
    name: str
    owner: str
    team: str
    channel: str
    private: bool
    created_at: float
    licence: str = ""
    review: bool = False

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, "collection", self.id)

    @property
    def audience(self) -> str | None:
        """The private place whose people alone see it, None of one that everybody sees."""
        return self.channel if self.private else None

    def with_licence_of(self, other: "Collection") -> "Collection":
        """Both notes, once the examples of another are in it."""
        notes = dict.fromkeys(note for note in (self.licence, other.licence) if note)
        return msgspec.structs.replace(self, licence="\n".join(notes))

    def resource_of(self, example: "Example") -> Resource:
        """An example belongs to who added it, and is seen where its collection is."""
        return Resource(example.added_by, self.channel, self.private, "example", example.id)


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """`line`: the example as a training file has it. `origin`: how it came about ("thread", "correction",
    "preference", "generated"), in which thread.
    `contributors`: whose words it holds; `added_by` chose it. `model`: the one that answers in it, if one does.
    `masked`: how often something of each kind was. `private`: said in a private channel or a direct message.
    `unreviewed`: whether it waits to be accepted; `reviewer` accepted it.
    """

    id: str
    collection_id: str
    line: str
    origin: str
    channel: str
    thread_ts: str
    private: bool
    contributors: tuple[str, ...]
    added_by: str
    added_at: float
    model: str | None = None
    masked: dict[str, int] = {}
    unreviewed: bool = False
    reviewer: str | None = None

    @property
    def version(self) -> str:
        """Another one where its words are changed."""
        return hashlib.sha256(self.line.encode()).hexdigest()[:8]

    def is_of(self, user: str) -> bool:
        """Whether it holds this person's words, or was added by them."""
        return user == self.added_by or user in self.contributors

    def waits_for(self, agreed: Several[str]) -> tuple[str, ...]:
        """Whose agreement is missing before it may be used, given who has `agreed` in its channel. Whoever added it
        agreed by that, for their own words."""
        if not self.private:
            return ()
        return tuple(user for user in self.contributors if user != self.added_by and user not in agreed)


def learning_place(collection: Collection, posts_in: Place) -> Place:
    """Where a training file of the collection is seen: of a private one, in its own channel."""
    return Place(collection.channel, posts_in.alone) if collection.private else posts_in


def usable(examples: Iterable[Example], place: Place, agreed: Several[str]) -> list[Example]:
    """Those that may be learned from and shown in `place`: none that waits for review; private ones there only where
    they were said, once all whose words they hold agreed. `agreed`: in that channel."""
    return [
        example
        for example in examples
        if is_shown_in(place, Resource("", example.channel, example.private))
        and not example.unreviewed
        and not example.waits_for(agreed)
    ]


def new_id(key: str, name: str) -> str:
    """Of a collection that a request makes: the same when a crash makes it be made again. One may make several."""
    return f"col-{hashlib.sha256(f'{key}/{name}'.encode()).hexdigest()[:10]}"


class CollectionStore(Protocol):
    async def create(self, collection: Collection, entry: Entry) -> Collection:
        """Keep it; the one that is there already, where its id is known."""

    async def create_of(
        self, collection: Collection, examples: Sequence[Example], entries: Sequence[Entry]
    ) -> Collection:
        """Keep it with its examples, all or none; the one that is there already, as it is, where its id is known."""

    async def get(self, collection_id: str) -> Collection | None: ...

    async def all(self) -> list[Collection]:
        """The latest first."""

    async def change(self, collection_id: str, change: Callable[[Collection], Collection], entry: Entry) -> None:
        """Keep what `change` makes of it."""

    async def merge(self, collection_id: str, into: str, entries: Sequence[Entry]) -> None:
        """Move all examples into another collection, which takes on the note about the licence, and delete the one that
        they were in. What nobody accepted waits where the other requires review. Raises NotFound where either is
        gone."""

    async def split_off(
        self, collection_id: str, example_ids: Sequence[str], new: Collection, entries: Sequence[Entry]
    ) -> None:
        """Move some examples into a new collection."""

    async def add(self, example: Example, entry: Entry) -> int:
        """Keep an example; how many the collection has now. One with the same id gives way to it, unless that was added
        later. It waits where the collection requires review. Raises NotFound where there is no such collection (any
        more)."""

    async def examples(self, collection_id: str) -> list[Example]:
        """In the order in which they were added."""

    async def example(self, example_id: str) -> Example | None: ...

    async def of_contributor(self, user: str, channel: str | None = None) -> list[Example]:
        """Those that hold words of this person, or were added by them; only those said in `channel`, if given."""

    async def erase(self, example_ids: Sequence[str], entry: Entry) -> None:
        """Delete examples with all their words. Which data sets hold them stays known."""

    async def accept(self, example: Example, reviewer: str, entry: Entry) -> bool:
        """It waits for review no more. False where it is gone, or another than the one given."""

    async def reject(self, example: Example, entry: Entry) -> bool:
        """Erase what waits for review. False where it is gone, or another than the one given."""

    async def exported(self, dataset_id: str, example_ids: Sequence[str], entry: Entry) -> None:
        """A training file was made of these examples."""

    async def made_into(self, dataset_id: str) -> tuple[bool, list[Example]]:
        """Whether this data set was made of examples, and those of them that are not erased, as they are now."""

    async def collections_in(self, dataset_ids: Sequence[str]) -> list[Collection]:
        """Of the examples, not erased since, that these data sets were made of; the latest first."""

    async def datasets_with(self, example_ids: Sequence[str]) -> list[str]:
        """The data sets that were made of any of them."""

    async def agreed(self, channel: str) -> set[str]:
        """Who agreed that what they say in this channel is used."""

    async def answered(self, channel: str) -> dict[str, bool]:
        """Who said whether they agree."""

    async def agree(self, channel: str, user: str, yes: bool, at: float, entry: Entry) -> None: ...
