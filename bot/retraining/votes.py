"""Votes in an arena as preference pairs, from which a model can learn what people prefer."""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import orjson

from bot.access import Action, Caller
from bot.authority import Authority
from bot.collections.collection import CollectionStore
from bot.compare.arenas import Arenas, Majority
from bot.compare.comparison import Comparison, ComparisonStore
from bot.compare.comparisons import known
from bot.compare.prompts import Prompt, prompt_of, prompts_in
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict
from bot.retraining.sources import TrainingSources
from bot.thread_examples.adding import Added, Collections, NewExample
from bot.worker_processes import Pool, WorkerPools
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.masking import mask_texts
from training_files.validate_example import validate


class VotePairs(msgspec.Struct, frozen=True):
    """`examples`: of each pair of answers with a clear majority, as far as one can learn from it. `model`: the one that
    won most of them. `voted_on`: so many pairs of answers have votes."""

    model: str
    examples: tuple[NewExample, ...]
    voted_on: int


class AddedVotes(msgspec.Struct, frozen=True):
    """`new`: how many pairs are there that were not. `last`: where they went; None where there are none. `waits_for`:
    whose agreement is missing before all of them are used."""

    new: int
    last: Added | None
    waits_for: tuple[str, ...] = ()


class ArenaVotes:
    """`names`: all names of a person, by their id."""

    def __init__(
        self,
        comparisons: ComparisonStore,
        arenas: Arenas,
        store: CollectionStore,
        collections: Collections,
        sources: TrainingSources,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        names: Callable[[str], Awaitable[tuple[str, ...]]],
        authority: Authority,
    ) -> None:
        self._comparisons = comparisons
        self._arenas = arenas
        self._store = store
        self._collections = collections
        self._sources = sources
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._names = names
        self._authority = authority

    async def pairs(self, caller: Caller, arena_id: str) -> VotePairs:
        """What the votes in a revealed arena prefer, masked. Raises Denied, NotFound; Conflict before the reveal, and
        where there is no pair."""
        arena = await known(self._comparisons, self._authority, caller, arena_id, Action.ADD_EXAMPLE)
        if arena.names_hidden:
            raise Conflict("names_hidden")
        majorities = await self._arenas.majorities(arena)
        contributors = await self._contributors(arena)
        examples = []
        for majority in majorities:
            users = contributors.get(majority.question)
            example = await self._example(arena, majority, users) if users is not None else None
            if example is not None:
                examples.append(example)
        if not examples:
            raise Conflict("no_clear_votes")
        won = Counter(majority.chosen_model for majority in majorities)
        voted_on = {(vote.question, vote.pair) for vote in await self._comparisons.votes(arena_id)}
        return VotePairs(max(arena.models, key=lambda model: won[model]), tuple(examples), len(voted_on))

    async def add(self, caller: Caller, pairs: VotePairs, name: str) -> AddedVotes:
        """Into the collection of that name, each once, however often and by whomever they are added. Raises Denied."""
        new, last = 0, None
        waits_for: dict[str, None] = {}
        for example in pairs.examples:
            there = await self._store.example(example.id)
            # What this very request added before a crash is counted again.
            if there is None or (there.added_by, there.added_at) == (caller.user, caller.at):
                last = await self._collections.add(caller, None, name, example)
                new += 1
                waits_for |= dict.fromkeys(last.waits_for)
        return AddedVotes(new, last, tuple(waits_for))

    async def _example(self, arena: Comparison, majority: Majority, users: Sequence[str]) -> NewExample | None:
        """None for what is no example, such as calls of functions or twice the same answer."""
        if majority.chosen.tool_calls or majority.rejected.tool_calls:
            return None
        texts = [*(said.content for said in majority.prompt), majority.chosen.content, majority.rejected.content]
        masked = mask_texts(texts, {user: await self._names(user) for user in users})
        *prompt, chosen, rejected = masked.texts
        asked = [{"role": said.role, "content": text} for said, text in zip(majority.prompt, prompt, strict=True)]
        pair = {
            "input": {"messages": asked},
            "preferred_output": [{"role": "assistant", "content": chosen}],
            "non_preferred_output": [{"role": "assistant", "content": rejected}],
        }
        findings = Findings()
        validate(pair, 1, findings, DatasetChecks())
        if list(findings.first("error")):
            return None
        identity = f"arena/{arena.id}/{majority.question}/{majority.pair}"
        return NewExample(
            f"ex-{hashlib.sha256(identity.encode()).hexdigest()[:12]}",
            msgspec.json.encode(pair).decode(),
            arena.channel,
            arena.thread_ts or "",
            arena.private,
            tuple(users),
            majority.chosen_model,
            masked.counts,
            "arena",
        )

    async def _contributors(self, arena: Comparison) -> dict[str, tuple[str, ...]]:
        """By question, whose words are in its prompt: of a file, of those whose examples it was made of; of a typed
        one, of who asked. Questions whose words were taken back are left out."""
        assert arena.arena is not None
        questions = await self._comparisons.questions(arena.id)
        if arena.arena.dataset_id is None:
            return {question.id: (arena.owner,) for question in questions}
        sources = await self._sources.of(await self._datasets.get(arena.arena.dataset_id))
        said: dict[Prompt, tuple[str, ...]] = {}
        for file in sources.files:
            if self._file_store.has(file.sha256):
                async with self._file_store.plain(file.sha256) as path:
                    prompts = await self._pools.run(prompts_in, path, pool=Pool.of_work(file.bytes))
                said |= dict.fromkeys(prompts, ())
        for example in sources.examples:
            prompt = prompt_of(orjson.loads(example.line))
            said[prompt] = tuple(dict.fromkeys((*said.get(prompt, ()), *example.contributors)))
        return {question.id: said[question.messages] for question in questions if question.messages in said}
