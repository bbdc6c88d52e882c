"""What a teacher wrote, as a collection: from there it is looked at, added to, and made into a training file."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.collections.collection import Collection, CollectionStore, Example, new_id
from bot.errors import Conflict
from bot.evaluations.run import RunState
from bot.generation.generation import Draft, Generation, GenerationStore, State, as_example
from bot.generation.generations import Generations

ORIGIN: Final = "generated"


class GeneratedCollections:
    def __init__(
        self, generations: GenerationStore, runs: Generations, collections: CollectionStore, authority: Authority
    ) -> None:
        self._generations = generations
        self._runs = runs
        self._collections = collections
        self._authority = authority

    async def keep(self, caller: Caller, generation_id: str, name: str, note: str) -> Collection:
        """Make a collection of the examples that are kept, once: afterwards it is that which is looked after, and what
        people took out of it does not come back. It is seen where the generation is. `note`: how it was made, for
        people. Raises Denied, NotFound, Conflict where none is kept, or more are being written."""
        generation = await self._runs.known(caller, generation_id, Action.GENERATE)
        await self._authority.require(caller, Action.ADD_EXAMPLE, generation.resource)
        id = new_id(generation.id, ORIGIN)
        known = await self._collections.get(id)
        if known is not None:
            return known
        if generation.state is RunState.RUNNING:  # an answer that is asked for again would be left out for ever
            raise Conflict("run_state", kind=generation.kind, state=generation.state)
        # Topics first: what is drawn from one that is taken back between the two reads is no longer kept.
        topics = await self._generations.topics(generation_id)
        kept = [one for one in await self._generations.drafts(generation_id) if one.state is State.KEPT]
        if not kept:
            raise Conflict("nothing_to_keep")
        collection = Collection(
            id, name, caller.user, generation.team, generation.channel, generation.private, caller.at, note
        )
        done = [entry(caller, "create collection", id), entry(caller, Action.ADD_EXAMPLE, id, details=str(len(kept)))]
        examples = [_example(generation, id, one, topics[one.topic].people, caller) for one in kept]
        return await self._collections.create_of(collection, examples, done)

    async def waits_for(self, collection: Collection) -> Sequence[str]:
        """Whose agreement is missing before all of it may be used."""
        agreed = await self._collections.agreed(collection.channel)
        examples = await self._collections.examples(collection.id)
        return list(dict.fromkeys(user for one in examples for user in one.waits_for(agreed)))


def _example(generation: Generation, collection: str, draft: Draft, people: Sequence[str], caller: Caller) -> Example:
    """Beside the teacher's words it may hold those of the `people` in whose thread it was drawn from, and of those who
    edited it."""
    return Example(
        id=f"{generation.id}-{draft.number}",
        collection_id=collection,
        line=msgspec.json.encode(as_example(draft, generation.instructions.system)).decode(),
        origin=ORIGIN,
        channel=generation.channel,
        thread_ts=generation.thread_ts or "",
        private=generation.private,
        contributors=tuple(dict.fromkeys((*people, *draft.editors))),
        added_by=caller.user,
        added_at=caller.at,
        model=generation.teacher,
        masked=draft.masked,
    )
