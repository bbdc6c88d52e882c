"""Going on with a successor: the channel's current model first, then what else asks the old one, here and elsewhere."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from bot.access import Action, Caller, Place, is_shown_in
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import Conversation, ConversationStore
from bot.errors import Conflict
from bot.evaluations.evaluation import Evaluation, EvaluationRequest, EvaluationStore, Repeat
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.grader_files import GraderFileStore
from bot.jobs.group import JobGroup
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Notice, SuccessorOffered
from bot.models.uses import ChannelUse, ModelUses
from bot.moves.move import Move, MovedModel, MoveStore
from bot.moves.moves import Moves
from graders.grader import judges
from graders.reading import grader_of

_RECENT: Final = 30 * 86_400.0
"""Seconds. A thread in which nobody has asked the old model for longer stays as it is."""
_DAY: Final = 86_400.0
_MOST_GRADERS: Final = 50


class Successor(msgspec.Struct, frozen=True):
    move: Move
    moved: MovedModel
    job: Job
    old: str
    new: str


class StillUsed(msgspec.Struct, frozen=True):
    """What asks the old model in the caller's channel. `conversations`: where somebody did so lately; `repeats`:
    evaluations that are repeated; `graders`: names of files whose grader has it judge."""

    conversations: Sequence[Conversation] = ()
    repeats: Sequence[Evaluation] = ()
    graders: Sequence[str] = ()


class OfferStore(Protocol):
    async def put(self, notices: Sequence[Notice], entry: Entry | None = None) -> None:
        """All in one transaction, with the line in the audit log. A notice whose id is known is left as it is."""


class Succession:
    def __init__(
        self,
        moves: Moves,
        store: MoveStore,
        models: ChatModels,
        uses: ModelUses,
        conversations: ConversationStore,
        evaluations: Evaluations,
        evaluation_store: EvaluationStore,
        graders: GraderFileStore,
        offers: OfferStore,
        authority: Authority,
    ) -> None:
        self._moves = moves
        self._store = store
        self._models = models
        self._uses = uses
        self._conversations = conversations
        self._evaluations = evaluations
        self._evaluation_store = evaluation_store
        self._graders = graders
        self._offers = offers
        self._authority = authority

    async def get(self, caller: Caller, move_id: str, job_id: str) -> Successor:
        """The successor that this job made, for somebody who may have their channel go on with it. Raises NotFound,
        Denied; Conflict where there is none (any more)."""
        move = await self._moves.get(caller, move_id, Action.PROMOTE)
        moved = next((one for one in move.models if one.job_id == job_id), None)
        job = next((one for one in await self._store.jobs(move) if one.id == job_id), None)
        if moved is None or job is None or job.fine_tuned_model is None:
            raise Conflict("no_model_yet")
        await self._models.require(caller, job.fine_tuned_model)
        return Successor(move, moved, job, moved.model, job.fine_tuned_model)

    async def adopt(self, caller: Caller, move_id: str, job_id: str) -> Successor:
        """It is the one that the caller's channel is offered first, from now on. Raises like `get`."""
        successor = await self.get(caller, move_id, job_id)
        promoted = entry(caller, Action.PROMOTE, successor.new, details=move_id)
        await self._evaluation_store.set_current_model(caller.channel, successor.new, caller.user, caller.at, promoted)
        if caller.channel == successor.move.origin.channel:
            adopted = msgspec.structs.replace(successor.moved, adopted_by=caller.user)

            def change(group: JobGroup) -> JobGroup | None:
                return group.replacing(adopted) if isinstance(group, Move) else None

            await self._store.change(move_id, change)
        return successor

    async def still_used(self, caller: Caller, successor: Successor) -> StillUsed:
        old = successor.old
        asks = await self._uses.asking(old, caller.channel, caller.at - _RECENT)
        conversations = [await self._conversations.get(one) for one in asks.conversations]
        repeats = [await self._evaluation_store.get(one) for one in asks.repeats]
        graders = await self._graders.latest(caller.channel, _MOST_GRADERS)
        return StillUsed(
            [one for one in conversations if one and self._may(caller, Action.CONFIGURE, one)],
            [one for one in repeats if one and self._may(caller, Action.SEE, one)],
            [one.name for one in graders if old in judges(grader_of(one.grader))],
        )

    async def repeat_with(self, caller: Caller, evaluation: Evaluation, successor: Successor) -> Evaluation:
        """The same evaluation with the new model is started, and repeated in place of the other's. Raises Denied unless
        it is the caller's own, and like `Evaluations.start`."""
        known = await self._evaluations.known(caller, evaluation.id, Action.DECIDE)
        repeat = await self._evaluation_store.repeat(known.id)
        if repeat is None:
            return known
        request = EvaluationRequest(
            tuple(dict.fromkeys(successor.new if one == successor.old else one for one in known.models)),
            dataset_id=known.dataset_id,
            grader=known.grader,
            grader_name=known.grader_name,
            n=known.n,
            samples=known.samples,
            control=known.control,
            seed=known.seed,
        )
        asker = msgspec.structs.replace(caller, key=f"{caller.key}/{known.id}")
        origin = Origin(known.team, known.channel, known.private, known.thread_ts)
        started = await self._evaluations.start(asker, origin, request)
        after = Repeat(started.id, repeat.days, caller.at + repeat.days * _DAY, started.id)
        changed = entry(caller, "repeat evaluation", started.id, details=known.id)
        await self._evaluation_store.set_repeat(started.id, after, changed)
        await self._evaluation_store.set_repeat(known.id, None, None)
        return started

    async def offer(self, caller: Caller, move_id: str, job_id: str) -> list[str]:
        """Other channels that use the old model are asked whether they go on with the new one, each once for ever.
        Those of them that the caller may know of. Raises like `get`."""
        successor = await self.get(caller, move_id, job_id)
        move = successor.move
        asked = [use for use in await self._uses.of([successor.old]) if _is_asked(use, caller, successor)]
        body = SuccessorOffered(job_id, caller.user)
        notices = [
            Notice(f"{move.id}/offered/{job_id}/{use.channel}", body, use.channel, move.resource, since=caller.at)
            for use in asked
        ]
        if notices:
            details = f"{successor.new} in {len(notices)} channels"
            await self._offers.put(notices, entry(caller, "offer successor", move.id, details=details))
        return [use.channel for use in asked if use.is_seen_by(caller, caller.answers_in)]

    def _may(self, caller: Caller, action: Action, thing: Conversation | Evaluation) -> bool:
        return self._authority.allows(caller, action, thing.resource, caller.posts_in)


def _is_asked(use: ChannelUse, caller: Caller, successor: Successor) -> bool:
    """A channel in which the old model was only made has nothing to switch."""
    if use.channel == caller.channel:
        return False
    in_use = use.current or use.repeated or use.last_used_at is not None
    owner = use.people[0] if use.people else ""
    place = Place(use.channel, alone=use.channel.startswith("D"))
    return in_use and is_shown_in(place, successor.job.resource, owner)
