"""A thread laid out as a chat example, for somebody to look over: who asks, who answers, what is left out."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from bot.conversations.background import Said
from bot.conversations.conversation import BACKGROUND, Conversation, Turn
from bot.conversations.prompt import exchanges, prompt
from bot.providers.chat import ChatMessage
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.masking import MaskedTexts, mask_texts
from training_files.report import Finding
from training_files.validate_example import validate

MOST_TURNS: Final = 25
"""Of a thread: the latest of it. A modal has room for 100 blocks, of which a turn takes up to three."""
MOST_CHARACTERS: Final = 30_000
"""Of all turns together."""


class Role(StrEnum):
    """What a turn is in the example. The first two are the protocol's words."""

    USER = "user"
    ASSISTANT = "assistant"
    LEFT_OUT = "left_out"


class DraftTurn(msgspec.Struct, frozen=True, omit_defaults=True):
    """`id` is made of the message's ts. `users`: whose words these are; nobody's where a model said them. `message` is
    the protocol's JSON of what has no text that could be edited: a function's call, and its result."""

    id: str
    role: Role
    content: str
    users: tuple[str, ...] = ()
    name: str = ""
    message: dict[str, Any] | None = None


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """`model` answers in it, if it is a conversation with one. `left_out`: so many older turns are too much. `why`:
    Slack's error, where the thread could not be read to its end. `people`: the names of those who speak, by id."""

    turns: tuple[DraftTurn, ...]
    system: str = ""
    tools: tuple[dict[str, Any], ...] = ()
    model: str | None = None
    left_out: int = 0
    why: str | None = None
    people: dict[str, tuple[str, ...]] = {}

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Of the example. What one side says in several messages is one turn: most chat templates want them to
        alternate."""
        return [message for message, _ in self._placed()]

    @property
    def example(self) -> dict[str, Any]:
        tools: dict[str, Any] = {"tools": list(self.tools)} if self.tools else {}
        return {"messages": self.messages, **tools}

    @property
    def contributors(self) -> tuple[str, ...]:
        """Whose words are in the example, in the order in which they speak."""
        said = (turn for turn in self.turns if turn.role is not Role.LEFT_OUT)
        return tuple(dict.fromkeys(user for turn in said for user in turn.users))

    def errors(self) -> list[tuple[str, Finding]]:
        """What a training file may not hold, each with the id of the turn at fault ("" where it is the whole)."""
        findings = Findings()
        validate(self.example, 1, findings, DatasetChecks())
        placed = self._placed()
        found = []
        for finding in findings.first("error"):
            place = (finding.field or "").partition("messages[")[2].partition("]")[0]
            found.append((placed[int(place)][1] if place.isdigit() and int(place) < len(placed) else "", finding))
        return found

    def masked(self) -> tuple["Draft", MaskedTexts]:
        """Without names, secrets and personal data, and what was masked."""
        plain = [self.system, *(turn.content for turn in self.turns)]
        inner = [text for turn in self.turns if turn.message is not None for text in _texts(turn.message)]
        masked = mask_texts([*plain, *inner], self.people)
        system, *contents = masked.texts[: len(plain)]
        rest = iter(masked.texts[len(plain) :])
        turns = tuple(
            msgspec.structs.replace(
                turn,
                content=content,
                message=None if turn.message is None else _with_texts(turn.message, rest),
            )
            for turn, content in zip(self.turns, contents, strict=True)
        )
        return msgspec.structs.replace(self, system=system, turns=turns), masked

    def _placed(self) -> list[tuple[dict[str, Any], str]]:
        """Each message of the example, with the id of the turn with which it begins."""
        messages: list[tuple[dict[str, Any], str]] = []
        if self.system.strip():
            messages.append(({"role": "system", "content": self.system}, SYSTEM))
        mergeable = False
        for turn in self.turns:
            if turn.role is Role.LEFT_OUT:
                continue
            if turn.message is not None:
                messages.append((turn.message, turn.id))
                mergeable = False
            elif mergeable and messages[-1][0]["role"] == turn.role.value:
                messages[-1][0]["content"] += f"\n{turn.content}"
            else:
                messages.append(({"role": turn.role.value, "content": turn.content}, turn.id))
                mergeable = True
        return messages


SYSTEM: Final = "system"
"""In place of a turn's id."""


