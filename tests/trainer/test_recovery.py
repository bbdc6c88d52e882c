import contextlib
import json
import os
import re
import signal
import stat
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from tests.tiny_model import ENDLESS
from tests.trainer_process import Trainer, example, jsonl, reinforced, some_examples, some_pairs, some_tasks, wait_for
from trainer.training.runners.local import LEAVING_SECONDS
from trainer.training.runners.mailbox import lives

HELLO: list[Any] = [{"role": "user", "content": "Hi"}]
MANY = {"n_epochs": 50}
ONE = {"n_epochs": 1}
# Answers that would go on for a while, however fast the machine is.
LONG: Any = {"model": "tiny-random", "messages": HELLO, "max_tokens": 1900, "n": 8, "logit_bias": ENDLESS}


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, table: Path) -> Iterator[Trainer]:
    """To start a trainer, and to have it load what training needs, takes ten seconds of a processor. The tests stand in
    such an order that it is seldom done: what the end of one has loaded, the next one begins with."""
    running = Trainer(tmp_path_factory.mktemp("own"), table, tmp_path_factory.mktemp("cache"))
    yield running
    running.kill_all()


@pytest.fixture(scope="module")
def lasting_and_saving(tmp_path_factory: pytest.TempPathFactory, table: Path) -> Iterator[Trainer]:
    running = Trainer(
        *(tmp_path_factory.mktemp("saving"), table, tmp_path_factory.mktemp("cache")),
        TRAINER_SAVE_SECONDS="0",
        TRAINER_DEVICES="2",
    )
    yield running
    running.kill_all()


@pytest.fixture
def own_trainer(lasting: Trainer) -> Iterator[Trainer]:
    """A server to be mistreated."""
    yield lasting
    recover(lasting)


@pytest.fixture
def saving_trainer(lasting_and_saving: Trainer) -> Iterator[Trainer]:
    """A server to be mistreated, whose jobs save their state after each step, and may have two processes."""
    yield lasting_and_saving
    recover(lasting_and_saving)


def recover(trainer: Trainer) -> None:
    """The next test finds it running, with nothing to do."""
    if trainer.process.poll() is not None:
        trainer.start()
    for job in trainer.client.fine_tuning.jobs.list(limit=100):
        if job.status not in ("succeeded", "failed", "cancelled"):
            trainer.client.fine_tuning.jobs.cancel(job.id)


def worker_of(trainer: Trainer, job_id: str) -> psutil.Process:
    """The process that trains a job, whichever server started it."""
    return psutil.Process(json.loads((trainer.data / "states" / job_id / "worker.json").read_bytes())["pid"])


def test_a_job_whose_process_was_forked_outlives_what_it_was_forked_from(own_trainer: Trainer) -> None:
    job = own_trainer.train(some_examples(100), hyperparameters={"n_epochs": 2})
    wait_for(lambda: own_trainer.steps(job.id) > 3)
    for process in own_trainer.workers("trainer.training.worker"):
        assert process != worker_of(own_trainer, job.id)
        process.kill()
    assert own_trainer.ended(job.id).status == "succeeded"
    # The next one has the libraries loaded anew.
    assert own_trainer.ended(own_trainer.train(hyperparameters=ONE).id).status == "succeeded"


def test_where_a_gpu_forbids_to_fork_each_job_has_a_process_that_loads_the_libraries(
    tmp_path: Path, table: Path
) -> None:
    tool = tmp_path / "tools" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    trainer = Trainer(tmp_path / "data", table, tmp_path / "cache", PATH=path, TRAINER_DEVICES="2")
    try:
        # Each process of the first.
        first = trainer.train(hyperparameters=ONE, metadata={"gpus": "2"})
        doomed = trainer.train(hyperparameters=MANY)
        assert trainer.ended(first.id).status == "succeeded"
        wait_for(lambda: trainer.steps(doomed.id) > 3)
        assert worker_of(trainer, doomed.id) in trainer.workers("trainer.training.worker")
        # It saves its state before its server ends.
        trainer.stop()
        trainer.start()
        wait_for(lambda: any("resumed from step" in event.message for event in trainer.events(doomed.id)))
        worker_of(trainer, doomed.id).kill()
        assert trainer.ended(doomed.id).error.code == "worker_died"
    finally:
        trainer.kill_all()


