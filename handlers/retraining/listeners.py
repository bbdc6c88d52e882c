"""Training the next model, letting it meet the one before it, and learning from the votes."""

from collections.abc import Awaitable
from dataclasses import dataclass

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.lookup import DatasetLookup
from bot.datasets.trainable import refuse_errors
from bot.job_requests import JobRequests
from bot.models.names import short_name
from bot.notices.interfaces import PostRefused
from bot.retraining.next_model import NextModels
from bot.retraining.parent_arena import ParentArenas
from bot.retraining.votes import ArenaVotes
from handlers.callers import Callers
from handlers.compare.blocks import see_there
from handlers.compare.keeper import ComparisonKeeper
from handlers.datasets.derived_files import DerivedFiles
from handlers.languages import LanguageOf
from handlers.modals import Modals
from handlers.request import Request
from handlers.retraining import blocks
from handlers.start.modal import StartModal
from handlers.thread_examples import agreement
from handlers.web.poster import Poster
from texts import retraining as texts
from texts.feedback import preferences
from texts.language import speaking


@dataclass(frozen=True)
class RetrainingListeners:
    callers: Callers
    next_models: NextModels
    requests: JobRequests
    datasets: DatasetLookup
    derived: DerivedFiles
    start: StartModal
    arenas: ParentArenas
    keeper: ComparisonKeeper
    votes: ArenaVotes
    modals: Modals
    poster: Poster
    language: LanguageOf

    async def train_next(self, request: Request) -> None:
        """*Train the next model* on a training set: its file, and the modal *Start fine-tuning*, filled in."""
        caller = await self.callers.of(request)
        try:
            view_id = await self.modals.open(request, blocks.waiting())
        except PostRefused as error:
            # After a crash, or a long wait, none can be opened; the report's own button opens the same.
            if "trigger" not in str(error):
                raise
            await self._file(request, caller)
            return
        async with self.modals.filling(request, texts.title(), view_id) as fill:
            dataset = await self._file(request, caller)
            refuse_errors(dataset)
            await fill(await self.start.view(request, await self.requests.on(caller, dataset)))

    async def meet_parent(self, request: Request) -> None:
        """*Compare blind with the parent* where a job has made a model."""
        caller, origin = await self.callers.of(request), await self.callers.origin(request)
        arena = await self.arenas.open(caller, origin, request.text)
        await request.answer(see_there(await self.keeper.link(arena, await self.keeper.begin(arena, request.key))))

    async def add_votes(self, request: Request) -> None:
        """*Add votes to a training set* on an arena with its names."""
        caller = await self.callers.of(request)
        pairs = await self.votes.pairs(caller, request.text)
        with speaking(await self.language(request.channel, request.user)):
            name = preferences(short_name(pairs.model))
        added = await self.votes.add(caller, pairs, name)
        await request.answer(blocks.votes_added(pairs, added))
        thread_ts = pairs.examples[0].thread_ts if added.waits_for else None
        await agreement.ask(self.poster, self.language, request, request.channel, thread_ts, name, added.waits_for)

    async def _file(self, request: Request, caller: Caller) -> Dataset:
        """A message in the channel, with the training file and its report in its thread, once."""
        origin = await self.callers.origin(request)
        plan = await self.next_models.plan(caller, request.text)
        with speaking(await self.language(request.channel, request.user)):
            said = blocks.making(request.user, plan)

        def make(thread_ts: str) -> Awaitable[Dataset]:
            return self.next_models.make(caller, plan, thread_ts, private=origin.private)

        dataset = await self.derived.in_channel(request, said, "next-model", make)
        return await self.datasets.get(caller, dataset.id, Action.SUBMIT)
