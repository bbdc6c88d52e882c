"""The blind arena: two answers side by side without names, people's votes, and what these say after the
reveal."""

import hashlib
import random
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.compare import prompts, strength
from bot.compare.asking import Asking
from bot.compare.comparison import (
    Answers,
    Arena,
    Choice,
    Comparison,
    ComparisonStore,
    ModelAnswer,
    Question,
    Vote,
)
from bot.compare.comparisons import begun, known
from bot.compare.prompts import Prompt
from bot.compare.strength import Ballot, Ranking
from bot.conversations.chat_models import ChatModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.errors import Conflict, Invalid, NotFound
from bot.jobs.job import Origin
from bot.providers.chat import ChatMessage
from bot.worker_processes import Pool, WorkerPools

PROMPTS: Final = 10
MOST_PROMPTS: Final = 200
VOTES_WANTED: Final = 3
MOST_VOTES: Final = 100
_OPEN_FOR: Final = 7 * 24 * 3600.0


class Majority(msgspec.Struct, frozen=True):
    """A pair of answers, of which more than half of all who voted on it prefer one. `prompt` is what both models were
    asked, with the system message that both were given, if it is the same."""

    question: str
    pair: int
    prompt: Prompt
    chosen: ModelAnswer
    rejected: ModelAnswer
    chosen_model: str


class Preference(msgspec.Struct, frozen=True):
    """A vote that decided, after the reveal. `prompt` is what both models were asked, without what each was told
    beforehand. `at`: when the vote was given, in seconds since the epoch."""

    arena: str
    prompt: Prompt
    chosen: str
    rejected: str
    chosen_model: str
    rejected_model: str
    voter: str
    channel: str
    private: bool
    at: float


class Standings(msgspec.Struct, frozen=True):
    """Of a channel. `arenas`: how many have revealed their names, `open`: how many have not; only the former count."""

    arenas: int
    open: int
    rankings: Sequence[Ranking]


