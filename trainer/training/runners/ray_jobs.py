"""Training on a Ray cluster: each attempt at a job is a job of Ray's, with the attempt's name for its id, so that an
answer that was lost cannot start it twice. Whether it lives is known by Ray; what it says stands in its folder
(`attempts`, `mailbox`), which the server and all nodes see under the same path.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from trainer.errors import TrainerError, TrainingFailed
from trainer.training.messages import Command, Done, Failed, NeedsDevices, OutOfLine, Pause, Report, Stopped, Told
from trainer.training.plan import Plan
from trainer.training.runners import attempts, bucket_attempts, mailbox
from trainer.training.runners.attempts import Attempt
from trainer.training.runners.bucket import Bucket, BucketError
from trainer.training.runners.interface import Run
from trainer.training.runners.ray_cluster import NODE, Cluster, Resources, Submission, Unreachable, most_devices
from trainer.workers import OFFLINE, QUIET

logger = logging.getLogger(__name__)

# How long, in seconds, a cancelled job is waited for, and how long it is tried to have the cluster forget one.
_GRACE, _PATIENCE = 10.0, 300.0
# Ray watches a job once a second, and writes down of one that was deleted between two looks that it failed.
_ECHO = 5.0


class Pace(msgspec.Struct, frozen=True):
    """Seconds between two looks into the folder, between two questions to the cluster, and the most of the latter where
    it does not answer."""

    look: float = 0.5
    ask: float = 2.0
    backoff: float = 10.0


class RayRunner:
    """`python` is the Python on the nodes in whose environment this program is installed; what the jobs print goes into
    `log`. With a `bucket` folders of jobs are on the disks of server and node."""

    def __init__(
        self,
        cluster: Cluster,
        resources: Resources,
        log: Path,
        *,
        python: str = "python",
        bucket: Bucket | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.cluster = cluster
        self.bucket = bucket
        self.resources = resources
        self.python = python
        self.pace = pace or Pace()
        self._log = log
        self._most_devices: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def devices(self) -> int | None:
        return None

    @property
    def most_devices(self) -> int | None:
        return self._most_devices

    def prepare(self) -> None:
        """Nothing to load: a node does that."""

    async def ready(self) -> None:
        """The cluster is asked by the run, which can wait for it."""

    async def start(self, plan: Plan, folder: Path) -> Run:
        await asyncio.to_thread(attempts.begin, folder, plan)
        return RayRun(self, folder)

    def find(self, folder: Path) -> Run | None:
        attempt = attempts.current(folder)
        if attempt is None or not attempt.open:
            return None
        if self.bucket is not None:
            bucket_attempts.begin_anew(attempts.folder_of(folder, attempt))
        return RayRun(self, folder)

    def tidy(self, folder: Path) -> None:
        if self.bucket is not None:
            self._spawn(self._patiently(partial(asyncio.to_thread, bucket_attempts.remove, self.bucket, folder)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cluster.close()

    async def fit(self, plan: Plan, avoid: tuple[str, ...]) -> tuple[Plan, Resources, int]:
        """The plan with as many devices as it may ask for, what its job takes, and how many devices one node has for
        it, as the cluster is now."""
        avoided = {NODE: f"!in({', '.join(avoid)})"} if avoid else {}
        job = msgspec.structs.replace(self.resources, labels={**avoided, **self.resources.labels})
        there_are = most_devices(await self.cluster.nodes(), job)
        # Of processors nothing is gained by more of them.
        self._most_devices = max(1, there_are) if job.gpus else 1
        plan = msgspec.structs.replace(plan, most_devices=self._most_devices)
        return plan, job.on(plan.devices), there_are

    def command(self, folder: Path) -> str:
        place = str(folder) if self.bucket is None else f"{self.bucket.address}/{bucket_attempts.key_of(folder)}"
        return shlex.join(("exec", self.python, "-m", "trainer.training.worker", place))

    async def keep_log(self, id: str) -> None:
        """Add what a job has printed to the log."""
        printed = await self.cluster.log(id)

        def write() -> None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"--- {id}\n{printed}\n")

        await asyncio.to_thread(write)

    def forget(self, id: str) -> None:
        """Have the cluster forget a job that was read, in the background."""
        self._spawn(self._patiently(partial(self._forget, id)))

    async def _forget(self, id: str) -> None:
        await self.cluster.wait(id, self.pace.ask)
        await self.cluster.delete(id)
        await asyncio.sleep(_ECHO)
        await self.cluster.delete(id)

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Again and again until it is done, for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while True:
                    with contextlib.suppress(Unreachable, TrainerError, BucketError):
                        await work()
                        return
                    await asyncio.sleep(self.pace.ask)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class RayRun:
    """One attempt, or several where the cluster had no room for the first."""

    def __init__(self, runner: RayRunner, job: Path) -> None:
        self._runner = runner
        self._cluster = runner.cluster
        self._bucket = runner.bucket
        self._pace = runner.pace
        self._job = job
        attempt = attempts.current(job)
        assert attempt is not None
        self._attempt: Attempt = attempt
        self._over: Submission | None = None
        self._lost = False
        self._in_line = True

    @property
    def id(self) -> str:
        number = self._attempt.number
        return self._job.name if number == 1 else f"{self._job.name}-{number}"

    @property
    def _folder(self) -> Path:
        return attempts.folder_of(self._job, self._attempt)

    def send(self, command: Command) -> None:
        # Those who chat are on another machine, and what trains there needs no server.
        if isinstance(command, Pause):
            mailbox.send(self._folder, command)

    async def messages(self) -> AsyncIterator[Report]:
        """All that it has said and says, until the cluster says that it has ended."""
        attempt, reports = self._attempt, self._tail()
        clock = asyncio.get_running_loop().time
        pause, ask_at = self._pace.ask, 0.0
        told = spoke = ended = False
        while True:
            if clock() >= ask_at:
                try:
                    if not self._ended and (news := await self._ask()) is not None:
                        yield news
                    if self._attempt.number != attempt.number:
                        attempt, reports = self._attempt, self._tail()
                    now_ended = self._ended  # before looking, so its last messages are read
                    await self._exchange()
                    ended = now_ended
                    # Others wait until it has its node.
                    pause, told = self._pace.look if self._in_line else self._pace.ask, False
                except TrainingFailed as failure:
                    yield Failed(failure.code, str(failure), failure.param)
                    return
                except (Unreachable, TrainerError, BucketError) as error:
                    pause = min(pause * 2, self._pace.backoff)
                    if not told:
                        told = True
                        yield Told(f"The job waits for {_trouble(error)}")
                ask_at = clock() + pause
            said = await asyncio.to_thread(reports.read)
            for report in said:
                spoke = spoke or isinstance(report, NeedsDevices | Done | Failed | Stopped)
                await asyncio.to_thread(attempts.publish, self._job, self._attempt, report)
                yield report
            if ended and not said:
                with contextlib.suppress(Unreachable, TrainerError, OSError):
                    await self._runner.keep_log(self.id)
                if not spoke:
                    yield Told(self._last_words())
                return
            if not said:
                await asyncio.sleep(self._pace.look)

    async def wait(self) -> int | None:
        """Its return code where it ended by itself; None where it was killed, or lost with its node."""
        code = self._over.driver_exit_code if self._over is not None else None
        passes = self._bucket is not None and code in (errno.ENOSPC, os.EX_TEMPFAIL)
        return code if code is not None and 0 <= code < 128 and not passes else None

    async def kill(self) -> None:
        """The attempt no longer counts, and so ends by itself, whether the cluster can be reached or not; where it can,
        the cluster ends it."""
        self._write(open=False)
        if self._ended or not self._attempt.submitted:
            return
        with contextlib.suppress(Unreachable, TrainerError, TimeoutError):
            async with asyncio.timeout(_GRACE):
                if self._bucket is not None:
                    with contextlib.suppress(BucketError):
                        await asyncio.to_thread(bucket_attempts.declare, self._bucket, self._job, self._attempt)
                await self._cluster.stop(self.id)
                await self._cluster.wait(self.id, self._pace.look)

    def close(self) -> None:
        self._write(open=False)
        self._runner.forget(self.id)

    @property
    def _ended(self) -> bool:
        return self._lost or self._over is not None

    async def _ask(self) -> Told | OutOfLine | None:
        """Ask the cluster what became of it, and submit it where that was not done. Returns what is to be said of that.
        Raises TrainingFailed where the cluster has no node for the job."""
        await self._cluster.ensure_safe()
        if not self._attempt.submitted:
            suited = await self._submit()
            return None if suited else self._leave_line(placed=False)
        found = await self._cluster.find(self.id)
        if found is None:
            self._lost = True
        elif found.ended and found.found_no_room:
            self._runner.forget(self.id)
            self._attempt = await asyncio.to_thread(attempts.begin, self._job)
            return Told("The Ray cluster has had no room for this job so far; it goes on waiting")
        elif found.ended:
            self._over = found
            if self._bucket is not None and found.driver_exit_code == errno.ENOSPC and found.driver_node_id:
                self._write(avoid=(*self._attempt.avoid, found.driver_node_id))
        elif found.status == "RUNNING":
            return self._leave_line(placed=True)
        return None

    def _leave_line(self, *, placed: bool) -> OutOfLine | None:
        """Once."""
        was, self._in_line = self._in_line, False
        return OutOfLine(placed) if was else None

    async def _submit(self) -> bool:
        """Whether there is a node that could take it, if nothing else ran there."""
        plan = await asyncio.to_thread(attempts.plan_of, self._folder)
        assert plan is not None
        plan, resources, there_are = await self._runner.fit(plan, self._attempt.avoid)
        # Where none suits even one device, they may all be away: it waits. So does what has something to lose.
        if 0 < there_are < plan.devices and not await asyncio.to_thread(self._holds_state):
            raise TrainingFailed(
                f"No node of the Ray cluster has {plan.devices} GPUs for one job, with processors and memory for each; "
                f"the most is {there_are}. Start the job again with fewer, or once there is such a node.",
                code="not_enough_gpus",
            )
        await asyncio.to_thread(attempts.write_plan, self._folder, plan)
        if self._bucket is not None:
            await asyncio.to_thread(bucket_attempts.send, self._bucket, self._job, self._attempt)
        command = self._runner.command(self._folder)
        await self._cluster.submit(self.id, command, resources, {**QUIET, **OFFLINE}, {"job": self._job.name})
        self._write(submitted=True)
        return there_are >= plan.devices

    def _holds_state(self) -> bool:
        if self._bucket is not None:
            return bucket_attempts.holds_state(self._bucket, self._job)
        return attempts.holds_state(self._folder)

    async def _exchange(self) -> None:
        if self._bucket is not None:
            await asyncio.to_thread(bucket_attempts.exchange, self._bucket, self._folder)

    def _last_words(self) -> str:
        if self._over is None:
            return "The Ray cluster no longer knows this job: its head was started anew"
        lines = (self._over.message or "").strip().splitlines()
        return f"The Ray job {self.id} ended as {self._over.status}. {' '.join(lines)[-1000:]}".rstrip()

    def _tail(self) -> mailbox.Tail[Report]:
        return mailbox.Tail(self._folder / mailbox.REPORTS, Report)

    def _write(self, **changes: Any) -> None:
        self._attempt = msgspec.structs.replace(self._attempt, **changes)
        with contextlib.suppress(FileNotFoundError):  # the job was tidied away
            attempts.write(self._job, self._attempt)


def _trouble(error: Exception) -> str:
    match error:
        case BucketError():
            return f"the bucket, which cannot be used ({error})"
        case Unreachable():
            return f"the Ray cluster, which cannot be reached ({error})"
        case _:
            return f"the Ray cluster, which is no use: {error}"