def of_messages(
    said: Sequence[Said], chosen_ts: str, *, bot_user: str = "", people: Mapping[str, tuple[str, ...]] | None = None
) -> Draft:
    """Of a thread among people. By default the one who answers is whoever wrote the chosen message, and the example
    ends there; where that is the person who asks (who wrote first), it is who else wrote most, and the example ends
    with their last message. All other people ask. What apps wrote is left out, unless one was chosen.
    """
    asking = next((one.user for one in said if not one.app), said[0].user if said else "")
    chosen = next((one for one in said if one.ts == chosen_ts), None)
    answering: str | None
    if chosen is not None and chosen.user not in (asking, bot_user):
        answering, said = chosen.user, [one for one in said if float(one.ts) <= float(chosen_ts)]
    else:
        written: dict[str, int] = {}
        for one in said:
            if not one.app and one.user != asking:
                written[one.user] = written.get(one.user, 0) + len(one.text)
        answering = max(written, key=lambda user: written[user], default=None)

    def role(one: Said) -> Role:
        if one.user == answering:
            return Role.ASSISTANT
        return Role.LEFT_OUT if one.app else Role.USER

    turns = [
        DraftTurn(one.ts, role(one), one.text, () if one.app else (one.user,), one.name)
        for one in said
        if one.text.strip()
    ]
    return _draft(turns, people=dict(people or {}))


def of_conversation(
    conversation: Conversation,
    turns: Sequence[Turn],
    upto: str | None = None,
    people: Mapping[str, tuple[str, ...]] | None = None,
) -> Draft:
    """Of a conversation with a model, as the model was given it, up to the answer `upto` if there is one."""
    if upto is not None:
        message_ts = Turn(upto, "assistant", "").message_ts
        turns = [turn for turn in turns if float(turn.message_ts) <= float(message_ts)]
    kept = [exchange for exchange in exchanges(turns) if exchange.answer]
    given = prompt(msgspec.structs.replace(conversation, system=None, completion=None), turns)
    before = tuple(dict.fromkeys(turn.user for turn in turns if turn.role == BACKGROUND and turn.user))
    laid_out: list[DraftTurn] = []
    for index, exchange in enumerate(kept):
        question, *answer = exchange.messages
        content = given[0].content if index == 0 and given else question.content
        asked = (exchange.question.user,) if exchange.question.user else ()
        users = tuple(dict.fromkeys((*before, *asked))) if index == 0 else asked
        name = exchange.question.name or ""
        laid_out.append(DraftTurn(exchange.question.ts, Role.USER, content, users, name))
        editors = tuple(dict.fromkeys(turn.edited_by for turn in exchange.answer if turn.edited_by))
        model = exchange.answer[0].model or conversation.model
        for number, message in enumerate(answer):
            said = as_json(message) if message.tool_calls or message.tool_call_id is not None else None
            id = f"{exchange.question.ts}.{number}"
            content = "" if said else message.content
            laid_out.append(DraftTurn(id, Role.ASSISTANT, content, editors, model, said))
    draft = _draft(laid_out, people=dict(people or {}))
    return msgspec.structs.replace(
        draft, system=conversation.system or "", tools=conversation.tools, model=conversation.model
    )


def _draft(turns: list[DraftTurn], people: dict[str, tuple[str, ...]]) -> Draft:
    """With what fits, the latest of it; answers that nobody asked for, and what follows the last answer, left out."""
    kept: list[DraftTurn] = []
    characters = 0
    for turn in reversed(turns):
        characters += len(turn.content)
        if len(kept) == MOST_TURNS or characters > MOST_CHARACTERS:
            break
        kept.append(turn)
    kept.reverse()
    first = next((index for index, turn in enumerate(kept) if turn.role is Role.USER), len(kept))
    last = max((index for index, turn in enumerate(kept) if turn.role is Role.ASSISTANT), default=-1)
    placed = tuple(
        turn if first <= index <= last else msgspec.structs.replace(turn, role=Role.LEFT_OUT)
        for index, turn in enumerate(kept)
    )
    return Draft(placed, left_out=len(turns) - len(kept), people=people)


def as_json(message: ChatMessage) -> dict[str, Any]:
    """A message with calls, or a result, as the protocol has it."""
    if message.tool_call_id is not None:
        return {"role": message.role, "content": message.content, "tool_call_id": message.tool_call_id}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    return {"role": message.role, **({"content": message.content} if message.content else {}), "tool_calls": calls}


def _texts(value: Any) -> Iterable[str]:
    """The texts of a message that may say something of people: arguments and results, not names of functions."""
    if isinstance(value.get("content"), str):
        yield value["content"]
    for call in value.get("tool_calls") or ():
        yield call["function"]["arguments"]


def _with_texts(message: dict[str, Any], texts: Iterable[str]) -> dict[str, Any]:
    following = iter(texts)
    changed = dict(message)
    if isinstance(message.get("content"), str):
        changed["content"] = next(following)
    if message.get("tool_calls"):
        changed["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": next(following)}} for call in message["tool_calls"]
        ]
    return changed
