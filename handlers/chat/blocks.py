"""A conversation with a model, in a thread. What the model says is untrusted: it mentions nobody."""

import re
from collections.abc import Sequence
from typing import Final

from bot.conversations.background import Background
from bot.conversations.conversation import Turn
from bot.spending.budget import Used
from bot.spending.model_use import UseSum
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import VALUE, actions, button, line, message, section
from handlers.blocks.text import bold, channel, clean, escape, file_names, link, person, quoted, redact, size
from texts import chat as texts
from texts import jobs
from texts.formats import dollars, money, number, sentences

CONTINUE: Final = "chat_continue"
ANEW: Final = "chat_anew"

# `<!channel>`, `<@U…>`, `<#C…>`; at the end of a piece the rest may follow in the next.
_MENTION: Final = re.compile(r"<(?=[!@#]|\Z)")


def conversation_opened(model: str, person_id: str, first_question: str | None = None) -> Message:
    """`first_question`: one that the model was trained on, as a start."""
    text = texts.opened(person(person_id), named(model))
    lines = [text, texts.how_to_talk(bold(texts.reply_here()))]
    if first_question and first_question.strip():
        lines.append(texts.starter(quoted(first_question, 300)))
    with_id = id_button(model)
    return message(text, [section("\n".join(lines)), *([actions(with_id)] if with_id else [])])


def conversation_joined(model: str, person_id: str, background: Background) -> Message:
    """For a model that was called into a running thread."""
    text = texts.opened(person(person_id), named(model))
    read = len(background.turns)
    lines = [text, texts.read_before(read, background.left_out)] if read else [text]
    if background.why is not None:
        lines.append(texts.thread_unread(background.why, read))
    with_id = id_button(model)
    return message(text, [section("\n".join(lines)), *([actions(with_id)] if with_id else [])])


def conversation_elsewhere(model: str, permalink: str | None) -> Message:
    return line(texts.opened_there(named(model), link(permalink, texts.this_thread())))


def conversation_there(model: str, permalink: str | None) -> Message:
    text = texts.there_already(named(model), link(permalink, texts.this_thread()))
    anew = [actions(button(texts.new_conversation_button(), ANEW, model))] if size(model) <= VALUE else []
    return message(text, [section(text), *anew])


def ask_in_thread(model: str, permalink: str | None) -> Message:
    return line(texts.ask_in_thread(named(model), link(permalink, texts.its_thread())))


def files_left_out(files: Sequence[tuple[str, str]]) -> Message:
    """For files that a model cannot be given: their names, and why not."""
    lines = [texts.file_left_out(file_names([name]), escape(redact(why))) for name, why in files]
    return message(lines[0], [section("\n".join(lines))])


def cut_off(finish_reason: str | None, rest: str) -> Message:
    """Below an answer that ends in the middle. `rest` names what comes next."""
    text = texts.cut_off(finish_reason)
    return message(text, [section(text), actions(button(texts.continue_button(), CONTINUE, rest))])


def went_on() -> Message:
    return line(texts.went_on())


def nothing_said(finish_reason: str | None) -> Message:
    """Instead of an answer, where the model gave none."""
    return line(texts.nothing_said(finish_reason))


def answer_moved(channel_id: str) -> Message:
    """The line above an answer that could not be shown in its thread."""
    return line(texts.moved(channel(channel_id)))


def stream_text(text: str) -> str:
    """Words of a model's answer for `markdown_text`, where Slack makes mentions of what looks like one, too.

    A mention is broken with a mark that nobody sees. Escaping would show as `&lt;` in code, which a model
    writes often: in Markdown, entities mean nothing there.
    """
    return _MENTION.sub("<\u200b", clean(redact(text)))


def model_warming(model: str) -> Message:
    """The model exists and is being loaded; the bot tries again by itself."""
    return line(texts.warming(named(model)))


def message_too_long(model: str) -> Message:
    """The message, with the thread before it, does not fit into what the model can read."""
    text = texts.too_long(named(model))
    buttons = bold(jobs.chat_button()), bold(texts.new_conversation_button())
    return message(text, [section(f"{text}\n{texts.send_less(*buttons)}")])


def beginning_left_out(model: str) -> Message:
    return line(texts.beginning_left_out(named(model)))


def cost(model: str, answer: Turn, used: UseSum, month: Used) -> Message:
    """Tokens and cost of one answer, of all in its conversation, and of all in the workspace this month."""
    if answer.usage is None:
        said = texts.usage_unknown(named(model))
    else:
        read, written = number(answer.usage.prompt_tokens), number(answer.usage.completion_tokens)
        said = texts.usage_of_answer(named(model), read, written, money(answer.cost_usd))
    total = money(used.usd if used.unknown < used.answers else None)
    tokens = number(used.prompt_tokens + used.completion_tokens)
    if answer.first_token is not None:
        said = sentences(said, texts.first_token(answer.first_token))
    of_month = texts.usage_of_month(dollars(month.usd), month.unknown)
    return line("\n".join([said, texts.usage_of_conversation(used.answers, tokens, total), of_month]))


def model_gone(model: str) -> Message:
    """The model was deleted or shut down while people talk to it."""
    text = texts.gone(named(model))
    return message(text, [section(f"{text}\n{texts.which_models()}")])
