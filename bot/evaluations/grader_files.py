"""Graders that people bring as files: OpenAI's JSON, and Promptfoo's YAML. They are data: nothing in one is carried out
when it is read."""

import hashlib
from typing import Any, Final, Protocol

import msgspec

from bot.access import Action, Caller, Resource
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.errors import NotFound
from bot.naming import the_one_named

MOST_BYTES: Final = 256_000
_OFFERED: Final = 50


class GraderFile(msgspec.Struct, frozen=True):
    """`file_id` is Slack's. `grader`: JSON, as `graders.as_json` writes it."""

    id: str
    file_id: str
    name: str
    grader: dict[str, Any]
    owner: str
    channel: str
    private: bool
    created_at: float

    @property
    def resource(self) -> Resource:
        return Resource(self.owner, self.channel, self.private, "grader", self.id)


class GraderFileStore(Protocol):
    async def put(self, file: GraderFile, entry: Entry) -> None:
        """With its line in the audit log; one that is there already stays."""

    async def get(self, id: str) -> GraderFile | None: ...

    async def latest(self, channel: str, limit: int) -> list[GraderFile]: ...

    async def forget(self, file_id: str) -> None:
        """What came of this file of Slack's."""


class GraderFiles:
    """All of it is about the channel that the caller is in."""

    def __init__(self, files: GraderFileStore, authority: Authority) -> None:
        self._files = files
        self._authority = authority

    async def keep(
        self, caller: Caller, file_id: str, name: str, grader: dict[str, Any], *, private: bool
    ) -> GraderFile:
        """Raises Denied."""
        id = "grader-" + hashlib.sha256(f"{caller.channel}/{file_id}".encode()).hexdigest()[:12]
        file = GraderFile(id, file_id, name, grader, caller.user, caller.channel, private, caller.at)
        await self._authority.require(caller, Action.EVALUATE, file.resource, caller.posts_in)
        await self._files.put(file, entry(caller, Action.EVALUATE, id, details=name))
        return file

    async def get(self, caller: Caller, id: str) -> GraderFile:
        """Raises Denied, NotFound."""
        await self._authority.require(caller, Action.USE)
        file = await self._files.get(id)
        if file is None or not self._authority.allows(caller, Action.SEE, file.resource, caller.posts_in):
            raise NotFound("grader_file_gone")
        return file

    async def named(self, caller: Caller, word: str) -> GraderFile | None:
        """The one that `word` names; of several with one name, the latest. Raises Ambiguous."""
        latest: dict[str, GraderFile] = {}
        for file in await self.latest(caller):
            latest.setdefault(file.name, file)
        return the_one_named(word, latest.values(), lambda one: (one.name, one.id), label=lambda one: one.name)

    async def latest(self, caller: Caller) -> list[GraderFile]:
        found = await self._files.latest(caller.channel, _OFFERED)
        return [file for file in found if self._authority.allows(caller, Action.SEE, file.resource)]

    async def forget(self, file_id: str) -> None:
        """It was deleted in Slack."""
        await self._files.forget(file_id)
