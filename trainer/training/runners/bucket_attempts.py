"""Attempts (`attempts`) of which server and node share a bucket, and no folder.

Each of them keeps the attempt in a folder on its own disk, as if both saw it, and brings to the bucket what the other
has to see. There it has the same names. What was said is in pieces, each named by the place of its first byte, as
nothing can be added to an object. What a report tells of, a state or weights, is there before the report.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from filelock import FileLock

from trainer.training.messages import Done, Failed, Report, Saved
from trainer.training.plan import Plan
from trainer.training.runners import attempts, mailbox
from trainer.training.runners.attempts import ATTEMPT, MARK, OUTPUT, PLAN, Attempt
from trainer.training.runners.bucket import Bucket, BucketError
from training_files.tokens import models_cache

logger = logging.getLogger(__name__)

_STATES, _SAID, _BASES = "states", "said", "bases"
_LOOK, _RARELY = 1.0, 30.0  # seconds between two looks into the bucket, and the most between two pieces
_TRIES = 3
_HOME = "finetune-bot-job-"


def key_of(folder: Path) -> str:
    """Where the bucket has the folder of a job or of an attempt."""
    inner = folder.name.isdecimal()
    return f"{_STATES}/{folder.parent.name}/{folder.name}" if inner else f"{_STATES}/{folder.name}"


def _piece(folder: Path, begin: int) -> str:
    return f"{key_of(folder)}/{_SAID}/{begin:020}"


# The server's end


def declare(bucket: Bucket, job: Path, attempt: Attempt) -> None:
    """Say which attempt counts."""
    bucket.put(f"{key_of(job)}/{ATTEMPT}", msgspec.json.encode(attempt))


def send(bucket: Bucket, job: Path, attempt: Attempt) -> None:
    """Send all that a node needs and the bucket does not have yet. From then on the attempt counts. Only base models
    are there for other jobs, too: all that is somebody's goes with the job."""
    folder = attempts.folder_of(job, attempt)
    plan = attempts.plan_of(folder)
    assert plan is not None
    own = f"{key_of(job)}/given"
    tuned = Path(plan.weights).is_relative_to(Path(attempt.output).parent)
    sent = msgspec.structs.replace(
        plan,
        training_file=_send_file(bucket, plan.training_file, own),
        validation_file=plan.validation_file and _send_file(bucket, plan.validation_file, own),
        weights=_send_folder(bucket, plan.weights, f"{own}/weights" if tuned else _place_of(plan.weights)),
        adapter=plan.adapter and _send_folder(bucket, plan.adapter, f"{own}/adapter"),
    )
    bucket.put(f"{key_of(folder)}/{PLAN}", msgspec.json.encode(sent))
    declare(bucket, job, attempt)


def exchange(bucket: Bucket, folder: Path) -> None:
    """Send what the server has asked, and fetch what the node has said."""
    asked = folder / mailbox.COMMANDS
    if asked.is_file():
        key = f"{key_of(folder)}/{mailbox.COMMANDS}"
        if len(bucket.get(key) or b"") < asked.stat().st_size:
            bucket.put(key, asked.read_bytes())
    said = folder / mailbox.REPORTS
    have = said.stat().st_size if said.is_file() else 0
    for key in sorted(bucket.list(f"{key_of(folder)}/{_SAID}", after=_piece(folder, have - 1) if have else None)):
        piece = bucket.get(key) or b""
        for report in _reports(piece):
            for name in attempts.weights_of(report):
                bucket.download(f"{key_of(folder)}/{OUTPUT}/{name}", folder / OUTPUT / name)
        try:
            with said.open("ab") as file:
                file.write(piece)
        except OSError:
            os.truncate(said, have)
            raise
        have += len(piece)


def holds_state(bucket: Bucket, job: Path) -> bool:
    """Whether the job's next attempt has something to go on from."""
    return bool(_states(bucket, key_of(job)))


def begin_anew(folder: Path) -> None:
    """Have all that was said fetched again: a server that was cut off may have written a part of it."""
    (folder / mailbox.REPORTS).unlink(missing_ok=True)


