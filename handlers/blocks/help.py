"""What the bot understands."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, message, section
from handlers.blocks.text import code, quoted

_INTRODUCTION = (
    "*Finetune Bot trains language models with your team.* Drop a training file (JSONL, or a table such as CSV or "
    "XLSX) into a channel that I am in, or into your direct messages with me. I check it, say what training would "
    "cost, and start when you press the button."
)
_IN_THREADS = "Slack has no slash commands inside threads: there, mention me and use the same words, such as `status`."


def help_message(topics: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> Message:
    """`topics`: each heading with its commands: how each is written after `/finetune`, and what it does. Plain text."""
    sections = [
        section("\n".join([f"*{quoted(topic, 100)}*", *(_line(usage, description) for usage, description in commands)]))
        for topic, commands in topics
    ]
    return message("What Finetune Bot can do", [section(_INTRODUCTION), *sections[:40], context(_IN_THREADS)])


def _line(usage: str, description: str) -> str:
    return f"{code(f'/finetune {usage}', 150)} {quoted(description, 300)}"


def command_help(usage: str, description: str, details: str, examples: Sequence[str]) -> Message:
    """About one command. Plain text, but for `details`, which is mrkdwn."""
    written = [code(f"/finetune {usage}", 150), f"{quoted(description, 300)}. {details}"]
    shown = "\n".join(code(f"/finetune {example}", 150) for example in examples)
    return message(quoted(f"/finetune {usage}", 150), [section("\n".join(written)), section(f"For example:\n{shown}")])


def near_miss(word: str, command: str, *, slash: bool) -> Message:
    """`command` is what was probably meant; `slash`: it was typed as a slash command, else said to the bot."""
    text = f"I do not know {code(word, 60)}. Did you mean {code(f'/finetune {command}' if slash else command, 80)}?"
    return message(text, [section(text)])


def what_there_is(word: str | None = None) -> Message:
    """For words that are no command; `word` is named where a command was typed."""
    lead = f"I do not know {code(word, 60)}." if word else "I understand commands only; questions are for models."
    return message(lead, [section(f"{lead}\n{_INTRODUCTION}"), *_ways_on()])


def greeting() -> Message:
    """For whoever opens their direct messages with the bot for the first time."""
    return message("Welcome! This is what I can do.", [section(f"Welcome! {_INTRODUCTION}"), *_ways_on()])


def _ways_on() -> list[Block]:
    return [
        actions(*(button(text, action_id, words) for action_id, (text, words) in ASKED.items())),
        context("Models answer in threads of their own. `/finetune help` lists all that I understand."),
    ]


# Buttons that stand for commands: what they say, and the command.
ASKED: Final = {
    "ask_jobs": ("What is running?", "jobs"),
    "ask_models": ("Models to talk to", "models"),
    "ask_help": ("All commands", "help"),
}
