"""`/finetune` and its sub-commands, one file each. This page is their table of contents.

The same words work after a mention of the bot in a thread, where Slack takes no slash commands.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain
from typing import Final

from slack_bolt.app.async_app import AsyncApp

from handlers.blocks import help as help_blocks
from handlers.commands import (
    audit,
    budget,
    chat,
    delete,
    files,
    follow,
    history,
    jobs,
    models,
    notify,
    start,
    status,
    steer,
)
from handlers.inbox import Inbox
from handlers.turn import Turn


@dataclass(frozen=True)
class Command:
    """`usage` is how it is written after `/finetune`; `run` gets a turn whose words are what follows the name."""

    name: str
    usage: str
    description: str
    run: Callable[[Turn], Awaitable[None]]


async def show_help(turn: Turn) -> None:
    topics = [(topic, [(command.usage, command.description) for command in group]) for topic, group in TOPICS.items()]
    await turn.answer(help_blocks.help_message(topics))


TOPICS: Final = {
    "Train": (
        Command(
            "start",
            "start [FILE] [model=… epochs=… batch=… lr=… …]",
            "Train a model on a file you dropped here; with settings, after a question",
            start.run,
        ),
        Command("files", "files", "List the provider's files, and delete those that no job uses", files.run),
    ),
    "Follow": (
        Command("jobs", "jobs", "List the latest jobs", jobs.run),
        Command("status", "status [JOB]", "Say where a job stands", status.run),
        Command("events", "events JOB [page=2]", "Show all that the provider told about a job", history.events),
        Command("explain", "explain JOB [page=2]", "Show what led to what in a job", history.explain),
        Command("follow", "follow PROVIDER-JOB", "Follow a job that was started elsewhere", follow.run),
        Command("notify", "notify here | off | #channel", "Tell a channel how all public jobs end", notify.run),
    ),
    "Steer": (
        Command("pause", "pause JOB [confirm=yes]", "Stop a job for a while", steer.pause),
        Command("resume", "resume JOB [confirm=yes]", "Let a paused job go on", steer.resume),
        Command("cancel", "cancel JOB [confirm=yes]", "Stop a job for good", steer.cancel),
    ),
    "Talk": (
        Command("models", "models", "List base models and fine-tuned ones", models.run),
        Command("chat", "chat [MODEL]", "Open a thread that talks to a model", chat.run),
        Command("delete", "delete MODEL | FILE", "Delete a fine-tuned model, or a training file", delete.run),
    ),
    "Look after": (
        Command("budget", "budget [set … | approval …]", "Show what this month has cost, and may cost", budget.run),
        Command("audit", "audit [page=2 | csv]", "Show who did what, to administrators", audit.run),
        Command("help", "help", "Show this list", show_help),
    ),
}
COMMANDS: Final = tuple(chain.from_iterable(TOPICS.values()))


def register(app: AsyncApp, inbox: Inbox) -> None:
    app.command("/finetune")(inbox.listener(finetune))


async def finetune(turn: Turn) -> None:
    await turn.actor()
    await run_words(turn, turn.words)


def find_command(word: str) -> Command | None:
    return next((command for command in COMMANDS if command.name == word.lower()), None)


async def run_words(turn: Turn, words: str) -> None:
    """Run the sub-command that `words` begin with; an unknown one gets the nearest as a suggestion."""
    name, _, rest = words.strip().partition(" ")
    command = find_command(name or "help")
    if command is None:
        near = get_close_matches(name.lower(), [each.name for each in COMMANDS], n=1, cutoff=0.5)
        await turn.answer(help_blocks.unknown_command(name, near[0] if near else None))
        return
    await command.run(replace(turn, words=rest.strip()))
