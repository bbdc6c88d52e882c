"""What a feature brings: commands, buttons, modals and events, each with the listener that takes it.

A listener is a method of the feature's class, which names the use cases that the listeners need: the register of a
feature is a table that can be read without one, and `bind` joins the two when the program starts.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final

from slack_sdk.models.views import View

from handlers.turn import Turn

Listener = Callable[[Turn], Awaitable[None]]
# A listener, or a method of the class that the feature names.
Method = Callable[..., Awaitable[None]]

SECONDS_AT_ONCE: Final = 0.5
"""Where the work itself takes long, only what is refused or known at once is said in its modal."""


class Topic(StrEnum):
    """Under which heading `help` lists a command, in the order there."""

    TRAIN = "train"
    FOLLOW = "follow"
    CONTROL = "control"
    TALK = "talk"
    MANAGE = "manage"


@dataclass(frozen=True)
class Command:
    """A sub-command of `/finetune`. `run` gets a turn whose words are what follows the name. What `help` says of it
    stands in `texts.commands`, in a function of the same name.

    What is `final` cannot be undone, and is never suggested to somebody who typed something else.
    """

    name: str
    topic: Topic
    run: Method
    final: bool = False


@dataclass(frozen=True)
class Modal:
    """`check` reads what was filled in and gives a sentence for each field that is wrong, by block_id. What is refused
    or answered within `seconds` is said in the modal, unless `waiting` takes its place at once. `makes_files`: training
    files come of it, for which whoever names one waits.
    """

    submitted: Method
    check: Callable[[dict[str, Any]], dict[str, str]] | None = None
    seconds: float = 2.0
    waiting: Callable[[], View] | None = None
    makes_files: bool = False


@dataclass(frozen=True)
class Feature:
    """`listeners` is the class whose methods take what comes. `buttons` by action_id (menus and inputs are buttons to
    Slack, too), `modals` by callback_id, `events` by type. `options` are entries of a menu that several features share,
    by the menu's action_id and the word with which the entry's value begins; what follows that is the turn's words.
    `inputs`: action_ids of what Slack tells of at once and is read only when its modal is sent off: nothing takes them.
    """

    listeners: type[object] | None = None
    commands: tuple[Command, ...] = ()
    buttons: Mapping[str, Method] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    modals: Mapping[str, Modal] = field(default_factory=dict)
    events: Mapping[str, Method] = field(default_factory=dict)
    options: Mapping[tuple[str, str], Method] = field(default_factory=dict)


def bind(method: Method, listeners: object | None) -> Listener:
    return method if listeners is None else partial(method, listeners)