def remove(bucket: Bucket, job: Path) -> None:
    """The job has ended."""
    bucket.remove(key_of(job))


def _send_file(bucket: Bucket, path: str, into: str) -> str:
    key = f"{into}/{Path(path).name}"
    if not bucket.has(key):
        bucket.put(key, Path(path))
    return key


def _send_folder(bucket: Bucket, folder: str, key: str) -> str:
    bucket.upload_once(Path(folder), key)
    return key


def _place_of(base: str) -> str:
    """A name that tells one base model's folder from another's, and from itself where it was fetched anew."""
    files = [(str(one.relative_to(base)), one.stat()) for one in sorted(Path(base).rglob("*")) if one.is_file()]
    facts = [base, *((name, stat.st_size, stat.st_mtime_ns) for name, stat in files)]
    return f"{_BASES}/{hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:32]}"


# The worker's end


@contextlib.contextmanager
def brought(address: str) -> Iterator[Path | None]:
    """A folder on this machine for the attempt with this address, with all that it needs; None where it no longer
    counts. What it saves and says meanwhile is brought to the bucket, all of it before this ends."""
    root, _, job, number = address.rsplit("/", 3)
    with _home() as home:
        node = _Node(Bucket(root), home / job / number)
        if not node.counts():
            yield None
            return
        node.fetch()
        bringing = threading.Thread(target=node.keep_bringing, daemon=True)
        bringing.start()
        try:
            yield node.folder
        finally:
            node.over.set()
            bringing.join()


