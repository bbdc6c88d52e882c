"""Rating answers, and correcting them: the conversation goes on from the correction, and a model can learn from it."""

import hashlib
from typing import Any

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.conversations.answers import Answers, GivenAnswer, is_edited_after
from bot.conversations.conversation import ConversationStore, Turn
from bot.conversations.prompt import up_to
from bot.errors import Invalid, NotFound
from bot.feedback.rating import Press, Rating, RatingStore, Why
from bot.providers.chat import ChatMessage, ToolCall
from bot.thread_examples.adding import Added, Collections, NewExample, ThreadExamples, check
from bot.thread_examples.draft import Draft, DraftTurn, Role, as_json, of_conversation
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.validate_example import validate


class Names(msgspec.Struct, frozen=True):
    """Of the collections that corrections go to."""

    corrections: str
    preferences: str


class Correction(msgspec.Struct, frozen=True):
    """What would have been right. `calls`: in place of those of the answer, with their ids; nothing where it has
    none."""

    text: str
    calls: tuple[ToolCall, ...] = ()


class Corrected(msgspec.Struct, frozen=True):
    """Where a corrected answer went: as a chat example, and as a preference pair; None where no training file may hold
    what the model said, as a call that fits no schema. `meanwhile`: who else corrected it
    since the person looked; `holds`: the conversation goes on from this correction, not from that one."""

    example: Added
    pair: Added | None
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

    def is_corrected(self, caller: Caller, answer: GivenAnswer, correction: Correction) -> bool:
        """Whether the caller wrote something else than what the answer says, also where it says that by now because
        this was begun before a crash."""
        said, written = answer.answer, (correction.text.strip(), correction.calls)
        is_begun = (said.edited_by, said.edited_at) == (caller.user, caller.at)
        first = _original(said)
        now = (said.content.strip(), said.tool_calls)
        return written != (first.text.strip(), first.calls) and (is_begun or written != now)

    async def correct(
        self,
        caller: Caller,
        answer: GivenAnswer,
        correction: Correction,
        names: Names,
        seen_at: float | None = None,
    ) -> Corrected:
        """The conversation goes on from the correction, which becomes an example, and with what the model said a pair,
        masked. Corrected again by the same person, these are changed; by somebody else, there are further ones.
        `seen_at`: when the answer that the caller saw was edited. Raises Denied; Invalid where nothing was corrected or
        it cannot be an example."""
        await self._authority.require(caller, Action.ADD_EXAMPLE)
        correction = msgspec.structs.replace(correction, text=correction.text.strip())
        if not (correction.text or correction.calls):
            raise Invalid("empty_correction")
        if not self.is_corrected(caller, answer, correction):
            raise Invalid("nothing_corrected")
        draft = await self._draft(caller, answer, correction)
        _check_calls(draft)
        rejected = _turn("rejected", Role.LEFT_OUT, _original(answer.answer))
        masked, found = msgspec.structs.replace(draft, turns=(*draft.turns, rejected)).masked()
        check(masked)
        earlier = await self._answers.edit(answer, correction.text, caller.user, caller.at, correction.calls)
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
        last = masked.turns[-1]
        pair = {
            "input": {"messages": before, **example},
            "preferred_output": [preferred],
            "non_preferred_output": [last.message or {"role": "assistant", "content": last.content}],
        }
        whole = new("correction", {"messages": [*before, preferred], **example})
        kept = await self._collections.add(caller, None, names.corrections, whole)
        added = None
        if _is_usable(pair):
            added = await self._collections.add(caller, None, names.preferences, new("preference", pair))
        return Corrected(
            kept,
            added,
            earlier.edited_by if by_others else None,
            holds=not is_edited_after(earlier, caller.at),
        )

    async def _draft(self, caller: Caller, answer: GivenAnswer, correction: Correction) -> Draft:
        """The conversation up to the answer, and the correction in its place."""
        conversation = answer.conversation
        # However long it is, it leaves what was said before its room.
        stand_in = Turn(answer.asked_ts, "assistant", "…", tool_calls=correction.calls)
        before = up_to(await self._conversations.turns(conversation.id), answer.asked_ts)
        draft = of_conversation(conversation, [*before, stand_in])
        placed = list(draft.turns)
        while placed and placed[-1].message and placed[-1].message["role"] == "tool":
            placed.pop()  # there are no results of the calls yet
        if not placed or placed[-1].role is not Role.ASSISTANT:
            raise NotFound("answer_gone")
        last = placed.pop()
        corrected = msgspec.structs.replace(
            _turn(last.id, Role.ASSISTANT, correction), users=(caller.user,), name=last.name
        )
        return await self._examples.with_names(msgspec.structs.replace(draft, turns=(*placed, corrected)))


def _original(answer: Turn) -> Correction:
    """What the model said, before anybody corrected it."""
    text = answer.content if answer.original is None else answer.original
    return Correction(text, answer.original_calls or answer.tool_calls)


def _turn(id: str, role: Role, said: Correction) -> DraftTurn:
    if not said.calls:
        return DraftTurn(id, role, said.text)
    return DraftTurn(id, role, "", message=as_json(ChatMessage("assistant", said.text, tool_calls=said.calls)))


def _check_calls(draft: Draft) -> None:
    """Hold the calls at its end to what the functions take. A training file may hold others, and is warned of."""
    example, findings = draft.example, Findings()
    validate(example, 1, findings, DatasetChecks())
    calls = f"messages[{len(example['messages']) - 1}].tool_calls"
    for finding in (*findings.first("error"), *findings.first("warning")):
        at = finding.field or ""
        if at.startswith(calls):
            raise Invalid("unusable_example", finding=finding.code, at=at, params=finding.params)


def _is_usable(example: dict[str, Any]) -> bool:
    """Whether a training file may hold it."""
    findings = Findings()
    validate(example, 1, findings, DatasetChecks())
    return not list(findings.first("error"))
