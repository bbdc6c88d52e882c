"""Comparing models: side by side, and blind with votes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.access import Action, Caller
from bot.compare.arenas import PROMPTS, VOTES_WANTED, Arenas
from bot.compare.comparison import FEWEST_MODELS, Choice, Comparison
from bot.compare.comparisons import Comparisons
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Invalid, NotFound
from bot.jobs.lookup import JobLookup
from bot.jobs.overview import JobOverview
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.notices.interfaces import PostRefused
from handlers.callers import Callers
from handlers.compare import blocks, modal
from handlers.compare.command_words import read_arena, read_compare
from handlers.compare.keeper import ComparisonKeeper
from handlers.modals import Modals
from handlers.request import Request

_MOST_CHECKPOINTS = 3


@dataclass(frozen=True)
class CompareListeners:
    callers: Callers
    comparisons: Comparisons
    arenas: Arenas
    keeper: ComparisonKeeper
    models: ModelLookup
    catalogue: Catalogue
    jobs: JobLookup
    overview: JobOverview
    datasets: TrainableDatasets
    modals: Modals

    async def compare(self, request: Request) -> None:
        """`/finetune compare A B [C D] PROMPT`; a modal where words are missing."""
        caller = await self.callers.of(request)
        words = await read_compare(self.models, caller, request.text)
        if len(words.models) < FEWEST_MODELS or not words.prompt:
            await self._ask_for_more(request, caller, words.models, words.prompt, Invalid("compare_words"))
            return
        origin = await self.callers.origin(request)
        await self._begin(request, await self.comparisons.open(caller, origin, words.models, words.prompt))

    async def arena(self, request: Request) -> None:
        """`/finetune arena`: alone it shows the standings."""
        caller = await self.callers.of(request)
        if not request.text.strip():
            await request.answer(blocks.standings(await self.arenas.standings(caller)))
            return
        words = await read_arena(self.models, caller, request.text)
        if len(words.models) < FEWEST_MODELS or not (words.prompt or words.file):
            await self._ask_for_more(request, caller, words.models, words.prompt, Invalid("arena_words"), blind=True)
            return
        origin = await self.callers.origin(request)
        votes = VOTES_WANTED if words.votes is None else words.votes
        if words.file:
            dataset = await self.datasets.named(caller, words.file)
            n = PROMPTS if words.n is None else words.n
            arena = await self.arenas.open(caller, origin, words.models, dataset.id, n, votes_wanted=votes)
        else:
            arena = await self.arenas.open_on(caller, origin, words.models, words.prompt, votes_wanted=votes)
        await self._begin(request, arena)

    async def compare_job(self, request: Request) -> None:
        """*Compare* on the card of a job: its model against the one it was made from."""
        caller = await self.callers.of(request)
        job = await self.jobs.get(caller, request.text, Action.COMPARE)
        if not job.fine_tuned_model:
            raise Invalid("compare_words")
        await self._open_modal(request, caller, [job.base_model, job.fine_tuned_model])

    async def compare_checkpoints(self, request: Request) -> None:
        """*Compare* above the checkpoints of a job: the best of them."""
        caller = await self.callers.of(request)
        job, ranked = await self.overview.checkpoints(caller, request.text)
        there = [one.checkpoint.model for one in ranked if one.checkpoint.model not in job.lost_models]
        await self._open_modal(request, caller, there[:_MOST_CHECKPOINTS], there)

    async def submitted(self, request: Request) -> None:
        """The modal."""
        filled = modal.read(request.body["view"]["state"]["values"])
        caller, origin = await self.callers.of(request), await self.callers.origin(request)
        if filled.dataset is not None:
            opened = await self.arenas.open(caller, origin, filled.models, filled.dataset)
        elif filled.blind:
            opened = await self.arenas.open_on(caller, origin, filled.models, filled.prompt)
        else:
            opened = await self.comparisons.open(caller, origin, filled.models, filled.prompt)
        await self.keeper.begin(opened, request.key)

    async def said(self, request: Request, comparison: Comparison, text: str) -> None:
        """What somebody asks in the thread of a comparison goes to all of its models."""
        if not text:
            return
        ts = str(request.body["event"]["ts"])
        await self.comparisons.ask(await self.callers.of(request), comparison, ts, text)
        await self.keeper.look()

    async def try_again(self, request: Request) -> None:
        """*Try again* below answers of which one failed."""
        comparison_id, _, question_id = request.text.partition(" ")
        await self.comparisons.try_again(await self.callers.of(request), comparison_id, question_id)
        await self.keeper.look()

    async def vote_first(self, request: Request) -> None:
        await self._vote(request, Choice.FIRST)

    async def vote_second(self, request: Request) -> None:
        await self._vote(request, Choice.SECOND)

    async def vote_tie(self, request: Request) -> None:
        await self._vote(request, Choice.TIE)

    async def vote_bad(self, request: Request) -> None:
        await self._vote(request, Choice.BAD)

    async def reveal(self, request: Request) -> None:
        """*Reveal* on the card of an arena."""
        await self.arenas.reveal(await self.callers.of(request), request.text)
        await self.keeper.look()

    async def _vote(self, request: Request, choice: Choice) -> None:
        match = re.fullmatch(r"(\S+) (\S+) ([0-9])", request.text)
        if match is None:
            raise NotFound("comparison_gone")
        arena_id, question_id, pair = match.groups()
        await self.arenas.vote(await self.callers.of(request), arena_id, question_id, int(pair), choice)
        await request.answer(blocks.voted(question_id, choice))
        await self.keeper.look()

    async def _begin(self, request: Request, comparison: Comparison) -> None:
        """Post its message; whoever asked in a thread is told where it stands."""
        ts = await self.keeper.begin(comparison, request.key)
        if "command" not in request.body:
            await request.answer(blocks.see_there(await self.keeper.link(comparison, ts)))

    async def _ask_for_more(
        self,
        request: Request,
        caller: Caller,
        models: Sequence[str],
        prompt: str,
        otherwise: Invalid,
        *,
        blind: bool = False,
    ) -> None:
        if request.trigger_id is None:
            raise otherwise
        known = [model for model in models if await self.models.find(caller, model)]
        try:
            await self._open_modal(request, caller, known, prompt=prompt, blind=blind)
        except PostRefused as error:
            # Slack lets one be opened for three seconds, and the provider took longer.
            if "trigger" not in str(error):
                raise
            raise otherwise from error

    async def _open_modal(
        self,
        request: Request,
        caller: Caller,
        chosen: Sequence[str],
        first: Sequence[str] = (),
        *,
        prompt: str = "",
        blind: bool = False,
    ) -> None:
        """`first`: offered before all others."""
        tuned = [model.id for model in await self.models.visible(caller, caller.posts_in, fresh=False)]
        offered = dict.fromkeys([*chosen, *first, *tuned, *await self.catalogue.base_models()])
        names = await self.models.names(caller, list(offered))
        files = await self.datasets.with_examples(caller)
        await self.modals.open(
            request, modal.compare_modal(request.channel, names, chosen, prompt, files=files, blind=blind)
        )
