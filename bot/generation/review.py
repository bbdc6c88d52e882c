"""Looking over what a teacher wrote: a sample of it, and for each example keep, edit, drop, or again."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import entry
from bot.errors import Conflict, Invalid, NotFound
from bot.evaluations.run import RunState
from bot.generation.check import is_valid
from bot.generation.generation import Draft, Generation, GenerationStore, State, Why
from bot.generation.generations import Generations

SAMPLE: Final = 5
"""Examples that are looked at together."""


class GenerationReview:
    """Everybody who may have examples written there may review them: what a model wrote is nobody's own."""

    def __init__(self, generations: GenerationStore, runs: Generations) -> None:
        self._generations = generations
        self._runs = runs

    async def sample(self, caller: Caller, generation_id: str, n: int = SAMPLE) -> Sequence[Draft]:
        """Examples that nobody has looked at yet, drawn evenly; the same ones until somebody has. Raises Denied,
        NotFound."""
        generation = await self._runs.known(caller, generation_id, Action.SEE)
        drafts = await self._generations.drafts(generation.id)
        unseen = [one for one in drafts if one.state is State.KEPT and one.reviewer is None]
        return sorted(unseen, key=lambda one: _rank(generation, one))[:n]

    async def reviewed(self, caller: Caller, generation_id: str) -> tuple[int, int]:
        """Of the kept examples, how many somebody has looked at, and how many there are. Raises Denied, NotFound."""
        generation = await self._runs.known(caller, generation_id, Action.SEE)
        kept = [one for one in await self._generations.drafts(generation.id) if one.state is State.KEPT]
        return sum(one.reviewer is not None for one in kept), len(kept)

    async def draft(self, caller: Caller, generation_id: str, number: int) -> Draft:
        """One that is kept, to be edited. Raises Denied, NotFound, Conflict where it was dropped."""
        await self._runs.known(caller, generation_id, Action.GENERATE)
        draft = await self._draft(generation_id, number)
        if draft.state is not State.KEPT:
            raise Conflict("draft_changed")
        return draft

    async def keep(self, caller: Caller, generation_id: str, number: int, seen: str) -> Draft:
        """`seen`: the version that the caller has seen. Raises Denied, NotFound, Conflict where it is another now."""

        def kept(draft: Draft) -> Draft:
            return msgspec.structs.replace(draft, reviewer=caller.user)

        return await self._review(caller, generation_id, number, seen, "keep generated example", kept)

    async def edit(
        self, caller: Caller, generation_id: str, number: int, seen: str, question: str, answer: str
    ) -> Draft:
        """Raises like `keep`; Invalid where it cannot be trained on like that."""
        generation = await self._runs.known(caller, generation_id, Action.GENERATE)

        def edited(draft: Draft) -> Draft:
            editors = tuple(dict.fromkeys((*draft.editors, caller.user)))
            now = msgspec.structs.replace(
                draft, question=question.strip(), answer=answer.strip(), reviewer=caller.user, editors=editors
            )
            if not is_valid(now, generation.instructions.system):
                raise Invalid("not_an_example", "answer")
            return now

        return await self._review(caller, generation_id, number, seen, "edit generated example", edited)

    async def drop(self, caller: Caller, generation_id: str, number: int, seen: str) -> Draft:
        """No other is written in its place. Raises like `keep`."""

        def dropped(draft: Draft) -> Draft:
            return msgspec.structs.replace(draft, state=State.DROPPED, why=Why.BY_PERSON, reviewer=caller.user)

        return await self._review(caller, generation_id, number, seen, "drop generated example", dropped)

    async def again(self, caller: Caller, generation_id: str, number: int, seen: str) -> Draft:
        """The teacher answers the question anew. Raises like `keep`; Conflict where the run was cancelled or failed."""
        generation = await self._runs.known(caller, generation_id, Action.GENERATE)
        if generation.state in (RunState.CANCELLED, RunState.FAILED):
            raise Conflict("run_ended", kind=Generation.kind, state=generation.state)

        def anew(one: Draft) -> Draft:
            draft = Draft(one.number, one.topic, one.round, one.question, one.answerable, take=one.take + 1)
            return msgspec.structs.replace(draft, editors=one.editors)

        return await self._review(caller, generation_id, number, seen, "ask for an answer again", anew, goes_on=True)

    async def _review(
        self,
        caller: Caller,
        generation_id: str,
        number: int,
        seen: str,
        act: str,
        make: Callable[[Draft], Draft],
        *,
        goes_on: bool = False,
    ) -> Draft:
        """`goes_on`: the run has something to do again."""
        await self._runs.known(caller, generation_id, Action.GENERATE)
        was = await self._draft(generation_id, number)
        if was.state is not State.KEPT or was.version != seen:
            if caller.is_retry:  # an earlier attempt of the same request may have done it
                return was
            raise Conflict("draft_changed")
        now, done = make(was), [entry(caller, act, generation_id, details=str(number))]
        store = self._generations.again if goes_on else self._generations.replace
        if not await store(generation_id, was, now, audit=done):
            raise Conflict("draft_changed")
        return now

    async def _draft(self, generation_id: str, number: int) -> Draft:
        draft = await self._generations.draft(generation_id, number)
        if draft is None:
            raise NotFound("no_such_thing", kind="example")
        return draft


def _rank(generation: Generation, draft: Draft) -> str:
    return hashlib.sha256(f"{generation.id}/{draft.number}".encode()).hexdigest()
