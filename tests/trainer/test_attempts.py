"""Attempts at a job in a folder that several machines see."""

import os
import threading
from pathlib import Path

import msgspec
import pytest

from trainer.training.messages import Done, SavedModel, Stopped
from trainer.training.plan import Plan
from trainer.training.runners import attempts

PATIENCE = 60


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return tmp_path / "states" / "ftjob-1"


@pytest.fixture
def planned(plan: Plan, tmp_path: Path) -> Plan:
    return msgspec.structs.replace(plan, output=str(tmp_path / "models" / "ftjob-1"))


def save(folder: Path, step: int, *, whole: bool = True) -> None:
    """What a worker leaves when it saves its state, and the weights of the epoch before it."""
    state = folder / f"checkpoint-{step}"
    state.mkdir()
    (state / "optimizer.pt").write_text(f"at {step}")
    if whole:
        (state / attempts.MARK).write_text("{}")
    kept = folder / "output" / f"step-{step - 1}"
    kept.mkdir(parents=True)
    (kept / "adapter.safetensors").write_text(f"of {step - 1}")


def test_each_attempt_trains_in_a_folder_of_its_own(job: Path, planned: Plan) -> None:
    first = attempts.begin(job, planned)
    told = attempts.plan_of(attempts.folder_of(job, first))
    assert told is not None
    assert (told.state, told.output) == (str(job / "1"), str(job / "1" / "output"))
    assert told.training_file == planned.training_file
    second = attempts.begin(job, planned)
    assert (second.number, attempts.current(job)) == (2, second)
    assert not (job / "1").exists()


def test_the_next_attempt_has_a_copy_of_the_newest_state_that_was_saved_wholly(job: Path, planned: Plan) -> None:
    folder = attempts.folder_of(job, attempts.begin(job, planned))
    save(folder, 4)
    save(folder, 8)
    save(folder, 12, whole=False)
    folder = attempts.folder_of(job, attempts.begin(job))
    assert [one.name for one in folder.glob("checkpoint-*")] == ["checkpoint-8"]
    assert (folder / "checkpoint-8" / "optimizer.pt").read_text() == "at 8"
    assert (folder / "output" / "step-3" / "adapter.safetensors").read_text() == "of 3"


def test_an_attempt_that_was_given_up_and_lives_on_changes_nothing_of_its_successors(job: Path, planned: Plan) -> None:
    stale = attempts.folder_of(job, attempts.begin(job, planned))
    save(stale, 4)
    successor = attempts.folder_of(job, attempts.begin(job))
    # It still has its folder open, as on a machine that was cut off, and goes on.
    stale.mkdir()
    save(stale, 8)
    (stale / "said.jsonl").write_text("")
    assert (successor / "checkpoint-4" / attempts.MARK).is_file()
    assert not (successor / "said.jsonl").exists()
    # What it saved meanwhile is a state of the same job, and counts.
    third = attempts.folder_of(job, attempts.begin(job))
    assert [one.name for one in third.glob("checkpoint-*")] == ["checkpoint-8"]


@pytest.mark.parametrize("links", [True, False])
def test_a_state_is_copied_where_files_cannot_have_two_names(
    job: Path, planned: Plan, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*names: object) -> None:
        raise PermissionError("no links here")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    save(attempts.folder_of(job, attempts.begin(job, planned)), 4)
    folder = attempts.folder_of(job, attempts.begin(job))
    assert (folder / "checkpoint-4" / "optimizer.pt").read_text() == "at 4"


def test_a_worker_ends_once_its_attempt_no_longer_counts(job: Path, planned: Plan) -> None:
    first = attempts.begin(job, planned)
    folder = attempts.folder_of(job, first)
    assert attempts.counts(folder)
    gone = threading.Event()
    attempts.watch(folder, gone.set)
    attempts.begin(job)
    assert gone.wait(PATIENCE)


def test_an_attempt_counts_no_longer_when_it_was_closed_or_its_job_tidied_away(job: Path, planned: Plan) -> None:
    attempt = attempts.begin(job, planned)
    folder = attempts.folder_of(job, attempt)
    (job / "attempt.json").write_text("{")  # half of it can be seen
    assert attempts.counts(folder) is None
    attempts.write(job, msgspec.structs.replace(attempt, open=False))
    assert attempts.counts(folder) is False
    (job / "attempt.json").unlink()
    assert attempts.counts(folder) is False


def test_weights_are_put_where_they_belong_once_they_are_told_of_however_often(job: Path, planned: Plan) -> None:
    attempt = attempts.begin(job, planned)
    folder = attempts.folder_of(job, attempt)
    save(folder, 4)
    (folder / "output" / "pause-4").mkdir()
    for _ in range(2):
        attempts.publish(job, attempt, Stopped(SavedModel(4, "pause-4", {})))
        attempts.publish(job, attempt, Done([SavedModel(3, "step-3", {})], 100))
    output = Path(planned.output)
    assert sorted(one.name for one in output.iterdir()) == ["pause-4", "step-3"]
    assert (output / "step-3" / "adapter.safetensors").read_text() == "of 3"
