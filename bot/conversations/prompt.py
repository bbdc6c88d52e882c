"""What a model is given of a conversation."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from bot.conversations.conversation import BACKGROUND, Conversation, Turn
from bot.providers.chat import ChatMessage

NO_RESULT: Final = "No result: the function was not run."
"""What a model is told of a call whose result nobody gave: after a call the protocol wants a result."""


BEFORE: Final = "What people wrote in this thread before, as background:"
NOW: Final = "Now you are asked:"


class Exchange(msgspec.Struct, frozen=True):
    """A question, and what was answered: the assistant's turns, each with what the functions gave that it called.

    Of several answers to one question it has the latest.
    """

    question: Turn
    answer: tuple[Turn, ...] = ()

    @property
    def messages(self) -> list[ChatMessage]:
        given = {(turn.ts, turn.tool_call_id): turn.content for turn in self.answer if turn.role == "tool"}
        messages = [_message(self.question)]
        for turn in self.answer:
            if turn.role != "assistant":
                continue
            if messages[-1].role == "assistant":
                messages[-1] = msgspec.structs.replace(
                    messages[-1], content=messages[-1].content + turn.content, tool_calls=turn.tool_calls
                )
            else:
                messages.append(ChatMessage("assistant", turn.content, tool_calls=turn.tool_calls))
            messages += [
                ChatMessage("tool", given.get((turn.ts, call.id), NO_RESULT), tool_call_id=call.id)
                for call in turn.tool_calls
            ]
        return messages


def exchanges(turns: Iterable[Turn]) -> list[Exchange]:
    """What was asked and answered, in the order of the questions. Deleted questions are left out with their answers.

    So are those that were never answered (the model failed, or was gone), except the last: most chat templates refuse
    two messages of one role in a row.
    """
    questions: dict[str, Turn] = {}
    answers: dict[str, dict[str, list[Turn]]] = {}
    for turn in turns:
        if turn.role == "user":
            questions[turn.ts] = turn
        elif turn.role in ("assistant", "tool") and not turn.deleted_at:
            answers.setdefault(turn.message_ts, {}).setdefault(turn.ts.partition("+")[0], []).append(turn)
    found = []
    for ts, question in sorted(questions.items(), key=lambda asked: float(asked[1].message_ts)):
        if not question.deleted_at:
            whole = [parts for parts in answers.get(ts, {}).values() if any(part.role == "assistant" for part in parts)]
            found.append(Exchange(question, tuple(whole[-1]) if whole else ()))
    return [exchange for exchange in found[:-1] if exchange.answer] + found[-1:]


def up_to(turns: Iterable[Turn], asked_ts: str) -> list[Turn]:
    """The turns to which `asked_ts` is the answer: what was said before the question, the question, and what this
    answer goes on with."""
    message_ts, answer = Turn(asked_ts, "assistant", "").message_ts, asked_ts.partition("+")[0]

    def is_before(turn: Turn) -> bool:
        if float(turn.message_ts) != float(message_ts) or turn.role in ("user", BACKGROUND):
            return float(turn.message_ts) <= float(message_ts)
        return turn.ts.partition("+")[0] == answer and _number(turn.ts) < _number(asked_ts)

    return [turn for turn in turns if is_before(turn)]


def next_part(asked_ts: str) -> str:
    """The ts with which an answer goes on."""
    return f"{asked_ts.partition('+')[0]}+{_number(asked_ts) + 1}"


def another_answer(asked_ts: str) -> str:
    """The ts of the answer that may take the place of this one."""
    answer, _, number = asked_ts.partition("+")[0].partition("~")
    return f"{answer}~{int(number or 0) + 1}"


def parts_of(turns: Iterable[Turn], asked_ts: str) -> list[Turn]:
    """The parts of one answer: the turns with which it went on after it had been cut off. A call ends it."""
    parts: list[Turn] = []
    for turn in turns:
        if turn.role != "assistant" or turn.ts.partition("+")[0] != asked_ts.partition("+")[0]:
            continue
        if parts and parts[-1].tool_calls:
            if _number(parts[-1].ts) >= _number(asked_ts):
                break
            parts = []
        parts.append(turn)
    return parts


def prompt(conversation: Conversation, turns: Sequence[Turn], most: int | None = None) -> list[ChatMessage]:
    """The system message, what had been said before the conversation, and the latest `most` exchanges; for a completion
    model, which is asked one question at a time, the last exchange alone."""
    kept = exchanges(turns)
    if conversation.completion is not None:
        kept, turns = kept[-1:], ()
    dropped = 0 if most is None else max(len(kept) - most, 0)
    messages = [message for exchange in kept[dropped:] for message in exchange.messages]
    background = _background(turns)
    if background and messages and not dropped:
        first = messages[0]
        messages[0] = msgspec.structs.replace(first, content=f"{background}\n\n{first.content}")
    return [ChatMessage("system", conversation.system), *messages] if conversation.system else messages


def _background(turns: Iterable[Turn]) -> str:
    said = [turn for turn in turns if turn.role == BACKGROUND and not turn.deleted_at]
    lines = [
        f"{turn.name or turn.user}: {turn.content}" for turn in sorted(said, key=lambda turn: float(turn.message_ts))
    ]
    return "\n".join([BEFORE, "", *lines, "", NOW]) if lines else ""


def _message(question: Turn) -> ChatMessage:
    texts = [f"{file.name}:\n{file.text}" for file in question.attachments if file.text is not None]
    images = tuple(file.image for file in question.attachments if file.image is not None)
    return ChatMessage("user", "\n\n".join(filter(None, [*texts, question.content])), images=images)


def _number(ts: str) -> int:
    return int(ts.partition("+")[2] or 0)
