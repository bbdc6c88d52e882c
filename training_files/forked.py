"""Work shared out to forked processes, with results in order.

The first process warms up and forks the others from itself, so that they share its memory, while the caller prepares
what they are to do. All end with the caller, however it ends: then their connections do. Where forking is not to be
had, or not safe because other threads run, the caller does the work alone.
"""

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from typing import Generic, TypeVar

Task = TypeVar("Task")
Request = TypeVar("Request")
Result = TypeVar("Result")

SILENCE = 120.0
"""Seconds after which processes of which none says anything are given up."""

AHEAD = 2
"""Requests that a process has at a time: it need not wait for the next."""


def usable_cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_fork() -> bool:
    """Whether processes can be forked here: not on Windows, not on macOS, whose libraries do not bear it, and not while
    other threads run, whose locks nobody would open again in the child. One that Python has done with may still run for
    a moment: toktok locks something when its thread ends.
    """
    if not hasattr(os, "fork") or sys.platform in ("win32", "darwin"):
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:  # another system than Linux
        return threading.active_count() == 1


def forked_map(
    work: Callable[[Request], Result],
    tasks: Iterable[Task],
    *,
    request: Callable[[Task], Request],
    warm_up: Callable[[], None],
    processes: int,
) -> Generator[Result, None, None]:
    """The result of each task, in order. Requests and results are pickled.

    Tasks are taken ahead, as fast as they come; `request` makes of one what is sent, at the moment of sending, in this
    process. What a process that fails, dies or hangs had to do is done here.
    """
    group, workers = _fork(work, warm_up, processes)
    idle = False
    try:
        yield from _results(work, iter(tasks), request, workers)
        idle = not any(worker.dead for worker in workers)
    finally:
        if not idle:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for worker in workers:
            worker.connection.close()
        os.waitpid(group, 0)


class _Job(Generic[Request, Result]):
    def __init__(self, request: Request) -> None:
        self.request = request
        self.result: Result | None = None
        self.lost = False


class _Worker(Generic[Request, Result]):
    """A process as its caller sees it. It answers in the order in which it is asked."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.jobs: deque[_Job[Request, Result]] = deque()
        self.dead = False

    def give(self, job: _Job[Request, Result]) -> None:
        self.jobs.append(job)
        try:
            self.connection.send(job.request)
        except OSError:
            self.lose()

    def take(self) -> None:
        try:
            self.jobs.popleft().result = self.connection.recv()
        except (EOFError, OSError):
            self.lose()

    def lose(self) -> None:
        self.dead = True
        for job in self.jobs:
            job.lost = job.result is None


def _results(
    work: Callable[[Request], Result],
    tasks: Iterator[Task],
    request: Callable[[Task], Request],
    workers: "list[_Worker[Request, Result]]",
) -> Iterator[Result]:
    ready: deque[Task] = deque()
    jobs: deque[_Job[Request, Result]] = deque()  # in order; not yet given out
    more = True
    while True:
        alive = [worker for worker in workers if not worker.dead]
        if ready and alive and len(jobs) < 2 * AHEAD * len(workers):
            worker = min(alive, key=lambda worker: len(worker.jobs))
            if len(worker.jobs) < AHEAD:
                jobs.append(_Job(request(ready.popleft())))
                worker.give(jobs[-1])
                continue
        if jobs and jobs[0].result is not None:
            yield jobs.popleft().result  # type: ignore[misc]
        elif jobs and jobs[0].lost:
            yield work(jobs.popleft().request)
        elif ready and not alive:
            yield work(request(ready.popleft()))
        elif not jobs and not ready and not more:
            return
        else:
            told = wait([worker.connection for worker in alive], timeout=0 if more else SILENCE)
            for worker in alive:
                if worker.connection in told:
                    worker.take()
                elif not told and not more:
                    worker.lose()
            if not told and more:
                task = next(tasks, None)
                more = task is not None
                if task is not None:
                    ready.append(task)


def _fork(
    work: Callable[[Request], Result], warm_up: Callable[[], None], processes: int
) -> "tuple[int, list[_Worker[Request, Result]]]":
    """Gives the number of the processes' group, too, which is the first one's."""
    pipes = [Pipe() for _ in range(processes)]
    first = os.fork()
    if first == 0:
        try:
            _serve(work, warm_up, pipes)
        finally:
            os._exit(1)
    with suppress(OSError):  # the child does it, too: whoever comes first
        os.setpgid(first, first)
    for _, theirs in pipes:
        theirs.close()
    return first, [_Worker(ours) for ours, _ in pipes]


def _serve(
    work: Callable[[Request], Result],
    warm_up: Callable[[], None],
    pipes: list[tuple[Connection, Connection]],
) -> None:
    """The processes: each answers until its connection ends, whose other end only the caller has."""
    os.setpgid(0, 0)
    for ours, _ in pipes:
        ours.close()
    warm_up()
    gc.freeze()  # looked through for garbage, shared memory would be written to, and so copied
    mine = pipes[0][1]
    for _, theirs in pipes[1:]:
        if os.fork() == 0:
            mine = theirs
            break
    for _, theirs in pipes:
        if theirs is not mine:
            theirs.close()
    with suppress(EOFError, OSError):
        while True:
            mine.send(work(mine.recv()))
    with suppress(ChildProcessError):  # the first waits for the others, so that their time counts as its own
        while True:
            os.wait()
