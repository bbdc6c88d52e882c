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
from handlers.blocks.start_form import FIELDS
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
    """`usage` is how it is written after `/finetune`; `run` gets a turn whose words are what follows the name.

    `details` (one or two sentences) and `examples` are shown by `help NAME`. What is `final` cannot be undone, and is
    never suggested to somebody who typed something else.
    """

    name: str
    usage: str
    description: str
    run: Callable[[Turn], Awaitable[None]]
    details: str
    examples: tuple[str, ...]
    final: bool = False


async def show_help(turn: Turn) -> None:
    """All commands, or the one that is named."""
    word = next(iter(turn.words.split()), "").strip("`").removeprefix("/")
    command = find_command(word) if word else None
    if command is not None:
        await turn.answer(
            help_blocks.command_help(command.usage, command.description, command.details, command.examples)
        )
        return
    topics = [(topic, [(command.usage, command.description) for command in group]) for topic, group in TOPICS.items()]
    await turn.answer(help_blocks.help_message(topics))


TOPICS: Final = {
    "Train": (
        Command(
            "start",
            "start [FILE] [model=… epochs=… batch=… lr=… …]",
            "Train a model on a file you dropped here; with settings, after a question",
            start.run,
            "Without a file it takes the one of the thread, or the one dropped last in this channel. Without settings "
            f"a window opens. Settings: {', '.join(FIELDS)}. A validation file that was dropped with it, or split off "
            "it, is taken too; `validation=none` leaves it out. `confirm=yes` leaves the question out.",
            ("start", "start support.jsonl", "start support.jsonl epochs=3 lr=0.5 name=support"),
        ),
        Command(
            "files",
            "files",
            "List the provider's files, and delete those that no job uses",
            files.run,
            "Each file has a button that deletes it at the provider. Our own copies stay.",
            ("files",),
        ),
    ),
    "Follow": (
        Command(
            "jobs",
            "jobs",
            "List the latest jobs",
            jobs.run,
            "Those that you may see, with a link to each job's card.",
            ("jobs",),
        ),
        Command(
            "status",
            "status [JOB]",
            "Say where a job stands",
            status.run,
            "Without a job it is the latest of this channel, or of the thread.",
            ("status", "status job-1a2b3c"),
        ),
        Command(
            "events",
            "events JOB [page=2]",
            "Show all that the provider told about a job",
            history.events,
            "In pages, which the buttons below turn.",
            ("events job-1a2b3c", "events job-1a2b3c page=2"),
        ),
        Command(
            "explain",
            "explain JOB [page=2]",
            "Show what led to what in a job",
            history.explain,
            "Who asked for it, what the provider told, what people were told and when.",
            ("explain job-1a2b3c",),
        ),
        Command(
            "follow",
            "follow PROVIDER-JOB",
            "Follow a job that was started elsewhere",
            follow.run,
            "It takes the provider's own id of the job, which gets a card here like any other.",
            ("follow ftjob-abc123",),
        ),
        Command(
            "notify",
            "notify here | off | #channel",
            "Tell a channel how all public jobs end",
            notify.run,
            "It holds until it is switched off again.",
            ("notify here", "notify #ml-news", "notify off"),
        ),
    ),
    "Steer": (
        Command(
            "pause",
            "pause JOB [confirm=yes]",
            "Stop a job for a while",
            steer.pause,
            "It goes on with `resume`. Not every provider can pause.",
            ("pause job-1a2b3c",),
        ),
        Command(
            "resume",
            "resume JOB [confirm=yes]",
            "Let a paused job go on",
            steer.resume,
            "It goes on where it was paused.",
            ("resume job-1a2b3c",),
        ),
        Command(
            "cancel",
            "cancel JOB [confirm=yes]",
            "Stop a job for good",
            steer.cancel,
            "Only the person who started it, or an administrator, may. It cannot be gone on with.",
            ("cancel job-1a2b3c",),
            final=True,
        ),
    ),
    "Talk": (
        Command(
            "models",
            "models",
            "List base models and fine-tuned ones",
            models.run,
            "Each fine-tuned model has a button that opens a thread to talk to it.",
            ("models",),
        ),
        Command(
            "chat",
            "chat [MODEL]",
            "Open a thread that talks to a model",
            chat.run,
            "The model is named by its id, its short name or its job. Reply in the thread, and it answers.",
            ("chat", "chat support", "chat job-1a2b3c"),
        ),
        Command(
            "delete",
            "delete MODEL | FILE",
            "Delete a fine-tuned model, or a training file",
            delete.run,
            "You are asked before anything is deleted. Of a file, our copy and the provider's go.",
            ("delete support.jsonl",),
            final=True,
        ),
    ),
    "Look after": (
        Command(
            "budget",
            "budget [set … | approval …]",
            "Show what this month has cost, and may cost",
            budget.run,
            "Administrators set what a person, a channel or all may spend in a month, and from which price on somebody "
            "has to approve a job.",
            ("budget", "budget set @ana 20", "budget set workspace 200", "budget approval 10"),
        ),
        Command(
            "audit",
            "audit [page=2 | csv]",
            "Show who did what, to administrators",
            audit.run,
            "`csv` gives all of it as a file.",
            ("audit", "audit page=2", "audit csv"),
        ),
        Command(
            "help",
            "help [COMMAND]",
            "Show this list, or one command's examples",
            show_help,
            "The same words work in direct messages, and after a mention of the bot.",
            ("help", "help start"),
        ),
    ),
}
COMMANDS: Final = tuple(chain.from_iterable(TOPICS.values()))


def register(app: AsyncApp, inbox: Inbox) -> None:
    app.command("/finetune")(inbox.listener(finetune))
    for action_id in help_blocks.ASKED:
        app.action(action_id)(inbox.listener(asked))


async def finetune(turn: Turn) -> None:
    await turn.actor()
    await run_words(turn, turn.words)


def find_command(word: str) -> Command | None:
    return next((command for command in COMMANDS if command.name == word.lower()), None)


async def run_words(turn: Turn, words: str) -> None:
    """Run the sub-command that `words` begin with; who means something else is told what there is."""
    name, _, rest = words.strip().partition(" ")
    command = find_command(name or "help")
    if command is not None:
        await command.run(replace(turn, words=rest.strip()))
    elif (near := _near(name)) is not None:
        await turn.answer(help_blocks.near_miss(name, near, slash="command" in turn.body))
    else:
        await turn.answer(help_blocks.what_there_is(name if "command" in turn.body else None))


async def asked(turn: Turn) -> None:
    """A button that stands for a command."""
    await turn.actor()
    await run_words(turn, turn.words)


def _near(word: str) -> str | None:
    """The command that was probably mistyped. 0.7 and the same first letter take "modles", "stats" and "jbos" for what
    they were meant to be, and not "what" for chat, nor "hello" for help.
    """
    candidates = [command.name for command in COMMANDS if not command.final and command.name[0] == word[:1].lower()]
    return next(iter(get_close_matches(word.lower(), candidates, n=1, cutoff=0.7)), None)
