"""Graders that people bring as files: OpenAI's JSON, and Promptfoo's YAML. They are data: nothing in one is carried out
when it is read."""

import hashlib
from typing import Any, Final, Protocol

import msgspec
import orjson

from bot.access import Action, Caller, Resource
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import NotFound
from bot.naming import the_one_named
from bot.worker_processes import WorkerPools
from graders.errors import GradeFault, GraderError
from graders.files import FileKind, read_grader_file
from graders.foreign import MOST_BYTES as MOST_BYTES
from graders.foreign import LeftOut
from graders.grader import OfTraining, Ours
from graders.reading import as_json

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


class Found(msgspec.Struct, frozen=True):
    """What a file says. `grader` is None where it has none that can be used; `fault`: it is meant as one, and wrong.
    `examples`: lines of a file in the form of reinforcement fine-tuning, of its tests."""

    kind: FileKind | None = None
    name: str = ""
    grader: dict[str, Any] | None = None
    tests: int = 0
    examples: bytes = b""
    left_out: tuple[LeftOut, ...] = ()
    fault: GradeFault | None = None


class Brought(msgspec.Struct, frozen=True):
    """`kept`: where it has a grader. `dataset`: of its tests, where they say what is asked."""

    found: Found
    kept: GraderFile | None = None
    dataset: Dataset | None = None


class GraderFileStore(Protocol):
    async def put(self, file: GraderFile, entry: Entry) -> None:
        """With its line in the audit log; one that is there already stays."""

    async def get(self, id: str) -> GraderFile | None: ...

    async def latest(self, channel: str, limit: int) -> list[GraderFile]: ...

    async def forget(self, file_id: str) -> None:
        """What came of this file of Slack's."""


class GraderFiles:
    """All of it is about the channel that the caller is in."""

    def __init__(
        self,
        files: GraderFileStore,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        authority: Authority,
    ) -> None:
        self._files = files
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._authority = authority

    async def take_in(
        self, caller: Caller, file_id: str, name: str, data: bytes, *, thread_ts: str, private: bool
    ) -> Brought | None:
        """What a file holds, kept as far as it can be used; None where it is not meant as a grader. Raises Denied."""
        found = await self._pools.run(read, data)
        if found is None:
            return None
        digest = hashlib.sha256(f"{caller.channel}/{file_id}".encode()).hexdigest()
        if found.grader is None:
            return Brought(found)
        file = GraderFile(
            f"grader-{digest[:12]}", file_id, name, found.grader, caller.user, caller.channel, private, caller.at
        )
        await self._authority.require(caller, Action.EVALUATE, file.resource, caller.posts_in)
        dataset = None
        if found.examples:
            dataset = await self._kept(caller, f"ds-{digest[:10]}", name, found.examples, thread_ts, private=private)
        await self._files.put(file, entry(caller, Action.EVALUATE, file.id, details=name))
        return Brought(found, file, dataset)

    async def _kept(
        self, caller: Caller, id: str, name: str, examples: bytes, thread_ts: str, *, private: bool
    ) -> Dataset:
        """Its tests as a data set like any that was dropped."""
        known = await self._datasets.get(id)
        if known is not None and known.deleted_at is None:
            return known
        sha256 = hashlib.sha256(examples).hexdigest()
        part = self._file_store.part()
        part.write_bytes(examples)
        await self._file_store.adopt(part, sha256)
        dataset = Dataset(
            id=id,
            sha256=sha256,
            name=f"{name.rpartition('.')[0][:100] or 'tests'}-tests.jsonl",
            bytes=len(examples),
            owner=caller.user,
            team=caller.team,
            channel=caller.channel,
            channel_private=private,
            thread_ts=thread_ts,
            created_at=caller.at,
        )
        await self._datasets.save(dataset)
        return dataset

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


_KINDS: Final = frozenset(str(shape.__struct_config__.tag) for shape in (*OfTraining.__args__, *Ours.__args__)) | {
    "multi",
    "label_model",
}


def read(data: bytes) -> Found | None:
    """For a worker process. None where it is not meant as a grader."""
    try:
        file = read_grader_file(data)
        examples = b"".join(orjson.dumps(example) + b"\n" for example in file.examples)
    except GraderError as error:
        return Found(fault=error.fault) if _is_meant(data) else None
    except (TypeError, ValueError):  # numbers and texts that JSON has not
        return None
    grader = as_json(file.grader) if file.grader is not None else None
    return Found(file.kind, file.name, grader, len(file.examples), examples, file.left_out)


def _is_meant(data: bytes) -> bool:
    """Whether something that is no usable grader looks like one all the same."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False
    return isinstance(value, dict) and (value.get("type") in _KINDS or "testing_criteria" in value)