class _Node:
    def __init__(self, bucket: Bucket, folder: Path) -> None:
        self.folder = folder
        self.over = threading.Event()
        self._bucket = bucket
        self._key = key_of(folder)
        self._said = 0  # bytes that the bucket has
        self._weights: set[str] = set()  # folders that it has

    def counts(self) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._read_attempt()
        return attempts.counts(self.folder) is True

    def fetch(self) -> None:
        content = self._bucket.get(f"{self._key}/{PLAN}")
        if content is None:
            raise BucketError(f"{self._bucket.address}: no plan of {self._key}")
        plan = msgspec.json.decode(content, type=Plan)
        plan = msgspec.structs.replace(
            plan,
            state=str(self.folder),
            output=str(self.folder / OUTPUT),
            weights=self._folder_of(plan.weights),
            adapter=plan.adapter and self._folder_of(plan.adapter),
            training_file=self._file(plan.training_file),
            validation_file=plan.validation_file and self._file(plan.validation_file),
        )
        (self.folder / PLAN).write_bytes(msgspec.json.encode(plan))
        self._inherit()

    def keep_bringing(self) -> None:
        """Until it is over and the bucket has all."""
        clock = time.monotonic
        began, due, pause = clock(), 0.0, _LOOK
        while True:
            over = self.over.wait(pause)
            try:
                if over:
                    self._bring()
                    return
                self._read_attempt()
                self._read_commands()
                if clock() >= due:
                    self._bring()
                    # A long job says a lot, and pieces are to be few.
                    due = clock() + min(_RARELY, (clock() - began) / 100)
                pause = _LOOK
            except FileNotFoundError:  # a newer state has taken the place of the one that was read, and is told of next
                continue
            except (BucketError, OSError) as error:
                logger.warning("what was saved could not be brought to the bucket: %s", error)
                pause = min(2 * pause, _RARELY)
                if over:
                    time.sleep(pause)

    def _read_attempt(self) -> None:
        declared, here = self._bucket.get(f"{_parent(self._key)}/{ATTEMPT}"), self.folder.parent / ATTEMPT
        if declared is None:
            here.unlink(missing_ok=True)
            return
        part = here.with_suffix(".part")
        part.write_bytes(declared)
        part.replace(here)

    def _read_commands(self) -> None:
        asked = self._bucket.get(f"{self._key}/{mailbox.COMMANDS}") or b""
        path = self.folder / mailbox.COMMANDS
        have = path.stat().st_size if path.is_file() else 0
        if len(asked) > have:
            with path.open("ab") as file:
                file.write(asked[have:])

    def _bring(self) -> None:
        """What was said since the last time, and before that what it tells of."""
        said = self.folder / mailbox.REPORTS
        if not said.is_file():
            return
        with said.open("rb") as file:
            file.seek(self._said)
            piece = file.read()
        piece = piece[: piece.rfind(b"\n") + 1]
        if not piece:
            return
        reports = _reports(piece)
        saved = [report.step for report in reports if isinstance(report, Saved)]
        if saved and not any(isinstance(report, Done | Failed) for report in reports):
            self._bring_weights(one.name for one in (self.folder / OUTPUT).glob("step-*") if one.suffix != ".part")
            self._bring_state(saved[-1])
        for report in reports:
            self._bring_weights(attempts.weights_of(report))
        self._bucket.put(_piece(self.folder, self._said), piece)
        self._said += len(piece)

    def _bring_state(self, step: int) -> None:
        """FileNotFoundError where it was removed meanwhile."""
        state = f"checkpoint-{step}"
        if not (self.folder / state / MARK).is_file():
            raise FileNotFoundError(state)
        self._bucket.upload(self.folder / state, f"{self._key}/{state}", last=MARK)
        for older in _states(self._bucket, _parent(self._key)):
            if _step(older) < step:
                self._bucket.remove(older)

    def _bring_weights(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._weights:
                self._bucket.upload(self.folder / OUTPUT / name, f"{self._key}/{OUTPUT}/{name}")
                self._weights.add(name)

    def _inherit(self) -> None:
        """The newest whole state, whichever attempt saved it, and the weights that were kept until then."""
        for _ in range(_TRIES):
            # One that was given up and lives on may remove it meanwhile: then there is a newer one.
            with contextlib.suppress(FileNotFoundError):
                self._inherit_newest()
                return

    def _inherit_newest(self) -> None:
        newest = max(_states(self._bucket, _parent(self._key)), key=_step, default=None)
        if newest is None:
            return
        self._bucket.download(newest, self.folder / newest.rpartition("/")[2])
        output = f"{_parent(newest)}/{OUTPUT}"
        for key in self._bucket.list(output):
            name = key.removeprefix(output).split("/")[1]
            # Later ones may be there in part.
            if name.startswith("step-") and _step(name) <= _step(newest):
                self._bucket.fetch(key, self.folder / OUTPUT / key.removeprefix(output).lstrip("/"))

    def _file(self, key: str) -> str:
        path = self.folder / Path(key).name
        self._bucket.fetch(key, path)
        return str(path)

    def _folder_of(self, key: str) -> str:
        """Base models stay on this machine for the jobs to come."""
        if not key.startswith(f"{_BASES}/"):
            into = self.folder / Path(key).name
            self._bucket.download(key, into)
            return str(into)
        place = models_cache().parent / "from-bucket" / Path(key).name
        if not place.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(prefix=".part-", dir=place.parent))
            self._bucket.download(key, part)
            with contextlib.suppress(OSError):  # somebody else was faster
                part.replace(place)
            shutil.rmtree(part, ignore_errors=True)
        return str(place)


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """A new folder for this process, until it ends. Those of processes that were killed go: nobody has their lock."""
    place = Path(tempfile.gettempdir())
    home = Path(tempfile.mkdtemp(prefix=_HOME, dir=place))
    lock = home.with_suffix(".lock")
    with FileLock(lock):
        for left in place.glob(f"{_HOME}*.lock"):
            with contextlib.suppress(OSError), FileLock(left, timeout=0):
                shutil.rmtree(left.with_suffix(""), ignore_errors=True)
                left.unlink()
        try:
            yield home
        finally:
            shutil.rmtree(home, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _states(bucket: Bucket, job: str) -> list[str]:
    """The folders of states that are whole."""
    return [_parent(key) for key in bucket.list(job) if key.endswith(f"/{MARK}")]


def _step(folder: str) -> int:
    return int(folder.rpartition("-")[2])


def _parent(key: str) -> str:
    return key.rpartition("/")[0]


def _reports(piece: bytes) -> list[Report]:
    found = []
    for line in piece.splitlines():
        with contextlib.suppress(msgspec.DecodeError):  # the line at which a disk was full
            found.append(_REPORT.decode(line))
    return found


_REPORT: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)