def test_a_killed_training_process_fails_its_job_and_the_queue_goes_on(own_trainer: Trainer) -> None:
    doomed = own_trainer.train(hyperparameters=MANY)
    following = own_trainer.train(hyperparameters=ONE)
    wait_for(lambda: own_trainer.steps(doomed.id) > 3)
    worker_of(own_trainer, doomed.id).kill()
    ended = own_trainer.ended(doomed.id)
    assert (ended.status, ended.error.code) == ("failed", "worker_died")
    assert "ran out of memory" in ended.error.message
    assert own_trainer.events(doomed.id)[-1].level == "error"
    assert own_trainer.ended(following.id).status == "succeeded"
    assert not (own_trainer.data / "models" / doomed.id).exists()


def test_a_killed_training_process_that_had_saved_its_state_goes_on_from_there(saving_trainer: Trainer) -> None:
    job = saving_trainer.train(some_examples(30), hyperparameters={"n_epochs": 4})
    wait_for(lambda: saving_trainer.steps(job.id) > 3)
    worker_of(saving_trainer, job.id).kill()
    assert saving_trainer.ended(job.id).status == "succeeded"
    events = saving_trainer.events(job.id)
    (warning,) = [event.message for event in events if event.level == "warn"]
    assert "was killed from outside" in warning
    assert re.search(r"goes on from step \d+$", warning)
    assert [event.data["step"] for event in events if event.type == "metrics"] == list(range(1, 61))
    wait_for(lambda: not (saving_trainer.data / "states" / job.id).exists())


def test_of_two_processes_that_train_a_job_none_outlives_the_other_and_the_job_goes_on(
    saving_trainer: Trainer,
) -> None:
    jobs = saving_trainer.client.fine_tuning.jobs
    job = saving_trainer.train(hyperparameters=MANY, metadata={"gpus": "2"})

    def both() -> list[psutil.Process]:
        """Once they have saved the state after another step."""
        before = saving_trainer.steps(job.id)
        wait_for(lambda: saving_trainer.steps(job.id) > before + 1)
        return wait_for(living)

    def living() -> list[psutil.Process]:
        with contextlib.suppress(OSError, psutil.Error):
            worker = worker_of(saving_trainer, job.id)
            return [worker, *worker.children()]
        return []

    def ended(processes: list[psutil.Process]) -> None:
        assert len(processes) == 2
        assert not psutil.wait_procs(processes, timeout=60)[1]

    def killed() -> list[str]:
        return [event.message for event in saving_trainer.events(job.id) if "was killed from outside" in event.message]

    for times, victim in enumerate((1, 0), start=1):
        processes = both()
        processes[victim].kill()
        ended(processes)
        wait_for(lambda times=times: len(killed()) == times)
    processes = both()
    jobs.pause(job.id)
    ended(processes)
    assert jobs.retrieve(job.id).status == "paused"
    jobs.resume(job.id)
    processes = both()
    jobs.cancel(job.id)
    ended(processes)


def test_what_all_processes_of_a_job_cannot_go_on_from_is_told_once(saving_trainer: Trainer) -> None:
    endless = [example("Go on! " * 3000, "No.") for _ in range(10)]
    job = saving_trainer.train(endless, metadata={"gpus": "2"})
    assert saving_trainer.ended(job.id).status == "failed"
    wait_for(lambda: not (saving_trainer.data / "states" / job.id).exists())
    assert len([event for event in saving_trainer.events(job.id) if event.level == "error"]) == 1


def test_preferences_are_refused_where_they_ask_for_several_devices(saving_trainer: Trainer) -> None:
    with pytest.raises(openai.BadRequestError, match="Only supervised fine-tuning trains on several GPUs at once"):
        saving_trainer.train(some_pairs(), method={"type": "dpo"}, metadata={"gpus": "2"})


def test_reinforcement_goes_on_after_its_process_and_the_server_were_killed(saving_trainer: Trainer) -> None:
    job = saving_trainer.train(
        some_tasks(),
        validation_file=saving_trainer.upload(jsonl(some_tasks(2))),
        method=reinforced(n_epochs=4, batch_size=4, eval_interval=3),
        metadata={"max_completion_tokens": "4"},
    )
    wait_for(lambda: saving_trainer.steps(job.id) > 3)
    worker_of(saving_trainer, job.id).kill()
    saving_trainer.kill_all()
    saving_trainer.start()
    ended = saving_trainer.ended(job.id)
    assert ended.status == "succeeded", ended.error
    steps = [event.data for event in saving_trainer.events(job.id) if event.type == "metrics"]
    assert [data["step"] for data in steps] == list(range(1, 13))
    assert [data["step"] for data in steps if "full_valid_mean_reward" in data] == [3, 6, 9, 12]
    checkpoints = saving_trainer.client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert len(checkpoints) == 3


