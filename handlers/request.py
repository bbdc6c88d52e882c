"""A request: what somebody did in Slack, where, with which text, and how to answer there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.access import Actor, Caller, Place
from handlers.blocks.message import Message
from handlers.turns import Turn


@dataclass(frozen=True)
class Request:
    """`key` is the inbox's; what is derived from it is the same when the work is done again after a crash
    (`is_retry`). `text` is what was typed, without the command itself. `answer` speaks where the person looks; `alone`:
    only they see that. `replace_message` puts an answer in place of the message whose button was pressed. `turn`: among
    what was said in the same thread.
    """

    key: str
    is_retry: bool
    received_at: float
    user: str
    channel: str
    thread_ts: str | None
    trigger_id: str | None
    text: str
    body: dict[str, Any]
    answer: Callable[[Message], Awaitable[None]]
    replace_message: Callable[[Message], Awaitable[None]]
    alone: bool
    turn: Turn = field(default_factory=Turn)

    @property
    def answers_in(self) -> Place:
        """Where answers and modals are seen."""
        return Place(self.channel, alone=self.alone)

    @property
    def posts_in(self) -> Place:
        """Where what this request posts is seen, such as a job's card or a conversation."""
        return Place(self.channel, alone=is_direct(self.channel))

    def as_caller(self, actor: Actor, team: str) -> Caller:
        """Who asks, for a use case."""
        return Caller(
            actor=actor,
            team=team,
            channel=self.channel,
            answers_in=self.answers_in,
            posts_in=self.posts_in,
            key=self.key,
            at=self.received_at,
            is_retry=self.is_retry,
        )

    @property
    def in_place(self) -> "Request":
        """This request with answers that replace the message whose button was pressed, for all who see it."""

        seen_alone = bool((self.body.get("container") or {}).get("is_ephemeral")) or is_direct(self.channel)
        return replace(self, answer=self.replace_message, alone=seen_alone)


def is_direct(channel: str) -> bool:
    """Whether it is a person's direct messages with the bot: their id does, too, for what is posted to them."""
    return channel.startswith(("D", "U", "W"))
