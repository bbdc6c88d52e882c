"""Several processes for one file: the same report, and nobody left behind."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from training_files import forked

FORKING = Path(__file__).with_name("forking.py")

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or sys.platform == "darwin", reason="processes are not forked here"
)


def run(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(FORKING), name, str(folder)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def has_ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "Z"


def wait_until_ended(processes: list[int]) -> None:
    until = time.monotonic() + 60
    while not all(map(has_ended, processes)):
        assert time.monotonic() < until
        os.sched_yield()


def test_one_process_or_many_and_one_part_or_many_give_the_same_report(tmp_path):
    assert int(run("same_report", tmp_path)) > 20


@pytest.mark.parametrize("trouble", ["lost_process", "hung_process", "failed_start"])
def test_work_of_a_process_that_dies_or_hangs_is_done_by_the_caller(tmp_path, trouble):
    run(trouble, tmp_path)


def test_nobody_is_left_behind_by_a_caller_that_stops(tmp_path):
    wait_until_ended(json.loads(run("given_up", tmp_path)))


def test_the_processes_end_with_a_caller_that_is_killed(tmp_path):
    with subprocess.Popen(
        [sys.executable, str(FORKING), "wait_for_end", str(tmp_path)], stdout=subprocess.PIPE
    ) as caller:
        assert caller.stdout is not None
        processes = json.loads(caller.stdout.readline())
        assert not any(map(has_ended, processes))
        caller.kill()
    assert len(processes) > 1
    wait_until_ended(processes)


def test_no_process_is_forked_while_other_threads_run():
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert not forked.can_fork()
    finally:
        done.set()
        other.join()


def test_at_least_one_core_can_be_used():
    assert 1 <= forked.usable_cores() <= (os.cpu_count() or 1)