def test_a_paused_job_rests_while_another_dies_with_its_server_and_both_go_on(saving_trainer: Trainer) -> None:
    jobs = saving_trainer.client.fine_tuning.jobs
    job = saving_trainer.train(hyperparameters={"n_epochs": 6})
    dying = saving_trainer.train(some_examples(30), hyperparameters={"n_epochs": 8})
    wait_for(lambda: saving_trainer.steps(job.id) > 3)
    assert jobs.pause(job.id).status == "paused"
    wait_for(lambda: jobs.checkpoints.list(job.id).data)  # its worker has left a model, and is gone
    wait_for(lambda: saving_trainer.steps(dying.id) > 2)
    saving_trainer.kill_all()
    saving_trainer.start()
    jobs = saving_trainer.client.fine_tuning.jobs
    assert saving_trainer.ended(dying.id).status == "succeeded"
    messages = [event.message for event in saving_trainer.events(dying.id)]
    assert any(message.startswith("Fine-tuning job resumed from step ") for message in messages)
    assert told_steps(saving_trainer, dying.id) == list(range(1, 121))
    # The paused one has rested, and left a model.
    assert jobs.retrieve(job.id).status == "paused"
    (snapshot,) = jobs.checkpoints.list(job.id).data
    answer = saving_trainer.client.chat.completions.create(
        model=snapshot.fine_tuned_model_checkpoint, messages=HELLO, max_tokens=2, logit_bias=ENDLESS
    )
    assert answer.usage.completion_tokens == 2
    assert stat.S_IMODE((saving_trainer.data / "states").stat().st_mode) == 0o700
    assert stat.S_IMODE((saving_trainer.data / "states" / job.id).stat().st_mode) == 0o700
    with pytest.raises(openai.BadRequestError, match="is paused"):
        jobs.pause(job.id)
    assert jobs.resume(job.id).status == "queued"
    with pytest.raises(openai.BadRequestError, match="not paused"):
        jobs.resume(job.id)
    assert saving_trainer.ended(job.id).status == "succeeded"
    events = [event for event in saving_trainer.events(job.id) if event.type == "metrics"]
    assert [event.data["step"] for event in events] == list(range(1, 37))
    seconds = [event.data["elapsed_seconds"] for event in events]
    assert seconds == sorted(seconds)
    rested = max(after.created_at - before.created_at for before, after in pairwise(events))
    passed = events[-1].created_at - events[0].created_at
    assert seconds[-1] - seconds[0] <= passed - rested + 2, "the pause, the other job's turn and the restart aside"
    assert [one.step_number for one in jobs.checkpoints.list(job.id).data][:3] == [36, 30, 24]


def test_a_paused_job_can_be_cancelled(saving_trainer: Trainer) -> None:
    jobs = saving_trainer.client.fine_tuning.jobs
    first = saving_trainer.train(hyperparameters=MANY)
    second = saving_trainer.train(hyperparameters=MANY)
    wait_for(lambda: jobs.retrieve(second.id).status == "queued")
    assert jobs.pause(second.id).status == "paused"
    assert jobs.cancel(second.id).status == "cancelled"
    assert jobs.cancel(first.id).status == "cancelled"
    wait_for(lambda: not (saving_trainer.data / "states" / first.id).exists())


def told_steps(trainer: Trainer, job_id: str) -> list[int]:
    return [event.data["step"] for event in trainer.events(job_id) if event.type == "metrics"]


def test_a_training_that_ends_while_its_server_is_away_has_succeeded(own_trainer: Trainer) -> None:
    job = own_trainer.train(hyperparameters={"n_epochs": 4})
    wait_for(lambda: own_trainer.steps(job.id) > 0)
    worker = worker_of(own_trainer, job.id)
    own_trainer.kill()
    psutil.wait_procs([worker], timeout=240)
    own_trainer.start()
    assert own_trainer.ended(job.id).status == "succeeded"
    # Each step is told once.
    assert told_steps(own_trainer, job.id) == list(range(1, 25))


