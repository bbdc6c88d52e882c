"""One thing that somebody did in Slack: who, where, with which words, and how to answer them there."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bot.access import Act, Actor, Place, Thing, authorize
from bot.audit import Entry, Outcome
from bot.datasets.dataset import Dataset
from bot.errors import BotError, Denied, Invalid, NotFound
from bot.jobs.job import Job, Origin
from bot.naming import the_one_named
from bot.redact import redact
from handlers.blocks.message import Message
from handlers.services import Services
from handlers.web import replies
from training_files import TrainingFileError

# Older jobs are named by their whole id.
_NAMED_AMONG = 200


@dataclass(frozen=True)
class Turn:
    """`key` is the inbox's; what is derived from it is the same when the work is done again after a crash
    (`again`). `words` is what was typed, without the command itself. `answer` speaks where the person looks; `alone`:
    only they see that.
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
    alone: bool

    @property
    def answers_in(self) -> Place:
        """Where answers and windows are seen."""
        return Place(self.channel, alone=self.alone)

    @property
    def posts_in(self) -> Place:
        """Where what this turn posts is seen, such as a job's card or a conversation."""
        return Place(self.channel, alone=is_direct(self.channel))

    async def actor(self, act: Act = Act.USE, thing: Thing | None = None, place: Place | None = None) -> Actor:
        """The person, if they may do this and `thing` may be seen in `place` (by default where answers are).

        Raises Denied, which the audit log keeps, or NotFound.
        """
        actor = await self.services.people.actor(self.user)
        try:
            authorize(actor, act, thing, place or self.answers_in, self.services.policy)
        except Denied as error:
            await self.services.audit.add(self.entry(act, thing.id if thing else "", Outcome.REFUSED, str(error)))
            raise
        return actor

    async def may(self, act: Act, thing: Thing, place: Place | None = None) -> bool:
        """Whether the person may do this there; what is not for everybody is left out by it."""
        try:
            await self.actor(act, thing, place)
        except (Denied, NotFound):
            return False
        return True

    async def may_post(self, act: Act, thing: Thing) -> None:
        """Return if this turn may post what tells of `thing`. Raises NotFound where the person may not know of it,
        Denied where they may, but not all who would see it."""
        await self.actor(act, thing)
        try:
            await self.actor(act, thing, self.posts_in)
        except NotFound:
            raise Denied("seen_by_too_many", kind=thing.kind) from None

    def entry(self, act: Act | str, thing: str, outcome: Outcome = Outcome.DONE, details: str = "") -> Entry:
        """What this person does here, for the audit log. Done again after a crash it is the same entry."""
        if isinstance(act, Act):
            act = act.name.lower().replace("_", " ")
        key = f"{self.key}/{act}/{thing}/{outcome}"
        return Entry(key, time.time(), self.user, act, thing, self.channel, outcome, details)

    @asynccontextmanager
    async def recorded(self, act: Act | str, thing: str, details: str = "") -> AsyncIterator[None]:
        """For what is carried out at the provider: in the audit log before it begins, and once more if it fails."""
        await self.services.audit.add(self.entry(act, thing, details=details))
        try:
            yield
        except (BotError, TrainingFileError) as error:
            await self.services.audit.add(self.entry(act, thing, Outcome.FAILED, redact(str(error))))
            raise

    @property
    def in_place(self) -> "Turn":
        """This turn, whose answers stand in place of the message whose button was pressed, for all who see that."""

        async def answer(message: Message) -> None:
            response_url = self.body.get("response_url")
            await replies.in_place(self.services.poster, response_url, self.channel, self.user, message)

        seen_alone = bool((self.body.get("container") or {}).get("is_ephemeral")) or is_direct(self.channel)
        return replace(self, answer=answer, alone=seen_alone)

    async def drop_here(self) -> str:
        """What to do where there is no training file yet."""
        if (await self.services.people.channel(self.channel)).member:
            return "Drop a training file here to begin."
        return "I am not in this channel: type `/invite` followed by my name, then drop a training file here."

    async def origin(self, thread_ts: str | None = None) -> Origin:
        """This place, for what is born here. Raises Invalid where the bot may not post."""
        channel = await self.services.people.channel(self.channel)
        if not channel.member:
            raise Invalid("not_in_channel")
        return Origin(self.services.team, self.channel, channel.private, thread_ts)

    async def job(self, word: str, act: Act, *, to_post: bool = False) -> Job:
        """The job that `word` names, if this person may do `act` with it; with `to_post`, and tell all of it here.
        Raises NotFound, Denied; Invalid without a word. What a person may not know of is answered like what there is
        not.
        """
        await self.actor()
        if not word:
            raise Invalid("which_job")
        unknown = NotFound("unknown_job", word=word)
        job = await self.services.jobs.find(word)
        if job is None:
            raise unknown
        try:
            await (self.may_post if to_post else self.actor)(act, job.thing)
        except NotFound:
            raise unknown from None
        return job

    async def job_named(self, word: str, act: Act) -> Job:
        """Like `job`, for what a person types: also the job's suffix, or the beginning of a name that is its alone.
        Raises Ambiguous."""
        await self.actor()
        jobs = self.services.jobs
        if word and await jobs.find(word) is None:
            known = [job for job in await jobs.latest(_NAMED_AMONG) if await self.may(Act.SEE, job.thing)]
            found = the_one_named(
                word, known, lambda job: (job.id, job.provider_job_id, job.suffix), label=lambda job: job.id
            )
            word = found.id if found else word
        return await self.job(word, act)

    async def dataset(self, dataset_id: str, act: Act, *, to_post: bool = False) -> Dataset:
        """With `to_post`, what is posted here may tell of it.

        Raises Denied; NotFound where there is none, it was deleted, or it is not for this person's eyes."""
        await self.actor()
        unknown = NotFound("I have no such training file (any more). Drop it into the channel again to use it.")
        dataset = await self.services.datasets.get(dataset_id)
        if dataset is None or dataset.deleted_at is not None:
            raise unknown
        try:
            await (self.may_post if to_post else self.actor)(act, thing_of_dataset(dataset))
        except NotFound:
            raise unknown from None
        return dataset


def is_direct(channel: str) -> bool:
    """Whether it is a person's direct messages with the bot: their id does, too, for what is posted to them."""
    return channel.startswith(("D", "U", "W"))


def thing_of_dataset(dataset: Dataset) -> Thing:
    return Thing(dataset.owner, dataset.channel, dataset.channel_private, "file", dataset.id)
