"""One thing that somebody did in Slack: who, where, with which words, and how to answer them there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bot.access import Action, Actor, Caller, Place, Resource
from bot.audit import Entry, Outcome
from bot.authority import entry
from bot.datasets.dataset import Dataset
from bot.errors import Invalid
from bot.jobs.job import Job, Origin
from handlers.blocks.message import Message
from handlers.services import Services


@dataclass(frozen=True)
class Turn:
    """`key` is the inbox's; what is derived from it is the same when the work is done again after a crash
    (`again`). `words` is what was typed, without the command itself. `answer` speaks where the person looks; `alone`:
    only they see that. `replace_message` puts an answer in place of the message whose button was pressed.
    """

    key: str
    again: bool
    received_at: float
    services: Services
    user: str
    channel: str
    thread_ts: str | None
    trigger_id: str | None
    words: str
    body: dict[str, Any]
    answer: Callable[[Message], Awaitable[None]]
    replace_message: Callable[[Message], Awaitable[None]]
    alone: bool

    @property
    def answers_in(self) -> Place:
        """Where answers and windows are seen."""
        return Place(self.channel, alone=self.alone)

    @property
    def posts_in(self) -> Place:
        """Where what this turn posts is seen, such as a job's card or a conversation."""
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
            is_retry=self.again,
        )

    async def caller(self) -> Caller:
        """Raises Denied where Slack does not tell who this is."""
        return self.as_caller(await self.services.people.actor(self.user), self.services.team)

    async def actor(self, act: Action = Action.USE, thing: Resource | None = None, place: Place | None = None) -> Actor:
        """The person, if they may do this and `thing` may be seen in `place` (by default where answers are).

        Raises Denied, which the audit log keeps, or NotFound.
        """
        caller = await self.caller()
        await self.services.authority.require(caller, act, thing, place)
        return caller.actor

    async def may(self, act: Action, thing: Resource, place: Place | None = None) -> bool:
        """Whether the person may do this there; what is not for everybody is left out by it."""
        return self.services.authority.allows(await self.caller(), act, thing, place)

    async def may_post(self, act: Action, thing: Resource) -> None:
        await self.services.authority.require_to_post(await self.caller(), act, thing)

    def entry(self, act: Action | str, thing: str, outcome: Outcome = Outcome.DONE, details: str = "") -> Entry:
        return entry(self, act, thing, outcome, details)

    @asynccontextmanager
    async def recorded(self, act: Action | str, thing: str, details: str = "") -> AsyncIterator[None]:
        async with self.services.authority.recorded(await self.caller(), act, thing, details):
            yield

    @property
    def in_place(self) -> "Turn":
        """This turn, whose answers stand in place of the message whose button was pressed, for all who see that."""

        seen_alone = bool((self.body.get("container") or {}).get("is_ephemeral")) or is_direct(self.channel)
        return replace(self, answer=self.replace_message, alone=seen_alone)

    async def origin(self, thread_ts: str | None = None) -> Origin:
        """This place, for what is born here. Raises Invalid where the bot may not post."""
        channel = await self.services.people.channel(self.channel)
        if not channel.member:
            raise Invalid("not_in_channel")
        return Origin(self.services.team, self.channel, channel.private, thread_ts)

    async def job(self, word: str, act: Action, *, to_post: bool = False) -> Job:
        return await self.services.job_lookup.get(await self.caller(), word, act, to_post=to_post)

    async def dataset(self, dataset_id: str, act: Action, *, to_post: bool = False) -> Dataset:
        return await self.services.dataset_lookup.get(await self.caller(), dataset_id, act, to_post=to_post)


def is_direct(channel: str) -> bool:
    """Whether it is a person's direct messages with the bot: their id does, too, for what is posted to them."""
    return channel.startswith(("D", "U", "W"))
