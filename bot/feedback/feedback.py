"""Rating answers, and correcting them: the conversation goes on from the correction, and a model can learn from it."""

import hashlib

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.conversations.answers import Answers, GivenAnswer, is_edited_after
from bot.conversations.conversation import ConversationStore
from bot.errors import Conflict, Invalid, NotFound
from bot.feedback.rating import Press, Rating, RatingStore, Why
from bot.thread_examples.adding import Added, Collections, NewExample, ThreadExamples, check
from bot.thread_examples.draft import Draft, DraftTurn, Role, of_conversation


class Names(msgspec.Struct, frozen=True):
    """Of the collections that corrections go to."""

    corrections: str
    preferences: str


class Corrected(msgspec.Struct, frozen=True):
    """Where a corrected answer went: as a chat example, and as a preference pair. `meanwhile`: who else corrected it
    since the person looked; `holds`: the conversation goes on from this correction, not from that one."""

    example: Added
    pair: Added
    meanwhile: str | None = None
    holds: bool = True


class AnswerFeedback:
    def __init__(
        self,
        ratings: RatingStore,
        conversations: ConversationStore,
        examples: ThreadExamples,
        collections: Collections,
        authority: Authority,
    ) -> None:
        self._ratings = ratings
        self._conversations = conversations
        self._answers = Answers(conversations)
        self._examples = examples
        self._collections = collections
        self._authority = authority

    async def answer(self, caller: Caller, conversation_id: str, asked_ts: str) -> GivenAnswer:
        """Raises Denied; NotFound where there is no such answer here (any more)."""
        conversation = await self._conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("no_such_thing", kind="conversation")
        await self._authority.require(caller, Action.CHAT, conversation.resource, caller.posts_in)
        found = await self._answers.get(conversation_id, asked_ts)
        if found is None:
            raise NotFound("answer_gone")
        return found

    async def rate(self, caller: Caller, answer: GivenAnswer, *, good: bool, why: Why | None = None) -> bool | None:
        """The caller's rating from now on; None where that is withdrawn, as by the same thumb again. With `why` it is
        not withdrawn."""
        about = answer.conversation.id
        press = Press(about, answer.asked_ts, caller.user, good, caller.at, caller.key, why)
        return await self._ratings.press(press, entry(caller, "rate answer", about))

    async def ratings(self, answer: GivenAnswer) -> list[Rating]:
        return await self._ratings.of_answer(answer.conversation.id, answer.asked_ts)

    def is_corrected(self, caller: Caller, answer: GivenAnswer, text: str) -> bool:
        """Whether the caller wrote something else than what the answer says, also where it says that by now because
        this was begun before a crash."""
        said = answer.answer
        is_begun = (said.edited_by, said.edited_at) == (caller.user, caller.at)
        is_original = text.strip() == (said.original or said.content).strip()
        return not is_original and (is_begun or text.strip() != said.content.strip())

    async def correct(
        self, caller: Caller, answer: GivenAnswer, text: str, names: Names, seen_at: float | None = None
    ) -> Corrected:
        """The conversation goes on from `text`, and both become examples, masked. Corrected again by the same person,
        these are changed; by somebody else, there are further ones. `seen_at`: when the answer that the caller saw was
        edited. Raises Denied; Invalid where nothing was corrected or it cannot be an example."""
        await self._authority.require(caller, Action.ADD_EXAMPLE)
        if answer.answer.tool_calls:
            raise Conflict("calls_stay")
        text = text.strip()
        if not text:
            raise Invalid("empty_correction")
        if not self.is_corrected(caller, answer, text):
            raise Invalid("nothing_corrected")
        rejected = answer.answer.original or answer.answer.content
        draft = await self._draft(caller, answer, text)
        masked, found = msgspec.structs.replace(
            draft, turns=(*draft.turns, DraftTurn("rejected", Role.LEFT_OUT, rejected))
        ).masked()
        check(masked)
        earlier = await self._answers.edit(answer, text, caller.user, caller.at)
        if earlier is None:
            raise NotFound("answer_gone")
        by_others = earlier.edited_by != caller.user and earlier.edited_at != seen_at

        def new(kind: str, line: object) -> NewExample:
            conversation = answer.conversation
            identity = f"{kind}/{conversation.id}/{answer.asked_ts}/{caller.user}"
            return NewExample(
                f"ex-{hashlib.sha256(identity.encode()).hexdigest()[:12]}",
                msgspec.json.encode(line).decode(),
                conversation.channel,
                conversation.thread_ts,
                conversation.private,
                draft.contributors,
                conversation.model,
                found.counts,
                kind,
            )

        example = masked.example
        *before, preferred = example.pop("messages")
        pair = {
            "input": {"messages": before, **example},
            "preferred_output": [preferred],
            "non_preferred_output": [{"role": "assistant", "content": masked.turns[-1].content}],
        }
        whole = {"messages": [*before, preferred], **example}
        return Corrected(
            await self._collections.add(caller, None, names.corrections, new("correction", whole)),
            await self._collections.add(caller, None, names.preferences, new("preference", pair)),
            earlier.edited_by if by_others else None,
            holds=not is_edited_after(earlier, caller.at),
        )

    async def _draft(self, caller: Caller, answer: GivenAnswer, text: str) -> Draft:
        """The conversation up to the answer, as if the model had said `text`."""
        conversation = answer.conversation
        draft = of_conversation(conversation, await self._conversations.turns(conversation.id), answer.asked_ts)
        last = max(
            (place for place, turn in enumerate(draft.turns) if turn.role is Role.ASSISTANT and not turn.message),
            default=None,
        )
        if last is None:
            raise NotFound("answer_gone")
        corrected = msgspec.structs.replace(draft.turns[last], content=text, users=(caller.user,))
        turns = (*draft.turns[:last], corrected, *draft.turns[last + 1 :])
        return await self._examples.with_names(msgspec.structs.replace(draft, turns=turns))
