"""Moving models: by command, by modal, and the buttons of a move's card.

The command shows the plan and asks; `confirm=yes` starts at once. The modal shows the same plan where it was opened.
"""

from dataclasses import dataclass

import msgspec

from bot.access import Caller
from bot.errors import Conflict, Denied, Invalid
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModel, TrainableModels
from bot.moves.move import MoveStore
from bot.moves.moves import Moves
from bot.moves.planning import MovePlanning, MoveRequest
from bot.moves.progress import MoveProgress
from bot.providers.channel_providers import ChannelProviders
from handlers.blocks import move as blocks
from handlers.blocks.message import Message
from handlers.blocks.move import ALL
from handlers.blocks.parts import line
from handlers.blocks.text import quoted
from handlers.callers import Callers
from handlers.modals import Modals
from handlers.moves import modal, plan
from handlers.moves.command_words import Typed, read_command
from handlers.request import Request
from handlers.web.poster import Poster
from texts import moves as texts
from texts import sweeps as sweep_texts
from texts.errors import sentence
from texts.formats import sentences


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the button of the plan brings back. `key` is that of what was asked: it names the move, however often the
    button is pressed. `models`: empty for all that can be moved; `shown`: the digest of those in the plan."""

    key: str
    user: str
    provider: str
    base: str
    models: tuple[str, ...] = ()
    shown: str = ""

    @property
    def request(self) -> MoveRequest:
        return MoveRequest(self.provider, self.base, self.models, self.shown)


@dataclass(frozen=True)
class MoveListeners:
    callers: Callers
    moves: Moves
    planning: MovePlanning
    progress: MoveProgress
    store: MoveStore
    catalogue: Catalogue
    models: ModelLookup
    trainable: TrainableModels
    providers: ChannelProviders
    modals: Modals
    poster: Poster

    async def command(self, request: Request) -> None:
        """`/finetune move [MODEL…|all] [to=PROVIDER] [base=MODEL]`."""
        caller = await self.callers.of(request)
        typed = read_command(request.text)
        chosen = [await self.models.named(caller, word, tuned_only=True) for word in typed.models]
        if not typed.to and not typed.confirmed and request.trigger_id and not request.is_retry:
            await self._open(request, caller, chosen)
            return
        question = await self._question(caller, request, typed, chosen)
        if typed.confirmed:
            await self._start(request, caller, question)
            return
        await request.answer(await self._plan(caller, question))

    async def opened(self, request: Request) -> None:
        """*Move…* beside models that stop answering. The button's value: models, one a line, or "all"."""
        caller = await self.callers.of(request)
        models = request.text.split()
        await self._open(request, caller, [] if models == [ALL] else models)

    async def submitted(self, request: Request) -> None:
        """The modal: it closes, and the plan stands where it was opened, where only this person sees it."""
        caller = await self.callers.of(request)
        view = request.body["view"]
        target = msgspec.json.decode(view["private_metadata"], type=modal.Target)
        provider, base, models = modal.chosen_in(view["state"]["values"])
        every = set(models) == set(await self.planning.movable(caller, provider))
        question = Question(f"view/{view['id']}", request.user, provider, base, () if every else models)
        told = await self._plan(caller, question)
        await self.poster.whisper(request.channel, request.user, told, thread_ts=target.thread_ts)

    async def confirmed(self, request: Request) -> None:
        """*Start the move* on the plan."""
        request = request.in_place
        question = msgspec.json.decode(request.text, type=Question)
        if question.user != request.user:
            raise Denied("question_of_another")
        await self._start(request, await self.callers.of(request), question)

    async def stop(self, request: Request) -> None:
        """*Stop the rest* on the card."""
        stopped, refused = await self.moves.stop(await self.callers.of(request), request.text)
        said = [sweep_texts.stopped(stopped)] if stopped else []
        if refused:
            said.append(sweep_texts.not_stopped(len(refused), quoted(sentence(refused[0]), 500)))
        await request.answer(line(sentences(*said) or texts.nothing_to_stop()))

    async def offers(self, request: Request) -> None:
        """*Show 12 more* on the card: new models that have no room there."""
        move = await self.moves.get(await self.callers.of(request), request.text)
        await request.answer(blocks.other_offers(move, await self.progress.look(move)))

    async def _open(self, request: Request, caller: Caller, chosen: list[str]) -> None:
        offered = [model for model in await self._offered(caller) if modal.is_carried(modal.value_of(model))]
        if not offered:
            raise Conflict("nothing_to_train_anywhere")
        movable = await self.planning.movable(caller, "")
        if not any(map(modal.is_carried, movable)):
            raise Conflict("no_models_to_move")
        ends = await self.catalogue.retirements(movable)
        days = {model: ends[model].shutdown_date for model in movable}
        target = modal.Target(request.channel, request.thread_ts)
        chosen = chosen or await self.planning.movable(caller, offered[0].provider)
        await self.modals.open(request, modal.move_modal(days, chosen, offered, target))

    async def _offered(self, caller: Caller) -> list[TrainableModel]:
        """Base models, of another provider than the channel's own first. Raises Conflict where there is no other."""
        if not self.providers.several:
            raise Conflict("one_provider")
        first = (await self.providers.default(caller.channel)).name
        offered = await self.trainable.base(caller.channel)
        return sorted(offered, key=lambda model: model.provider == first)

    async def _question(self, caller: Caller, request: Request, typed: Typed, models: list[str]) -> Question:
        """Raises Conflict, Invalid."""
        if not models and not typed.all:
            raise Invalid("move_what")
        offered = await self._offered(caller)
        if not offered:
            raise Conflict("nothing_to_train_anywhere")
        to = typed.to or offered[0].provider
        self.providers.named(to)
        base = typed.base or next((model.id for model in offered if model.provider == to), "")
        if not base:
            raise Conflict("nothing_to_train_there", provider=to)
        return Question(request.key, request.user, to, base, tuple(models))

    async def _plan(self, caller: Caller, question: Question) -> Message:
        planned = await self.planning.plan(caller, question.request)
        value = msgspec.json.encode(msgspec.structs.replace(question, shown=planned.digest)).decode()
        return plan.plan_message(question.request, planned, value)

    async def _start(self, request: Request, caller: Caller, question: Question) -> None:
        origin = await self.callers.origin(request, request.thread_ts)
        move = await self.moves.start(caller, question.request, origin, question.key)
        await request.answer(plan.started(await self.store.jobs(move)))
