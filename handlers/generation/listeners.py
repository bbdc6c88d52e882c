"""Having a model write examples: the window, the buttons of the card, the review, and the training set of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog
from slack_sdk.models.blocks import Option

from bot.access import Action, Caller
from bot.authority import Authority
from bot.collections.views import CollectionViews
from bot.errors import BotError, Invalid
from bot.generation.generation import Generation
from bot.generation.generations import Generations
from bot.generation.keeping import GeneratedCollections
from bot.generation.review import GenerationReview
from bot.generation.runs import GenerationRuns
from bot.models.lookup import ModelLookup
from bot.notices.interfaces import PostRefused
from handlers.blocks.message import Message
from handlers.blocks.model_name import model_options, named
from handlers.blocks.text import bold, clip, quoted
from handlers.callers import Callers
from handlers.collections import blocks as collection_blocks
from handlers.generation import modal, review_blocks
from handlers.generation.documents import Documents
from handlers.languages import LanguageOf
from handlers.modals import Modals
from handlers.outgoing.run_keeper import RunKeeper
from handlers.request import Request
from handlers.thread_examples import agreement
from handlers.web import replies
from handlers.web.poster import Poster
from texts import generation as texts
from texts.errors import sentence
from texts.evaluations.question import estimate, estimate_heading, unknown_price
from texts.formats import day

log = structlog.get_logger()

_MOST_WINDOWS: Final = 100
_LONGEST_NAME: Final = 100


@dataclass(frozen=True)
class GenerationListeners:
    callers: Callers
    generations: Generations
    runs: GenerationRuns
    keeper: RunKeeper[Generation]
    review: GenerationReview
    keeping: GeneratedCollections
    views: CollectionViews
    models: ModelLookup
    authority: Authority
    documents: Documents
    modals: Modals
    poster: Poster
    language: LanguageOf
    # The last thing that somebody chose in a window, by the window's id: an older plan is not shown over a newer one.
    _latest: dict[str, str] = field(default_factory=dict)

    async def command(self, request: Request) -> None:
        """`/finetune generate [TOPIC]`: the window."""
        caller = await self.callers.of(request)
        await self.authority.require(caller, Action.GENERATE)
        if request.trigger_id is None:
            raise Invalid("generate_in_window")
        state = modal.State(request.channel, request.thread_ts)
        form = modal.Form(topics=request.text.strip())
        await self.modals.open(request, modal.generation_modal(state, form, {}, ""))

    async def changed(self, request: Request) -> None:
        """The teacher or the number was changed in the window: another plan."""
        view, caller = request.body["view"], await self.callers.of(request)
        state, form, view_id = modal.state_of(view), modal.read(view["state"]["values"]), view["id"]
        self._latest[view_id] = request.key
        while len(self._latest) > _MOST_WINDOWS:
            del self._latest[next(iter(self._latest))]
        if form.teacher and await self.models.find(caller, form.teacher) != form.teacher:
            form = msgspec.structs.replace(form, teacher="")  # the caller may not know of it (any more)
        names = await self.models.names(caller, [form.teacher]) if form.teacher else {}
        plan = await self._plan_words(request, caller, state, form)
        if self._latest.get(view_id) != request.key:
            return
        try:
            await self.poster.update_view(view_id, modal.generation_modal(state, form, names, plan).to_dict())
        except PostRefused as error:
            log.info("window not updated", why=str(error))

    async def submitted(self, request: Request) -> None:
        """*Start* in the window."""
        view, caller = request.body["view"], await self.callers.of(request)
        state = modal.state_of(view)
        origin = await self.callers.origin(request, state.thread_ts)
        caller = msgspec.structs.replace(caller, key=f"view/{view['id']}")
        values = view["state"]["values"]
        wanted = modal.read(values).request
        if (file := modal.document(values)) is not None:
            wanted = await self.documents.with_passages(wanted, file)
        generation = await self.generations.start(caller, origin, wanted)
        await self.keeper.begin(generation)
        await self.runs.look()

    async def search_models(self, request: Request) -> Sequence[Option]:
        """What is typed into the menu of teachers."""
        caller = await self.callers.of(request)
        if not self.authority.allows(caller, Action.GENERATE):
            return []
        found = await self.models.search(caller, caller.posts_in, request.text)
        return model_options(await self.models.names(caller, found))

    # The card

    async def pause(self, request: Request) -> None:
        await self.generations.pause(await self.callers.of(request), request.text)
        await self.keeper.look()

    async def resume(self, request: Request) -> None:
        await self.generations.resume(await self.callers.of(request), request.text)
        await self.runs.look()
        await self.keeper.look()

    async def cancel(self, request: Request) -> None:
        await self.generations.cancel(await self.callers.of(request), request.text)
        await self.keeper.look()

    # The review

    async def sample(self, request: Request) -> None:
        """*Look at a sample* below what came of it."""
        await request.answer(await self._sample(await self.callers.of(request), request.text))

    async def keep(self, request: Request) -> None:
        request, caller, spot = await self._pressed(request)
        await self.review.keep(caller, spot.generation, spot.number, spot.version)
        await request.answer(await self._sample(caller, spot.generation))

    async def drop(self, request: Request) -> None:
        request, caller, spot = await self._pressed(request)
        await self.review.drop(caller, spot.generation, spot.number, spot.version)
        await request.answer(await self._sample(caller, spot.generation))

    async def again(self, request: Request) -> None:
        request, caller, spot = await self._pressed(request)
        await self.review.again(caller, spot.generation, spot.number, spot.version)
        await self.runs.look()
        await request.answer(await self._sample(caller, spot.generation))

    async def open_edit(self, request: Request) -> None:
        caller, spot = await self.callers.of(request), review_blocks.read_spot(request.text)
        draft = await self.review.draft(caller, spot.generation, spot.number)
        if not review_blocks.fits_window(draft):
            raise Invalid("example_too_long_to_edit")
        spot = msgspec.structs.replace(spot, version=draft.version)
        about = review_blocks.About(request.channel, spot.value, request.thread_ts)
        await self.modals.open(request, review_blocks.edit_modal(draft, about))

    async def edited(self, request: Request) -> None:
        """*Save* in the window."""
        view, caller = request.body["view"], await self.callers.of(request)
        about = review_blocks.read_about(view)
        spot = review_blocks.read_spot(about.spot)
        question, answer = review_blocks.read_edited(view)
        await self.review.edit(caller, spot.generation, spot.number, spot.version, question, answer)
        told = await self._sample(caller, spot.generation)
        await replies.to_button(self.poster, about.channel, request.user, about.thread_ts, told)

    async def keep_all(self, request: Request) -> None:
        """*Keep as a training set*."""
        caller = await self.callers.of(request)
        generation = await self.generations.get(caller, request.text)
        counts = await self.runs.counts(generation)
        seen, of = await self.review.reviewed(caller, generation.id)
        dropped = sum(counts.dropped.values())
        note = texts.note(generation.teacher, day(generation.created_at), dropped, seen, of)
        about = await self.generations.about(caller, generation.id)
        name = clip(texts.set_name(about), _LONGEST_NAME)
        collection = await self.keeping.keep(caller, generation.id, name, note)
        await request.answer(collection_blocks.one(await self.views.view(caller, collection.id)))
        waits_for = await self.keeping.waits_for(collection)
        where = (collection.channel, request.thread_ts)
        await agreement.ask(self.poster, self.language, request, *where, collection.name, waits_for)

    async def _pressed(self, request: Request) -> tuple[Request, Caller, review_blocks.Spot]:
        request = request.in_place
        return request, await self.callers.of(request), review_blocks.read_spot(request.text)

    async def _sample(self, caller: Caller, generation_id: str) -> Message:
        drafts = await self.review.sample(caller, generation_id)
        return review_blocks.sample(generation_id, drafts, *await self.review.reviewed(caller, generation_id))

    async def _plan_words(self, request: Request, caller: Caller, state: modal.State, form: modal.Form) -> str:
        """What it would take, or why there is no plan yet. Topics are filled in last: one stands for those to come."""
        if not form.teacher:
            return ""
        try:
            origin = await self.callers.origin(request, state.thread_ts)
            wanted = msgspec.structs.replace(form, topics=form.topics or "…").request
            plan = await self.generations.plan(caller, origin, wanted)
        except BotError as error:
            return quoted(sentence(error), 1000)
        said = f"{bold(estimate_heading())} {estimate(plan.usd, plan.seconds)} · {texts.calls(plan.calls)}"
        return f"{said}\n⚠️ {unknown_price(named(form.teacher))}" if plan.unpriced else said
