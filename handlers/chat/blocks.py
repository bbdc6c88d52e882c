"""A conversation with a model, in a thread. What the model says is untrusted: it mentions nobody."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import UNSET

from bot.conversations.conversation import Conversation, Turn
from bot.conversations.settings import SettingsChange, parameters_of, words_of
from bot.spending.budget import Used
from bot.spending.model_use import UseSum
from handlers.blocks.message import Message
from handlers.blocks.model_name import id_button, named
from handlers.blocks.parts import VALUE, actions, button, context, line, message, section
from handlers.blocks.text import (
    bold,
    channel,
    clean,
    code,
    escape,
    file_names,
    link,
    person,
    quoted,
    redact,
    size,
)
from texts import chat as texts
from texts import conversation_settings as names
from texts import jobs
from texts.formats import dollars, first_of, full_day, labelled, listed, money, number, sentences, with_remark

SYSTEM: Final = "conversation_system"
PARAMETERS: Final = "conversation_parameters"
FUNCTIONS: Final = "conversation_functions"
MODEL: Final = "conversation_model"
CONTINUE: Final = "chat_continue"
ANEW: Final = "chat_anew"

# `<!channel>`, `<@U…>`, `<#C…>`; at the end of a piece the rest may follow in the next.
_MENTION: Final = re.compile(r"<(?=[!@#]|\Z)")


def conversation_shown(conversation: Conversation) -> Message:
    """Who answers in its thread, and how: what holds now, with buttons to change it."""
    model = named(conversation.model)
    if conversation.provider is not None:
        model = with_remark(model, quoted(conversation.provider, 40))
    text = texts.opened(person(conversation.owner), model)
    read = conversation.read_before
    lines = [text]
    if read is None:
        lines.append(texts.how_to_talk(bold(texts.reply_here())))
    elif read.messages:
        lines.append(texts.read_before(read.messages, read.left_out))
    if read is not None and read.why is not None:
        lines.append(texts.thread_unread(read.why, read.messages))
    if conversation.question and conversation.question.strip():
        lines.append(texts.starter(quoted(conversation.question, 300)))
    settings = _settings(conversation)
    buttons = [
        button(names.system_button(), SYSTEM, conversation.id),
        button(names.parameters_button(), PARAMETERS, conversation.id),
        button(names.functions_button(), FUNCTIONS, conversation.id) if conversation.completion is None else None,
        button(names.model_button(), MODEL, conversation.id),
        id_button(conversation.model),
    ]
    return message(
        text,
        [
            section("\n".join(lines)),
            *([context("\n".join(settings))] if settings else []),
            actions(*filter(None, buttons)),
        ],
    )


def _settings(conversation: Conversation) -> list[str]:
    """A line each; what the model and the provider are left to decide is left out."""
    told = {
        names.system_button(): quoted(conversation.system or "", 300),
        names.parameters_button(): parameter_words(words_of(parameters_of(conversation))),
        names.functions_button(): function_names(conversation.tools),
    }
    return [labelled(bold(label), value) for label, value in told.items() if value]


def functions_dropped(conversation: Conversation) -> Message:
    """For a file of functions without a word about it."""
    text = texts.functions_dropped(bold(names.functions_button()))
    return message(text, [section(text), actions(button(names.functions_button(), FUNCTIONS, conversation.id))])


def settings_changed(person_id: str, change: SettingsChange) -> Message:
    """For those who talk there."""
    who = person(person_id)
    lines = []
    if change.system is not UNSET:
        lines.append(
            texts.changed_system(who, quoted(change.system, 300)) if change.system else texts.removed_system(who)
        )
    if change.tools is not UNSET:
        names = function_names(change.tools)
        lines.append(texts.changed_functions(who, names) if names else texts.removed_functions(who))
    chosen = {name: value for name, value in change.parameters.items() if value not in (None, ())}
    if chosen:
        lines.append(texts.changed_parameters(who, parameter_words(words_of(chosen))))
    left = [code(name) for name in change.parameters if name not in chosen]
    if left:
        lines.append(texts.reset_parameters(who, listed(left)))
    return line("\n".join(lines))


def model_changed(person_id: str, model: str) -> Message:
    return line(texts.changed_model(person(person_id), named(model)))


def parameter_words(words: Mapping[str, str]) -> str:
    """As they are typed: `temperature=0.2`."""
    return " ".join(code(f"{name}={line}", 200) for name, value in words.items() for line in value.split("\n"))


def function_names(tools: Sequence[Mapping[str, Any]]) -> str:
    names = [str((tool.get("function") or {}).get("name")) for tool in tools]
    return first_of([code(name, 64) for name in names], 10) if names else ""


def conversation_elsewhere(model: str, permalink: str | None) -> Message:
    return line(texts.opened_there(named(model), link(permalink, texts.this_thread())))


def conversation_there(model: str, permalink: str | None, provider: str | None = None) -> Message:
    """`provider`: the one that was named for it."""
    again = f"{provider}/{model}" if provider else model
    text = texts.there_already(named(model), link(permalink, texts.this_thread()))
    anew = [actions(button(texts.new_conversation_button(), ANEW, again))] if size(again) <= VALUE else []
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


def beginning_deleted(model: str) -> Message:
    return line(texts.beginning_deleted(named(model)))


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


def model_gone(conversation: Conversation, since: date | None = None) -> Message:
    """The model was deleted while people talk to it, or shut down on the day `since`."""
    model = named(conversation.model)
    text = texts.retired(model, full_day(since)) if since else texts.gone(model)
    go_on = texts.go_on_with_another(bold(names.model_button()))
    choose = button(names.model_button(), MODEL, conversation.id)
    return message(text, [section(f"{text}\n{go_on}"), actions(choose)])
