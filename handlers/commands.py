"""`/finetune` and its sub-commands: which one is meant, and the help about them.

The same words work after a mention of the bot in a thread, where Slack takes no slash commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from slack_bolt.app.async_app import AsyncApp

from bot.access import Action
from bot.authority import Authority
from handlers.blocks import help as help_blocks
from handlers.bolt_listeners import BoltListeners
from handlers.callers import Callers
from handlers.register import FEATURES
from handlers.request import Request
from handlers.routing import Command, Topic, bind
from texts import commands as texts


@dataclass(frozen=True)
class Commands:
    """`listeners`: what was put together for each class that a feature names."""

    callers: Callers
    authority: Authority
    listeners: Mapping[type[object], object]

    def register(self, app: AsyncApp, bolt: BoltListeners) -> None:
        app.command("/finetune")(bolt.listener(self.typed))
        for action_id in help_blocks.ASKED:
            app.action(action_id)(bolt.listener(self.typed))

    async def typed(self, request: Request) -> None:
        """The slash command, or a button for one."""
        await self.authority.require(await self.callers.of(request), Action.USE)
        await self.run(request, request.text)

    async def run(self, request: Request, words: str) -> None:
        """Run the sub-command that `words` begin with, without words `overview`. Where there is none, say so."""
        name, _, rest = words.strip().partition(" ")
        is_typed = "command" in request.body
        command = find_command(name or "overview")
        if command is None and (is_typed or len(words.split()) <= _SPOKEN):
            command = _called(name)
        if command is not None:
            owner = _OWNERS.get(command.name)
            own = self.listeners[owner] if owner else self
            await bind(command.run, own)(replace(request, text=rest.strip()))
        elif (near := _near(name)) is not None:
            await request.answer(help_blocks.near_miss(name, near, slash=is_typed))
        else:
            await request.answer(help_blocks.what_there_is(name if is_typed else None))

    async def help(self, request: Request) -> None:
        """All commands, or the one that is named."""
        word = next(iter(request.text.split()), "").strip("`").removeprefix("/")
        command = find_command(word) or _called(word)
        if command is not None:
            await request.answer(help_blocks.command_help(command.name, texts.described(command.name)))
            return
        topics = [
            (texts.topic(topic), [texts.described(command.name) for command in COMMANDS if command.topic is topic])
            for topic in Topic
        ]
        await request.answer(help_blocks.help_message(topics))


def find_command(word: str) -> Command[Any] | None:
    return next((command for command in COMMANDS if command.name == word.lower()), None)


def is_command_like(words: str) -> bool:
    """Whether it begins with a command, or with what was probably meant as one; a synonym of one begins many a question
    to a model, so it has to stand alone."""
    word, _, rest = words.strip().partition(" ")
    return find_command(word) is not None or _near(word) is not None or (not rest and _called(word) is not None)


COMMANDS: Final[tuple[Command[Any], ...]] = tuple(
    sorted(
        (
            *(command for feature in FEATURES for command in feature.commands),
            Command("help", Topic.MANAGE, Commands.help, opens=help_blocks.HELP, synonyms=("帮助",)),
        ),
        key=lambda command: list(Topic).index(command.topic),
    )
)
# Of what is said to the bot. "train FILE" is a command, "train a model please" is none.
_SPOKEN: Final = 2
_OWNERS: Final = {command.name: feature.listeners for feature in FEATURES for command in feature.commands}


def _called(word: str) -> Command[Any] | None:
    """The command that has such a synonym."""
    return next((command for command in COMMANDS if word.lower() in command.synonyms), None)


def _near(word: str) -> str | None:
    """The command that was probably mistyped. 0.7 and the same first letter take "modles", "stats" and "jbos" for what
    they were meant to be, and not "what" for chat, nor "hello" for help.
    """
    candidates = [command.name for command in COMMANDS if not command.final and command.name[0] == word[:1].lower()]
    return next(iter(get_close_matches(word.lower(), candidates, n=1, cutoff=0.7)), None)
