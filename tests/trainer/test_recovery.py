import contextlib
from typing import Any

import openai
import pytest
from trainer_process import Trainer, wait_for

HELLO: list[Any] = [{"role": "user", "content": "Hi"}]
MANY = {"n_epochs": 50}
ONE = {"n_epochs": 1}
ENDLESS = {"2": -100}  # the token that ends a turn


def test_a_killed_training_process_fails_its_job_and_the_queue_goes_on(own_trainer: Trainer) -> None:
    doomed = own_trainer.train(hyperparameters=MANY)
    following = own_trainer.train(hyperparameters=ONE)
    wait_for(lambda: own_trainer.steps(doomed.id) > 3)
    # The one that trains; another may stand ready.
    for process in own_trainer.workers("trainer.training.worker"):
        process.kill()
    ended = own_trainer.ended(doomed.id)
    assert (ended.status, ended.error.code) == ("failed", "worker_died")
    assert "ran out of memory" in ended.error.message
    assert own_trainer.events(doomed.id)[-1].level == "error"
    assert own_trainer.ended(following.id).status == "succeeded"
    assert not (own_trainer.data / "models" / doomed.id).exists()


def test_a_killed_server_takes_its_jobs_up_again(own_trainer: Trainer) -> None:
    running = own_trainer.train(hyperparameters={"n_epochs": 8})
    waiting = own_trainer.train(hyperparameters=ONE)
    wait_for(lambda: own_trainer.steps(running.id) > 2)
    workers = own_trainer.workers("trainer.training.worker")
    own_trainer.kill()
    # No worker outlives its server: nobody trains one job twice.
    for worker in workers:
        worker.wait(10)
    own_trainer.start()
    assert own_trainer.client.fine_tuning.jobs.retrieve(waiting.id).status in ("validating_files", "queued")
    assert own_trainer.ended(running.id).status == "succeeded"
    events = own_trainer.events(running.id)
    messages = [event.message for event in events]
    assert "The trainer was restarted; this job trains again from the beginning" in messages
    assert messages.count("Fine-tuning job started") == 2
    # The same seed, file and settings give the same figures.
    twice = [event.data["train_loss"] for event in events if (event.data or {}).get("step") == 2]
    assert len(twice) == 2
    assert twice[0] == twice[1]
    assert len(own_trainer.client.fine_tuning.jobs.list().data) == 2


def test_a_stopped_server_stops_at_once_and_a_job_that_was_being_checked_goes_on(own_trainer: Trainer) -> None:
    job = own_trainer.train(hyperparameters=ONE)
    own_trainer.stop()
    assert own_trainer.process.returncode in (0, -15)
    own_trainer.start()
    assert own_trainer.ended(job.id).status == "succeeded"


def test_a_killed_serving_process_ends_its_chats_with_an_error_and_the_next_chat_is_answered(
    own_trainer: Trainer,
) -> None:
    chat = own_trainer.client.chat.completions
    stream = chat.create(model="tiny-random", messages=HELLO, max_tokens=1000, stream=True, logit_bias=ENDLESS)
    next(stream)
    (worker,) = own_trainer.workers("trainer.serving.worker")
    worker.kill()
    with pytest.raises(openai.APIError, match="stopped"):
        for _ in stream:
            pass
    assert chat.create(model="tiny-random", messages=HELLO, max_tokens=2).usage.completion_tokens == 2


def test_a_client_that_goes_away_ends_its_answer(own_trainer: Trainer) -> None:
    chat = own_trainer.client.chat.completions
    stream = chat.create(model="tiny-random", messages=HELLO, max_tokens=1900, stream=True, logit_bias=ENDLESS)
    next(stream)
    stream.close()
    with contextlib.suppress(openai.APITimeoutError):
        own_trainer.client.with_options(timeout=0.2).chat.completions.create(
            model="tiny-random", messages=HELLO, max_tokens=1900, logit_bias=ENDLESS
        )
    (worker,) = own_trainer.workers("trainer.serving.worker")

    def idle() -> bool:
        return bool(worker.cpu_percent(interval=0.3) < 5)

    wait_for(idle, 20)


def test_two_trainers_do_not_share_a_data_folder(own_trainer: Trainer) -> None:
    import subprocess
    import sys

    second = subprocess.run(
        [sys.executable, "-m", "trainer", "serve", "--port", "0", "--data", str(own_trainer.data)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 1
    assert "Another trainer works in" in second.stderr
    assert "Traceback" not in second.stderr
