"""What the bot understands."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, message, section
from handlers.blocks.text import bold, code, quoted
from texts import help as texts
from texts.commands import Description
from texts.formats import sentences

START: Final = "ask_start"
CHAT: Final = "ask_chat"
COMPARE: Final = "ask_compare"
EVALUATE: Final = "ask_evaluate"
JOBS: Final = "ask_jobs"
MODELS: Final = "ask_models"
DATASETS: Final = "ask_datasets"
SETTINGS: Final = "ask_settings"
OVERVIEW: Final = "ask_overview"
HELP: Final = "ask_help"
RUN: Final = "ask_command"
CHOOSE: Final = "ask_chosen"
ASKED: Final = (START, CHAT, COMPARE, EVALUATE, JOBS, MODELS, DATASETS, SETTINGS, OVERVIEW, HELP, RUN, CHOOSE)
"""Buttons and menus that stand for commands; each one's value is the command, of `RUN` and `CHOOSE` any of them."""


def help_message(topics: Sequence[tuple[str, Sequence[Description]]]) -> Message:
    """`topics`: each heading with its commands."""
    sections = [section("\n".join([bold(quoted(topic, 100)), *map(_line, commands)])) for topic, commands in topics]
    return message(texts.heading(), [section(_introduction()), *sections[:40], context(texts.in_threads())])


def _line(command: Description) -> str:
    return f"{_typed(command.usage)} {quoted(command.summary)}"


def command_help(name: str, command: Description) -> Message:
    """The page of one command: what it does, examples, and a button that does it now."""
    examples = "\n".join([texts.examples(), *map(_typed, command.examples)])
    text = quoted(f"/finetune {command.usage}", 150)
    ways_on = actions(
        button(texts.run_button(name), RUN, name, style="primary"), button(texts.all_commands_button(), HELP, "help")
    )
    return message(text, [section(f"{_line(command)}\n{command.details}"), section(examples), ways_on])


def near_miss(word: str, command: str, *, slash: bool) -> Message:
    """`command` is what was probably meant; `slash`: it was typed as a slash command, else said to the bot."""
    text = texts.did_you_mean(code(word, 60), code(f"/finetune {command}" if slash else command, 80))
    return message(text, [section(text)])


def what_there_is(word: str | None = None) -> Message:
    """For words that are no command; `word` is named where a command was typed."""
    lead = texts.unknown(code(word, 60)) if word else texts.commands_only()
    return message(lead, [section(f"{lead}\n{_introduction()}"), *_ways_on()])


def greeting() -> Message:
    """For whoever opens their direct messages with the bot for the first time."""
    return message(texts.greeting(), [section(sentences(texts.welcome(), _introduction())), *_ways_on()])


def _introduction() -> str:
    return f"{bold(texts.product())} {texts.introduction()}"


def _typed(command: str) -> str:
    return code(f"/finetune {command}", 150)


def _ways_on() -> list[Block]:
    buttons = actions(
        button(texts.what_is_running_button(), OVERVIEW, "overview"),
        button(texts.models_button(), MODELS, "models"),
        button(texts.all_commands_button(), HELP, "help"),
    )
    return [buttons, context(texts.where_models_answer())]
