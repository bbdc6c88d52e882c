"""A conversation with a model, in a thread. What the model says is untrusted: it mentions nobody."""

import re
from typing import Final

from bot.models.conversation import BROKEN
from bot.providers.interface import REFUSAL
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import actions, button, message, section
from handlers.blocks.text import clean, person, quoted, redact, size
from texts.formats import number, rough_duration

# One section holds 3,000 characters and a message about 10,000 in all. The text of a message travels beside its
# blocks, shortened, so it does not count here.
_IN_SECTION: Final = 2_900
_IN_MESSAGE: Final = 8_000
# `<!channel>`, `<@U…>`, `<#C…>`; at the end of a piece the rest may follow in the next.
_MENTION: Final = re.compile(r"<(?=[!@#]|\Z)")


def conversation_opened(model: str, person_id: str, first_question: str | None = None) -> Message:
    """`first_question`: one that the model was trained on, as a start."""
    text = f"{person(person_id)} This thread talks to {named(model)}."
    lines = [text, "*Reply in this thread*, and it answers; it knows what was said in this thread before."]
    if first_question and first_question.strip():
        lines.append(f"A start could be: “{quoted(first_question, 300)}”")
    with_id = id_button(model)
    return message(text, [section("\n".join(lines)), *([actions(with_id)] if with_id else [])])


def end_note(finish_reason: str | None) -> str:
    """What stands below an answer that ended for this reason; "" where there is nothing to say."""
    return _NOTES.get(finish_reason or "", "")


def cut_off(finish_reason: str, rest: str) -> Message:
    """Below an answer that ends in the middle, for one of the reasons in CUT_OFF. `rest` names what comes next."""
    text = CUT_OFF[finish_reason]
    return message(text, [section(text), actions(button("Continue", "chat_continue", rest))])


def went_on() -> Message:
    text = "The model has gone on with this answer already; it stands further below."
    return message(text, [section(text)])


def nothing_said(finish_reason: str | None) -> Message:
    """Instead of an answer, where the model gave none."""
    text = _NOTHING_SAID.get(finish_reason or "", "The model had nothing to say.")
    return message(text, [section(text)])


CUT_OFF: Final = {
    "length": "The answer ends here because it reached the length that the model may write at once.",
    BROKEN: "The answer was cut off here: the connection to the model broke.",
}
_FILTERED: Final = "The provider's content filter"
_CALLED: Final = "The model called a function. Nothing here can carry it out, so it said no more."
_NOTES: Final = {
    "content_filter": f"{_FILTERED} ended the answer here.",
    REFUSAL: "The model refused to answer.",
    "tool_calls": _CALLED,
    "function_call": _CALLED,
}
_NOTHING_SAID: Final = {
    "length": "The model used up the length that it may write at once before it said anything. Ask for less at a time.",
    "content_filter": f"{_FILTERED} withheld the answer. Ask in other words.",
    "tool_calls": _CALLED,
    "function_call": _CALLED,
}


def answer_moved(channel_id: str) -> Message:
    """What stands above an answer that could not be shown in its thread."""
    text = f"I can no longer write in the thread in <#{channel_id}>, so the model's answer comes here."
    return message(text, [section(text)])


def stream_text(text: str) -> str:
    """Words of a model's answer for `markdown_text`, where Slack makes mentions of what looks like one, too.

    A mention is broken with a mark that nobody sees. Escaping would show as `&lt;` in code, which a model
    writes often: in Markdown, entities mean nothing there.
    """
    return _MENTION.sub("<\u200b", clean(redact(text)))


def model_warming(model: str, seconds: float | None = None) -> Message:
    """The model exists and is being loaded; the bot tries again by itself."""
    when = f" That takes about {rough_duration(seconds)}." if seconds is not None else ""
    text = f"{named(model)} is still warming up.{when} I ask it again by myself; there is nothing to do."
    return message(text, [section(text)])


def message_too_long(model: str, tokens: int | None = None, limit: int | None = None) -> Message:
    """The message, with the thread before it, does not fit into what the model can read."""
    figures = ""
    if tokens is not None and limit is not None:
        figures = f" It holds {number(tokens)} tokens, and the model reads {number(limit)} at most."
    text = f"That is too long for {named(model)}, together with what was said before.{figures}"
    return message(
        text,
        [section(f"{text}\nSend a shorter message, or press *Chat* on the model's card, then *New conversation*.")],
    )


def model_gone(model: str) -> Message:
    """The model was deleted or shut down while people talk to it."""
    text = f"{named(model)} no longer exists at the provider, so nobody can answer here."
    return message(text, [section(f"{text}\n`/finetune models` lists the models that do.")])


def pieces(text: str, limit: int) -> list[str]:
    """`text` cut at line breaks, else at spaces, else anywhere but inside an entity; no piece is empty."""
    pieces = []
    while size(text) > limit:
        end = _place_to_cut(text, limit)
        pieces.append(text[:end].rstrip() or text[:end])
        text = text[end:].lstrip("\n")
    return [*pieces, text] if text.strip() else pieces


def _place_to_cut(text: str, limit: int) -> int:
    end = limit // 2 if size(text[:limit]) > limit else limit
    for mark in ("\n\n", "\n", " "):
        found = text.rfind(mark, end // 2, end)
        if found > 0:
            return found + len(mark)
    entity = re.search(r"&[a-z]{0,3}$", text[:end])
    return entity.start() if entity else end
