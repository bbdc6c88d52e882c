"""Adding a thread to a collection: what is read of it, what is made of what somebody changed, and where it goes."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import msgspec

from bot.access import Action, Caller, Resource
from bot.authority import Authority
from bot.conversations.answers import Answers
from bot.conversations.background import ThreadHistory
from bot.conversations.conversation import ConversationStore
from bot.errors import Invalid, NotFound
from bot.thread_examples.draft import Draft, DraftTurn, Role, of_conversation, of_messages
from training_files.masking import MaskedTexts

_WHOLE: Final = "9999999999.999999"
"""A ts after all others."""


class Choice(msgspec.Struct, frozen=True):
    """A collection that a person may add to."""

    id: str
    name: str


class NewExample(msgspec.Struct, frozen=True):
    """`id` is the same when a crash makes it be added again. `line` is the example as JSON. `contributors`: whose words
    are in it. `masked`: how often something of each kind was. `origin`: how it came about."""

    id: str
    line: str
    channel: str
    thread_ts: str
    private: bool
    contributors: tuple[str, ...]
    model: str | None = None
    masked: dict[str, int] = {}
    origin: str = "thread"


class Added(msgspec.Struct, frozen=True):
    """`waits_for`: whose agreement is still missing before it is used; `review`: whether somebody else has to accept
    it."""

    collection: Choice
    size: int
    waits_for: tuple[str, ...] = ()
    review: bool = False


class Collections(Protocol):
    async def choices(self, caller: Caller, *, private: bool) -> Sequence[Choice]:
        """Those that the caller may add to from there; `private`: what was said there in private."""

    async def add(self, caller: Caller, collection: str | None, name: str, example: NewExample) -> Added:
        """To the collection with this id; None makes one of that name."""


class Place(msgspec.Struct, frozen=True):
    """The thread, and the message in it on which the shortcut was chosen."""

    channel: str
    thread_ts: str
    message_ts: str
    private: bool = False


class ThreadExamples:
    """`names`: all names of a person, by their id."""

    def __init__(
        self,
        conversations: ConversationStore,
        history: ThreadHistory,
        collections: Collections,
        names: Callable[[str], Awaitable[tuple[str, ...]]],
        authority: Authority,
        bot_user: str,
    ) -> None:
        self._conversations = conversations
        self._answers = Answers(conversations)
        self._history = history
        self._collections = collections
        self._names = names
        self._authority = authority
        self._bot_user = bot_user

    async def choices(self, caller: Caller, place: Place) -> Sequence[Choice]:
        return await self._collections.choices(caller, private=place.private)

    async def read(self, caller: Caller, place: Place) -> Draft:
        """The thread as an example, nothing masked. Raises Denied; NotFound where the thread cannot be read, or
        not from where the caller is."""
        where = Resource("", place.channel, place.private, "thread", place.thread_ts)
        await self._authority.require(caller, Action.ADD_EXAMPLE, where)
        conversation = await self._conversations.of_thread(place.channel, place.thread_ts)
        if conversation is not None:
            shown = await self._answers.shown_in(place.channel, place.message_ts)
            turns = await self._conversations.turns(conversation.id)
            upto = shown.asked_ts if shown is not None and shown.conversation.id == conversation.id else None
            answers = [turn for turn in turns if turn.role == "assistant" and upto in (None, turn.ts)]
            asked = conversation.as_asked(answers[-1]) if answers else conversation
            draft = of_conversation(asked, turns, upto)
        else:
            history = await self._history.before(place.channel, place.thread_ts, _WHOLE)
            if not history.messages:
                raise NotFound("thread_unread", slack=history.why or "thread_not_found")
            draft = of_messages(history.messages, place.message_ts, bot_user=self._bot_user)
            draft = msgspec.structs.replace(draft, why=history.why)
        return await self.with_names(draft)

    async def with_names(self, draft: Draft) -> Draft:
        """The draft, with the names of those whose words are in it."""
        users = dict.fromkeys(user for turn in draft.turns for user in turn.users)
        return msgspec.structs.replace(draft, people={user: await self._names(user) for user in users})

    async def changed(
        self, caller: Caller, place: Place, system: str, turns: Sequence[DraftTurn], *, conversation: bool
    ) -> Draft:
        """What somebody made of a draft, with the calls and tools of a conversation, which they cannot change."""
        draft = Draft(tuple(turns), system=system.strip())
        if conversation:
            before = await self.read(caller, place)
            fixed = {turn.id: turn for turn in before.turns if turn.message is not None}
            whole = [
                msgspec.structs.replace(fixed[turn.id], role=turn.role) if turn.id in fixed else turn for turn in turns
            ]
            draft = msgspec.structs.replace(before, turns=tuple(whole), system=system.strip())
        return await self.with_names(draft)

    async def add(
        self, caller: Caller, place: Place, draft: Draft, collection: str | None, name: str, *, masked: bool
    ) -> Added:
        """Check the example as a training file is checked, and keep it. Raises Denied; Invalid with the id of the turn
        at fault."""
        await self._authority.require(caller, Action.ADD_EXAMPLE)
        found: MaskedTexts | None = None
        if masked:
            draft, found = draft.masked()
        check(draft)
        example = NewExample(
            f"ex-{hashlib.sha256(caller.key.encode()).hexdigest()[:12]}",
            msgspec.json.encode(draft.example).decode(),
            place.channel,
            place.thread_ts,
            place.private,
            draft.contributors,
            draft.model,
            found.counts if found else {},
        )
        return await self._collections.add(caller, collection, name, example)


def check(draft: Draft) -> None:
    """As a training file is checked. Raises Invalid with the id of the turn at fault."""
    said = [turn for turn in draft.turns if turn.role is not Role.LEFT_OUT]
    for turn in said:
        if turn.message is None and not turn.content.strip():
            raise Invalid("empty_turn", turn.id)
    if not any(turn.role is Role.USER for turn in said):
        raise Invalid("nobody_asks", draft.turns[0].id if draft.turns else None)
    if said[-1].role is not Role.ASSISTANT:
        raise Invalid("ends_without_answer", said[-1].id)
    for turn_id, finding in draft.errors():
        raise Invalid(
            "unusable_example", turn_id or None, finding=finding.code, at=finding.field or "", params=finding.params
        )
