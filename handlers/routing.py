"""What a feature brings: commands, buttons, modals and events, each with the listener that takes it.

A listener is a method of the feature's class, which names the use cases that the listeners need: the register of a
feature is a table that can be read without one, and `bind` joins the two when the program starts.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final, Generic, TypeVar

from slack_sdk.models.blocks import Option
from slack_sdk.models.views import View

from handlers.blocks.help import RUN
from handlers.request import Request

L = TypeVar("L")
Listener = Callable[[Request], Awaitable[None]]
Method = Callable[[L, Request], Awaitable[None]]
Search = Callable[[L, Request], Awaitable[Sequence[Option]]]

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
class Command(Generic[L]):
    """A sub-command of `/finetune`. `run` gets a request whose text is what follows the name. Its help
    is a function of the same name in `texts.commands`.

    What is `final` cannot be undone: it is asked about before it is done, and never suggested to somebody who typed
    something else. `opens`: the action_id of a button, the callback_id of a modal or the word of a menu's entry that
    does the same where the thing itself stands; by default the button on the command's page of help. `synonyms`: what
    people type for it who do not know its name.
    """

    name: str
    topic: Topic
    run: Method[L]
    final: bool = False
    opens: str = RUN
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Modal(Generic[L]):
    """`check` reads what was filled in and gives a sentence for each field that is wrong, by block_id. What is refused
    or answered within `seconds` is said in the modal, unless `waiting` takes its place at once. `makes_files`: training
    files come of it, for which whoever names one waits.
    """

    submitted: Method[L]
    check: Callable[[dict[str, Any]], dict[str, str]] | None = None
    seconds: float = 2.0
    waiting: Callable[[], View] | None = None
    makes_files: bool = False


@dataclass(frozen=True)
class Feature(Generic[L]):
    """`listeners` is the class whose methods are the listeners. `buttons` by action_id (menus and inputs are buttons to
    Slack, too), `modals`, `shortcuts` and `steps` of workflows by callback_id, `events` by type. `options` are entries
    of a menu that several features share, by the menu's action_id and the word with which the entry's value begins;
    what follows that is the request's words. `searches` give the options of a menu, a button by the same action_id, for
    what was typed, which is the request's text. `inputs`: action_ids that Slack sends at once and that are read only
    when their modal is submitted: they have no listener.
    """

    listeners: type[L]
    commands: tuple[Command[L], ...] = ()
    buttons: Mapping[str, Method[L]] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    modals: Mapping[str, Modal[L]] = field(default_factory=dict)
    shortcuts: Mapping[str, Method[L]] = field(default_factory=dict)
    events: Mapping[str, Method[L]] = field(default_factory=dict)
    searches: Mapping[str, Search[L]] = field(default_factory=dict)
    options: Mapping[tuple[str, str], Method[L]] = field(default_factory=dict)
    steps: Mapping[str, Method[L]] = field(default_factory=dict)


def bind(method: Method[L], listeners: L) -> Listener:
    return partial(method, listeners)