class Arenas:
    def __init__(
        self,
        comparisons: ComparisonStore,
        models: ChatModels,
        asking: Asking,
        datasets: DatasetLookup,
        file_store: FileStore,
        pools: WorkerPools,
        authority: Authority,
    ) -> None:
        self._comparisons = comparisons
        self._models = models
        self._asking = asking
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._authority = authority

    async def open(
        self,
        caller: Caller,
        origin: Origin,
        models: Sequence[str],
        dataset_id: str,
        n: int = PROMPTS,
        *,
        votes_wanted: int = VOTES_WANTED,
    ) -> Comparison:
        """An arena of these models (two to four ids) on `n` prompts of a file, each drawn once. With more than two
        models each prompt is for one pair of them, in turn. A retry of the caller's request gets the same arena.

        Raises Invalid, Denied, NotFound, OverBudget, ProviderError, TrainingFileError.
        """
        if not 1 <= n <= MOST_PROMPTS:
            raise Invalid("how_many_prompts", "n", most=MOST_PROMPTS)
        dataset = await self._datasets.get(caller, dataset_id, Action.SEE, to_post=True)
        comparison = await begun(self._models, self._asking, caller, origin, models)
        seed = _seed(caller)
        pool = Pool.of_work(dataset.bytes)
        async with self._file_store.plain(dataset.sha256) as path:
            drawn = await self._pools.run(prompts.draw, path, n, seed, pool=pool)
        if not drawn:
            raise Invalid("no_prompts", "dataset", name=dataset.name)
        return await self._open(caller, comparison, drawn, seed, votes_wanted, dataset)

    async def open_on(
        self, caller: Caller, origin: Origin, models: Sequence[str], prompt: str, *, votes_wanted: int = VOTES_WANTED
    ) -> Comparison:
        """An arena on one prompt, for each pair of the models. Raises like `open`."""
        comparison = await begun(self._models, self._asking, caller, origin, models)
        if not prompt.strip():
            raise Invalid("nothing_to_compare_on", "prompt")
        return await self._open(caller, comparison, [(ChatMessage("user", prompt),)], _seed(caller), votes_wanted, None)

    async def _open(
        self,
        caller: Caller,
        comparison: Comparison,
        drawn: Sequence[Prompt],
        seed: int,
        votes_wanted: int,
        dataset: Dataset | None,
    ) -> Comparison:
        await self._authority.require(caller, Action.COMPARE, comparison.resource, caller.posts_in)
        if not 1 <= votes_wanted <= MOST_VOTES:
            raise Invalid("how_many_votes", "votes", most=MOST_VOTES)
        name, id = (dataset.name, dataset.id) if dataset else (None, None)
        learned = await self._models.trained_on(dataset, comparison.models) if dataset else ()
        arena = Arena(seed, votes_wanted, caller.at + _OPEN_FOR, name, dataset_id=id, learned=learned)
        comparison = msgspec.structs.replace(comparison, arena=arena)
        opened = entry(caller, Action.COMPARE, comparison.id, details="arena")
        return await self._comparisons.open(
            comparison, arranged(drawn, comparison.models, seed, caller.user, each_pair=dataset is None), opened
        )

    async def vote(self, caller: Caller, arena_id: str, question_id: str, pair: int, choice: Choice) -> bool:
        """False where the vote was the same before. Raises Denied, NotFound; Conflict after the reveal."""
        await known(self._comparisons, self._authority, caller, arena_id, Action.VOTE)
        questions, answers = await self._comparisons.questions(arena_id), await self._comparisons.answers(arena_id)
        if (question_id, pair) not in open_pairs(questions, answers):
            raise NotFound("comparison_gone")
        given = Vote(question_id, pair, caller.user, choice, caller.at)
        return await self._comparisons.vote(
            arena_id, given, entry(caller, Action.VOTE, f"{arena_id}/{question_id}/{pair}")
        )

    async def reveal(self, caller: Caller, arena_id: str) -> None:
        """For whoever started it, and administrators. Raises Denied, NotFound; Conflict where it is done."""
        await known(self._comparisons, self._authority, caller, arena_id, Action.REVEAL)
        if not await self._comparisons.reveal(arena_id, caller.at, entry(caller, Action.REVEAL, arena_id)):
            raise Conflict("arena_revealed")

    async def reveal_if_due(self, arena: Comparison, now: float) -> bool:
        """Whether it is revealed now: each pair that can be voted on has the votes that were wanted, or the time is
        over."""
        assert arena.arena is not None
        if now < arena.arena.reveal_at:
            questions, answers = await self._comparisons.questions(arena.id), await self._comparisons.answers(arena.id)
            if any((question.id, model) not in answers for question in questions for model in question.models):
                return False
            votes = await self._comparisons.votes(arena.id)
            pairs = open_pairs(questions, answers)
            enough = all(
                sum((vote.question, vote.pair) == key for vote in votes) >= arena.arena.votes_wanted for key in pairs
            )
            if not pairs or not enough:
                return False
        return await self._comparisons.reveal(arena.id, now, None)

    async def ranking(self, arena: Comparison) -> Sequence[Ranking]:
        """What the votes in one arena say; nothing before the reveal."""
        return await self._rank(await self._ballots([arena]))

    async def standings(self, caller: Caller) -> Standings:
        """Of the arenas in the caller's channel. Raises Denied."""
        here = await self._here(caller)
        revealed = [arena for arena in here if not arena.names_hidden]
        rankings = await self._rank(await self._ballots(revealed))
        return Standings(len(revealed), len(here) - len(revealed), rankings)

    async def revealed(self, caller: Caller) -> list[Comparison]:
        """In the caller's channel, the latest first. Raises Denied."""
        return [arena for arena in await self._here(caller) if not arena.names_hidden]

    async def preferences(self, caller: Caller, arena_id: str | None = None) -> list[Preference]:
        """The votes of the revealed arenas in the caller's channel, or of one of them, that preferred an answer.
        Raises Denied."""
        found = []
        for arena in await self.revealed(caller):
            if arena_id is None or arena.id == arena_id:
                found += await self._preferences(arena)
        return found

    async def majorities(self, arena: Comparison) -> list[Majority]:
        """Of a revealed arena; nothing before the reveal. Ties and *both are bad* count as votes for neither."""
        if arena.names_hidden:
            return []
        cast: dict[tuple[str, int], list[Choice]] = {}
        for vote in await self._comparisons.votes(arena.id):
            cast.setdefault((vote.question, vote.pair), []).append(vote.choice)
        answers = await self._comparisons.answers(arena.id)
        found = []
        for question in await self._comparisons.questions(arena.id):
            for number, (first, second) in enumerate(question.pairs):
                choices = cast.get((question.id, number), [])
                for choice, chosen, rejected in ((Choice.FIRST, first, second), (Choice.SECOND, second, first)):
                    if choices.count(choice) * 2 > len(choices):
                        prompt = _as_asked(arena, question, (first, second))
                        both = answers[question.id, chosen], answers[question.id, rejected]
                        found.append(Majority(question.id, number, prompt, *both, chosen))
        return found

    async def _here(self, caller: Caller) -> list[Comparison]:
        """Arenas of the caller's channel, the latest first. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        return [
            arena
            for arena in await self._comparisons.arenas(caller.channel)
            if self._authority.allows(caller, Action.SEE, arena.resource)
        ]

    async def _preferences(self, arena: Comparison) -> list[Preference]:
        questions = {question.id: question for question in await self._comparisons.questions(arena.id)}
        answers = await self._comparisons.answers(arena.id)
        found = []
        for vote in await self._comparisons.votes(arena.id):
            question = questions[vote.question]
            first, second = question.pairs[vote.pair]
            if vote.choice not in (Choice.FIRST, Choice.SECOND):
                continue
            chosen, rejected = (first, second) if vote.choice is Choice.FIRST else (second, first)
            found.append(
                Preference(
                    arena=arena.id,
                    prompt=question.messages,
                    chosen=answers[question.id, chosen].content,
                    rejected=answers[question.id, rejected].content,
                    chosen_model=chosen,
                    rejected_model=rejected,
                    voter=vote.voter,
                    channel=arena.channel,
                    private=arena.private,
                    at=vote.at,
                )
            )
        return found

    async def _ballots(self, arenas: Sequence[Comparison]) -> list[Ballot]:
        ballots = []
        for arena in arenas:
            if arena.names_hidden:
                continue
            questions = {question.id: question for question in await self._comparisons.questions(arena.id)}
            for vote in await self._comparisons.votes(arena.id):
                models = questions[vote.question].pairs[vote.pair]
                winner = {Choice.FIRST: models[0], Choice.SECOND: models[1]}.get(vote.choice)
                key = f"{arena.id}/{vote.question}/{vote.pair}"
                ballots.append(Ballot(key, vote.voter, models, winner, vote.choice is Choice.BAD))
        return ballots

    async def _rank(self, ballots: Sequence[Ballot]) -> Sequence[Ranking]:
        return await self._pools.run(strength.rank, ballots, pool=Pool.CHARTS) if ballots else []


def arranged(
    drawn: Sequence[Prompt], models: Sequence[str], seed: int, asker: str, *, each_pair: bool = False
) -> list[Question]:
    """A question for each prompt, with the pairs to vote on: one of the models' pairs in turn, or each. Which answer
    stands first is drawn."""
    rng = random.Random(seed)
    possible = list(combinations(models, 2))
    rng.shuffle(possible)
    questions = []
    for number, prompt in enumerate(drawn):
        chosen = possible if each_pair else [possible[number % len(possible)]]
        pairs = tuple((first, second) if rng.random() < 0.5 else (second, first) for first, second in chosen)
        asked = tuple(model for model in models if any(model in pair for pair in pairs))
        questions.append(Question(str(number + 1), prompt, asked, asker, pairs))
    return questions


def open_pairs(questions: Sequence[Question], answers: Answers) -> list[tuple[str, int]]:
    """(question, pair) of those in which both models answered."""
    return [
        (question.id, number)
        for question in questions
        for number, pair in enumerate(question.pairs)
        if all((known := answers.get((question.id, model))) and known.failure is None for model in pair)
    ]


def _as_asked(arena: Comparison, question: Question, models: tuple[str, str]) -> Prompt:
    systems = {starter.system if (starter := arena.starters.get(model)) else None for model in models}
    system = systems.pop() if len(systems) == 1 else None
    if not system or question.messages[0].role in ("system", "developer"):
        return question.messages
    return (ChatMessage("system", system), *question.messages)


def _seed(caller: Caller) -> int:
    """The same for a retry of the request."""
    return int.from_bytes(hashlib.sha256(f"arena {caller.key}".encode()).digest()[:4], "big")
