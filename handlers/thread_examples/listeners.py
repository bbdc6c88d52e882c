"""Adding a thread to a training set: a shortcut on any of its messages, a preview to change, and the example. Whose
words it holds may agree first, where they were private, and may take them back.
"""

from dataclasses import dataclass

import msgspec

from bot.collections.withdrawal import Withdrawal
from bot.errors import Invalid
from bot.thread_examples.adding import Place, ThreadExamples
from bot.thread_examples.draft import Draft, DraftTurn
from handlers.blocks import modals as modal_blocks
from handlers.blocks.markup import person_in
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.modals import Modals
from handlers.request import Request
from handlers.thread_examples import agreement, blocks
from handlers.thread_examples.blocks import Entered, Preview
from handlers.web.people import People
from handlers.web.poster import Poster
from texts import thread_examples as texts
from texts.language import speaking


@dataclass(frozen=True)
class ThreadExampleListeners:
    callers: Callers
    examples: ThreadExamples
    people: People
    withdrawal: Withdrawal
    modals: Modals
    languages: Languages
    poster: Poster

    async def open(self, request: Request) -> None:
        """The shortcut was chosen on a message."""
        caller = await self.callers.of(request)
        message = request.body["message"]
        channel = await self.people.channel(request.channel)
        place = Place(
            request.channel, str(message.get("thread_ts") or message["ts"]), str(message["ts"]), channel.private
        )
        view_id = await self.modals.open(request, modal_blocks.looking(texts.title(), texts.looking()))
        async with self.modals.filling(request, texts.title(), view_id) as fill:
            draft = await self.examples.read(caller, place)
            preview = Preview(
                request.channel,
                place,
                tuple((turn.id, turn.users) for turn in draft.turns),
                conversation=draft.model is not None,
            )
            masked, found = draft.masked()
            collections = await self.examples.choices(caller, place)
            await fill(blocks.preview_modal(masked, found, preview, collections, me=request.user))

    async def options_changed(self, request: Request) -> None:
        """Masking was turned on or off, or what was masked is to be shown. What was typed stays."""
        caller = await self.callers.of(request)
        entered = blocks.read(request.body["view"])
        preview = entered.preview
        async with self.modals.filling(request, texts.title(), request.body["view"]["id"]) as fill:
            draft = await self.examples.read(caller, preview.place)
            masked, _ = draft.masked()
            shown = masked if preview.masked else draft
            draft, found = _as_typed(draft, shown, entered), None
            if entered.mask:
                draft, found = draft.masked()
            view = blocks.preview_modal(
                draft,
                found,
                msgspec.structs.replace(preview, masked=entered.mask, version=preview.version + 1),
                await self.examples.choices(caller, preview.place),
                me=request.user,
                collection=entered.collection,
                name=entered.name,
                show=entered.show,
            )
            await fill(view)

    async def submitted(self, request: Request) -> None:
        caller = await self.callers.of(request)
        entered = blocks.read(request.body["view"])
        place = entered.preview.place
        if entered.collection is None and not entered.name:
            raise Invalid("collection_without_name", "name")
        draft = await self.examples.changed(
            caller, place, entered.system, entered.turns, conversation=entered.preview.conversation
        )
        try:
            added = await self.examples.add(caller, place, draft, entered.collection, entered.name, masked=entered.mask)
        except Invalid as error:
            raise Invalid(error.kind, blocks.field_of(error.field, entered.preview), **error.values) from None
        await request.answer(blocks.added(added, masked=entered.mask))
        where = place.channel, place.thread_ts
        await agreement.ask(self.poster, self.languages.place, request, *where, added.collection.name, added.waits_for)

    async def agree(self, request: Request) -> None:
        await self._answered(request, yes=True)

    async def disagree(self, request: Request) -> None:
        await self._answered(request, yes=False)

    async def _answered(self, request: Request, *, yes: bool) -> None:
        """Somebody says whether their words from this channel may be used: for themselves, whoever was asked."""
        caller = await self.callers.of(request)
        await self.withdrawal.answer(caller, request.channel, yes=yes)
        asked = blocks.read_agreement(request.text)
        answers = await self.withdrawal.answered(request.channel)
        with speaking(await self.languages.place(request.channel, asked.by)):
            shown = blocks.agreement(asked.by, asked.collection, asked.people, answers)
        await request.replace_message(shown)

    async def command(self, request: Request) -> None:
        """`withdraw`: what one contributed, and a button; for administrators also `withdraw @person`."""
        words = request.text.split()
        user = person_in(words[0]) if len(words) == 1 else request.user
        if user is None or len(words) > 1:
            raise Invalid("withdraw_usage")
        contribution = await self.withdrawal.look(await self.callers.of(request), user)
        await request.answer(blocks.contribution(contribution, me=request.user))

    async def withdraw(self, request: Request) -> None:
        contribution = await self.withdrawal.withdraw(await self.callers.of(request), request.text)
        await request.answer(blocks.withdrawn(contribution, me=request.user))


def _as_typed(draft: Draft, shown: Draft, entered: Entered) -> Draft:
    """The thread as it is, with what was changed in the modal since it was `shown`."""
    typed = {turn.id: turn for turn in entered.turns}
    before = {turn.id: turn for turn in shown.turns}

    def as_typed(turn: DraftTurn) -> DraftTurn:
        now = typed.get(turn.id)
        if now is None:
            return turn
        same = turn.message is not None or now.content == before[turn.id].content
        return msgspec.structs.replace(turn, role=now.role, content=turn.content if same else now.content)

    system = draft.system if entered.system == shown.system else entered.system
    return msgspec.structs.replace(draft, system=system, turns=tuple(map(as_typed, draft.turns)))