def test_a_stopped_server_ends_its_work_and_the_next_one_goes_on_with_it(own_trainer: Trainer) -> None:
    over = own_trainer.ended(own_trainer.train(hyperparameters=ONE).id)
    job = own_trainer.train(some_examples(500), hyperparameters=MANY)
    wait_for(lambda: own_trainer.steps(job.id) > 0)
    worker = worker_of(own_trainer, job.id)
    resting = own_trainer.train(hyperparameters=ONE)
    wait_for(lambda: own_trainer.client.fine_tuning.jobs.retrieve(resting.id).status == "queued")
    own_trainer.client.fine_tuning.jobs.pause(resting.id)
    checked = own_trainer.train(hyperparameters=ONE)
    own_trainer.stop()
    assert own_trainer.process.returncode in (0, -15)
    assert not lives(worker), "the training saved its state and ended before its server did"
    left = own_trainer.data / "states" / over.id
    left.mkdir(exist_ok=True)
    own_trainer.start()
    # What is left of a job that has ended is removed.
    wait_for(lambda: not left.exists())
    wait_for(lambda: any("resumed from step" in event.message for event in own_trainer.events(job.id)))
    told = [event.message for event in own_trainer.events(job.id) if event.level == "warn"]
    assert told == ["The training was cut off; this job goes on where it was saved"]
    # So does the one that was being checked, and the paused one once it is told to.
    jobs = own_trainer.client.fine_tuning.jobs
    jobs.cancel(job.id)
    assert own_trainer.ended(checked.id).status == "succeeded"
    assert jobs.retrieve(resting.id).status == "paused"
    jobs.resume(resting.id)
    assert own_trainer.ended(resting.id).status == "succeeded"


def test_a_second_ctrl_c_does_not_wait_for_a_training(own_trainer: Trainer) -> None:
    job = own_trainer.train(some_examples(500), hyperparameters=MANY)
    wait_for(lambda: own_trainer.steps(job.id) > 0)
    worker = worker_of(own_trainer, job.id)
    worker.suspend()  # or it might save at once
    own_trainer.process.send_signal(signal.SIGINT)
    wait_for(own_trainer.refuses)
    own_trainer.process.send_signal(signal.SIGINT)
    # Which of the two depends on where it was when the second one came.
    assert own_trainer.process.wait(LEAVING_SECONDS / 2) in (0, 128 + signal.SIGINT)
    worker.resume()
    wait_for(lambda: not lives(worker))
    own_trainer.start()
    wait_for(lambda: any("resumed from step" in event.message for event in own_trainer.events(job.id)))


def test_a_training_goes_on_while_its_server_is_away_and_the_next_one_finds_it(own_trainer: Trainer) -> None:
    running = own_trainer.train(some_examples(500), hyperparameters=MANY)
    wait_for(lambda: own_trainer.steps(running.id) > 2)
    worker = worker_of(own_trainer, running.id)
    own_trainer.kill()
    own_trainer.start()
    step = own_trainer.steps(running.id)
    wait_for(lambda: own_trainer.steps(running.id) > step)
    # The same process, which nothing has interrupted.
    assert worker_of(own_trainer, running.id) == worker
    assert own_trainer.client.fine_tuning.jobs.retrieve(running.id).status == "running"
    # It obeys the new server.
    own_trainer.client.fine_tuning.jobs.cancel(running.id)
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_a_killed_serving_process_ends_its_chats_with_an_error_and_the_next_chat_is_answered(
    own_trainer: Trainer,
) -> None:
    chat = own_trainer.client.chat.completions
    stream = chat.create(**LONG, stream=True)
    next(stream)
    (worker,) = own_trainer.workers("trainer.serving.worker")
    worker.kill()
    with pytest.raises(openai.APIError, match="stopped"):
        for _ in stream:
            pass
    answer = chat.create(model="tiny-random", messages=HELLO, max_tokens=2, logit_bias=ENDLESS)
    assert answer.usage.completion_tokens == 2


def test_a_client_that_goes_away_ends_its_answer(own_trainer: Trainer) -> None:
    chat = own_trainer.client.chat.completions
    stream = chat.create(**LONG, stream=True)
    next(stream)
    stream.close()
    with contextlib.suppress(openai.APITimeoutError):
        own_trainer.client.with_options(timeout=0.2).chat.completions.create(**LONG)
    (worker,) = own_trainer.workers("trainer.serving.worker")

    def idle() -> bool:
        return bool(worker.cpu_percent(interval=0.3) < 5)

    wait_for(idle)


def test_two_trainers_do_not_share_a_data_folder(own_trainer: Trainer) -> None:
    import subprocess
    import sys

    second = subprocess.run(
        [sys.executable, "-m", "trainer", "serve", "--port", "0", "--data", str(own_trainer.data)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert second.returncode == 1
    assert "Another trainer works in" in second.stderr
    assert "Traceback" not in second.stderr
