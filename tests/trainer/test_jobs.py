import base64
import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.tiny_model import ENDLESS
from tests.trainer_process import (
    HOLDS_LETTER,
    KEY,
    Trainer,
    jsonl,
    reinforced,
    some_examples,
    some_pairs,
    some_tasks,
    wait_for,
)

NAME = r"ft:tiny-random:acme:my-model:[A-Za-z0-9]{8}"
BAD_SEED = ("seed", "invalid_type")


def test_a_job_that_succeeded_tells_everything_in_the_protocols_shape(trainer: Trainer, finished: Any) -> None:
    assert finished.object == "fine_tuning.job"
    assert finished.model == "tiny-random"
    assert re.fullmatch(NAME, finished.fine_tuned_model)
    assert finished.organization_id == "acme"
    assert finished.finished_at >= finished.created_at
    # As it is printed in the guides: programs read `job.error.code`, whether or not something is wrong.
    assert finished.error.to_dict() == {"code": None, "message": None, "param": None}
    assert finished.estimated_finish is None
    assert finished.seed == 7
    assert finished.metadata == {"team": "blue"}
    hyperparameters = finished.method.supervised.hyperparameters
    assert (hyperparameters.n_epochs, hyperparameters.batch_size) == (4, 2)
    assert hyperparameters.learning_rate_multiplier == 1
    assert finished.hyperparameters.n_epochs == 4
    # Every token that is read counts, in each of the four epochs.
    assert finished.trained_tokens > 0
    assert finished.trained_tokens % 4 == 0


def test_events_tell_the_life_of_a_job_in_the_protocols_words_and_order(trainer: Trainer, finished: Any) -> None:
    events = trainer.events(finished.id)
    messages = [event.message for event in events]
    assert messages[:4] == [
        f"Created fine-tuning job: {finished.id}",
        f"Validating training file: {finished.training_file} and validation file: {finished.validation_file}",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
    ]
    lineage = events[3].data["lineage"]
    assert lineage["base"]["origin"]
    assert {"finetune-bot", "torch"} <= set(lineage["code"])
    steps = messages[4:28]
    assert all(message.startswith(f"Step {step}/24: training loss=") for step, message in enumerate(steps, 1))
    assert [", full validation loss=" in message for message in steps] == [step % 6 == 0 for step in range(1, 25)]
    assert re.fullmatch(rf"Checkpoint created at step 12 with Snapshot ID: {NAME}:ckpt-step-12", messages[28])
    assert re.fullmatch(rf"Checkpoint created at step 18 with Snapshot ID: {NAME}:ckpt-step-18", messages[29])
    assert messages[30:] == [
        f"New fine-tuned model created: {finished.fine_tuned_model}",
        "The job has successfully completed",
    ]
    assert {event.object for event in events} == {"fine_tuning.job.event"}
    assert {event.level for event in events} == {"info"}


def test_each_step_is_measured_and_what_was_not_measured_is_absent(trainer: Trainer, finished: Any) -> None:
    metrics = [event.data for event in trainer.events(finished.id) if event.type == "metrics"]
    assert [data["step"] for data in metrics] == list(range(1, 25))
    for data in metrics:
        wanted = {"step", "total_steps", "train_loss", "train_mean_token_accuracy"}
        wanted |= {"valid_loss", "valid_mean_token_accuracy"}  # 24 steps: one look at each
        # The older service's measures.
        wanted |= {"elapsed_tokens", "elapsed_examples", "train_sequence_accuracy", "valid_sequence_accuracy"}
        wanted.add("elapsed_seconds")  # of our own
        if data["step"] % 6 == 0:
            wanted |= {"full_valid_loss", "full_valid_mean_token_accuracy", "full_valid_sequence_accuracy"}
            assert data["elapsed_examples"] == data["step"] * 2
        assert set(data) == wanted
        assert all(0 <= data[name] <= 1 for name in wanted if name.endswith("accuracy"))
    assert metrics[-1]["elapsed_tokens"] == finished.trained_tokens
    assert metrics[-1]["train_loss"] < metrics[0]["train_loss"]
    assert metrics[-1]["full_valid_loss"] < metrics[5]["full_valid_loss"]


def test_the_last_three_checkpoints_are_kept_and_answer(trainer: Trainer, finished: Any) -> None:
    checkpoints = trainer.client.fine_tuning.jobs.checkpoints.list(finished.id)
    assert [one.step_number for one in checkpoints.data] == [24, 18, 12]
    assert checkpoints.data[0].fine_tuned_model_checkpoint == finished.fine_tuned_model
    assert all(one.metrics.full_valid_loss for one in checkpoints.data)
    for one in checkpoints.data:
        answer = trainer.client.chat.completions.create(
            model=one.fine_tuned_model_checkpoint, messages=[{"role": "user", "content": "Hi"}], max_tokens=3
        )
        assert answer.model == one.fine_tuned_model_checkpoint
    folders = {path.name for path in (trainer.data / "models" / finished.id).iterdir()}
    assert folders == {"step-12", "step-18", "step-24"}


def test_the_results_file_is_base64_of_a_csv_with_the_protocols_columns(trainer: Trainer, finished: Any) -> None:
    content = trainer.client.files.content(finished.result_files[0]).read()
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(content, validate=True).decode())))
    protocols = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    older = ["elapsed_tokens", "elapsed_examples", "training_sequence_accuracy", "validation_sequence_accuracy"]
    assert list(rows[0])[:5] == protocols
    assert set(older) <= set(rows[0])
    assert rows[-1]["elapsed_tokens"] == str(finished.trained_tokens)
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 25)]


def test_lists_are_newest_first_and_after_goes_to_older_ones(trainer: Trainer, finished: Any) -> None:
    jobs = trainer.client.fine_tuning.jobs
    later = trainer.train([{}], metadata={"team": "red", "run": "1"})
    trainer.ended(later.id)
    assert [job.id for job in jobs.list(limit=1).data] == [later.id]
    older = jobs.list(limit=100, after=later.id)
    assert finished.id in [job.id for job in older.data]
    assert later.id not in [job.id for job in older.data]
    assert [job.id for job in jobs.list(metadata={"team": "red", "run": "1"})] == [later.id]
    assert finished.id in [job.id for job in jobs.list(metadata={"team": "blue"})]
    assert list(jobs.list(metadata={"team": "green"})) == []
    newest = jobs.list_events(finished.id, limit=2)
    assert newest.has_more
    assert newest.data[0].message == "The job has successfully completed"
    following = jobs.list_events(finished.id, limit=2, after=newest.data[1].id)
    assert following.data[0].message.startswith("Checkpoint created at step 18")
    with pytest.raises(openai.NotFoundError):
        jobs.list(after="ftjob-nowhere")


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (jsonl(some_examples(9)), "invalid_n_examples", "has 9 example"),
        (jsonl(some_examples(9)) + b'\n{"messages": [', "invalid_training_file", "Line 10"),
        (jsonl([*some_examples(11), {"messages": [{"role": "robot", "content": "x"}]}]), "invalid_training_file", "12"),
        (jsonl(some_pairs()), "invalid_training_file", "preference format, but supervised fine-tuning needs the chat"),
        (b'{"messages": []}\n\xff\xfe', "invalid_training_file", "Line 2"),
    ],
)
def test_bad_data_fails_the_job_and_says_where(trainer: Trainer, content: bytes, code: str, said: str) -> None:
    job = trainer.client.fine_tuning.jobs.create(model="tiny-random", training_file=trainer.upload(content))
    ended = trainer.ended(job.id)
    assert (ended.status, ended.error.code, ended.error.param) == ("failed", code, "training_file")
    assert said in ended.error.message
    assert ended.finished_at
    last = trainer.events(job.id)[-1]
    assert (last.level, last.message) == ("error", ended.error.message)


@pytest.mark.parametrize(
    ("settings", "param", "said"),
    [
        ({"model": "gpt-9"}, "model", "does not exist"),
        ({"training_file": "file-nowhere"}, "training_file", "does not exist"),
        ({"validation_file": "file-nowhere"}, "validation_file", "does not exist"),
        ({"suffix": "x" * 65}, "suffix", "64"),
        ({"suffix": "a:b"}, "suffix", "letters"),
        ({"seed": -1}, "seed", "0"),
        ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs", "from 1 to 50, got 51"),
        ({"hyperparameters": {"batch_size": 0}}, "hyperparameters.batch_size", "from 1 to 256"),
        ({"hyperparameters": {"n_epochs": "many"}}, "hyperparameters.n_epochs", "'auto'"),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {"learning_rate_multiplier": 0}}}},
            "method.supervised.hyperparameters.learning_rate_multiplier",
            "above 0",
        ),
        ({"method": {"type": "guessing"}}, "method.type", "the methods are 'supervised', 'dpo' and 'reinforcement'"),
        ({"method": {"type": "reinforcement"}}, "method.reinforcement.grader", "Missing required parameter"),
        ({"method": reinforced()}, "validation_file", "Missing required parameter: 'validation_file'"),
        ({"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 3}}}}, "method.dpo.hyperparameters.beta", "2"),
        ({"metadata": {"k" * 65: "v"}}, "metadata", "64"),
    ],
)
def test_bad_settings_are_refused_with_the_field_and_the_reason(
    trainer: Trainer, settings: dict[str, Any], param: str, said: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=re.escape(said)) as caught:
        trainer.train(**settings)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("settings", "said", "param", "code"),
    [
        ({"wizard": 1}, "Unrecognized request argument supplied: wizard", None, None),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {"epochs": 3}}}},
            "Unknown parameter: 'method.supervised.hyperparameters.epochs'.",
            "method.supervised.hyperparameters.epochs",
            "unknown_parameter",
        ),
        ({"seed": "7"}, "Invalid type for 'seed': expected an integer, but got a string instead.", *BAD_SEED),
        ({"seed": 7.0}, "Invalid type for 'seed': expected an integer, but got a decimal number instead.", *BAD_SEED),
        ({"seed": True}, "Invalid type for 'seed': expected an integer, but got a boolean instead.", *BAD_SEED),
        ({"suffix": ""}, "Invalid 'suffix': empty string.", "suffix", "empty_string"),
        (
            {"metadata": {"run": 1}},
            "Invalid type for 'metadata.run': expected a string",
            "metadata.run",
            "invalid_type",
        ),
    ],
)
def test_what_the_protocol_does_not_have_is_refused_in_the_words_of_the_service(
    trainer: Trainer, settings: dict[str, Any], said: str, param: str | None, code: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        trainer.train(extra_body=settings)
    body: Any = caught.value.body
    assert body["message"].startswith(said)
    assert (body["type"], body["param"], body["code"]) == ("invalid_request_error", param, code)


def test_a_waiting_job_is_cancelled_at_once_and_a_cancelled_one_not_again(trainer: Trainer) -> None:
    running = trainer.train(hyperparameters={"n_epochs": 50})
    waiting = trainer.train()
    jobs = trainer.client.fine_tuning.jobs
    assert jobs.cancel(waiting.id).status == "cancelled"
    wait_for(lambda: trainer.steps(running.id) > 3)
    assert jobs.retrieve(running.id).status == "running"
    assert jobs.retrieve(running.id).estimated_finish
    assert jobs.cancel(running.id).status == "cancelled"
    assert jobs.retrieve(running.id).status == "cancelled"
    assert jobs.retrieve(running.id).fine_tuned_model is None
    assert trainer.events(waiting.id)[-1].message == "The job was cancelled"
    with pytest.raises(openai.BadRequestError, match="cancelled already"):
        jobs.cancel(waiting.id)


def test_a_file_deleted_while_its_job_waits_fails_that_job_with_a_sentence(trainer: Trainer) -> None:
    running = trainer.train(hyperparameters={"n_epochs": 50})
    waiting = trainer.train()
    wait_for(lambda: trainer.client.fine_tuning.jobs.retrieve(waiting.id).status == "queued")
    trainer.client.files.delete(waiting.training_file)
    trainer.client.fine_tuning.jobs.cancel(running.id)
    ended = trainer.ended(waiting.id)
    assert (ended.status, ended.error.code) == ("failed", "file_deleted")
    assert "was deleted before training began" in ended.error.message


def first_loss(trainer: Trainer, job_id: str) -> float:
    return next(event.data["train_loss"] for event in trainer.events(job_id) if event.type == "metrics")


def test_a_queued_job_tells_its_place_in_the_queue(trainer: Trainer) -> None:
    jobs = trainer.client.fine_tuning.jobs
    running = trainer.train(hyperparameters={"n_epochs": 50})
    first, second = trainer.train(), trainer.train()
    wait_for(
        lambda: [jobs.retrieve(job.id).status for job in (running, first, second)] == ["running", "queued", "queued"]
    )

    def place(job: Any) -> Any:
        return jobs.retrieve(job.id).model_dump().get("queue_position")

    assert [place(job) for job in (running, first, second)] == [None, 1, 2]
    told = [event.data for event in trainer.events(second.id) if "in the queue" in event.message]
    assert told == [{"queue_position": 2}]
    jobs.cancel(first.id)
    assert place(second) == 1
    for job in (second, running):
        jobs.cancel(job.id)


def test_high_priority_is_for_keys_that_may_ask_for_it(trainer: Trainer, client: Callable[..., openai.OpenAI]) -> None:
    def ask(of: openai.OpenAI, priority: str) -> Any:
        file = of.files.create(file=("a.jsonl", jsonl(some_examples())), purpose="fine-tune")
        return of.fine_tuning.jobs.create(model="tiny-random", training_file=file.id, metadata={"priority": priority})

    with pytest.raises(openai.PermissionDeniedError, match="may not ask for the priority 'high'"):
        ask(client("hurried"), "high")
    with pytest.raises(openai.BadRequestError, match="'low', 'normal' or 'high', not 'urgent'"):
        ask(trainer.client, "urgent")
    for of, priority in ((client("hurried"), "low"), (trainer.client, "high")):
        job = ask(of, priority)
        assert job.metadata == {"priority": priority}
        of.fine_tuning.jobs.cancel(job.id)


def test_a_job_asks_for_no_more_gpus_than_there_are(trainer: Trainer) -> None:
    for said in ("2", "0", "all"):
        with pytest.raises(openai.BadRequestError, match=f"from 1 to 1, .*not '{said}'"):
            trainer.train(metadata={"gpus": said})
    job = trainer.train(metadata={"gpus": "1"})
    trainer.client.fine_tuning.jobs.cancel(job.id)


def test_a_training_does_nothing_that_python_or_a_library_warns_of(trainer: Trainer, finished: Any) -> None:
    log = (trainer.data / "logs" / "training.log").read_text()
    told = [line for line in log.splitlines() if "Warning: " in line and "is_gradient_checkpointing" not in line]
    assert told == []  # PEFT 0.21 still asks transformers for that one


def test_a_training_worker_loads_nothing_that_no_training_uses(trainer: Trainer, finished: Any) -> None:
    (worker,) = trainer.workers("trainer.training.worker")
    loaded = {part for file in worker.memory_maps() for part in Path(file.path).parts}
    assert {"torch", "pandas"} <= loaded
    # Only what is compiled shows: Pydantic's core comes with MLflow and with W&B.
    assert not loaded & {"scipy", "sklearn", "pydantic_core"}


def test_an_unknown_job_is_a_404(trainer: Trainer) -> None:
    jobs = trainer.client.fine_tuning.jobs
    for ask in (jobs.retrieve, jobs.cancel, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(openai.NotFoundError):
            ask("ftjob-nowhere")


def test_a_fine_tuned_model_is_trained_further_on_preferences_with_dpo(trainer: Trainer, finished: Any) -> None:
    numbers = {"beta": 0.2, "n_epochs": "auto", "batch_size": 4}
    job = trainer.train(
        some_pairs(),
        model=finished.fine_tuned_model,
        validation_file=trainer.upload(jsonl(some_pairs(3))),
        method={"type": "dpo", "dpo": {"hyperparameters": numbers}},
        # The older place counts where the method names none.
        hyperparameters={"n_epochs": 2},
    )
    asked = job.method.dpo.hyperparameters
    assert (job.method.type, asked.beta, asked.n_epochs, asked.learning_rate_multiplier) == ("dpo", 0.2, 2, "auto")
    assert job.method.supervised is None
    ended = trainer.ended(job.id)
    assert ended.status == "succeeded", ended.error
    used = ended.method.dpo.hyperparameters
    assert (used.beta, used.n_epochs, used.batch_size, used.learning_rate_multiplier) == (0.2, 2, 4, 0.1)
    metrics = [event.data for event in trainer.events(job.id) if event.type == "metrics"]
    assert [data["step"] for data in metrics] == [1, 2, 3, 4, 5, 6]
    seconds = [data["elapsed_seconds"] for data in metrics]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    (last, *_) = trainer.client.fine_tuning.jobs.checkpoints.list(job.id).data
    rewards = {"train_reward_accuracy", "train_reward_margin", "full_valid_reward_accuracy", "full_valid_reward_margin"}
    assert rewards <= set(last.metrics.model_dump())
    assert metrics[0]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    assert ended.fine_tuned_model.startswith("ft:tiny-random:acme::")
    assert {"train_loss", "train_reward_accuracy", "full_valid_loss", "full_valid_reward_accuracy"} <= set(metrics[-1])
    answer = trainer.client.chat.completions.create(
        model=ended.fine_tuned_model, messages=[{"role": "user", "content": "Hi"}], max_tokens=2, logit_bias=ENDLESS
    )
    assert answer.usage.completion_tokens == 2


def test_all_weights_are_trained_where_the_metadata_ask_for_it_and_the_model_answers_and_goes_on(
    trainer: Trainer, finished: Any
) -> None:
    all_weights: dict[str, Any] = {"metadata": {"lora_rank": "0"}, "hyperparameters": {"n_epochs": 2}}
    first = trainer.ended(trainer.train(model=finished.fine_tuned_model, seed=7, **all_weights).id)
    assert first.status == "succeeded", first.error
    more = trainer.ended(trainer.train(model=first.fine_tuned_model, hyperparameters={"n_epochs": 1}).id)
    assert more.status == "succeeded", more.error
    for job in (first, more):
        assert (trainer.data / "models" / job.id / "step-6" / "model.safetensors").is_file()
        answer = trainer.client.chat.completions.create(
            model=job.fine_tuned_model, messages=[{"role": "user", "content": "Hi"}], max_tokens=2, logit_bias=ENDLESS
        )
        assert answer.usage.completion_tokens == 2
    # Each begins with what was learned before it, by whichever batch one looks.
    untrained = first_loss(trainer, finished.id)
    assert max(first_loss(trainer, job.id) for job in (first, more)) < untrained - 1
    asked: Any = {"base_url": f"{trainer.url}/x/", "headers": {"Authorization": f"Bearer {KEY}"}}
    with httpx.Client(**asked) as own:
        export = own.post("exports", json={"model": more.fine_tuned_model}).json()["id"]
        ended = wait_for(lambda: (now := own.get(f"exports/{export}").json())["finished_at"] and now)
        assert ended["status"] == "succeeded", ended["error"]
        packed = own.get(f"exports/{export}/content").content
    names = set(zipfile.ZipFile(io.BytesIO(packed)).namelist())
    assert {"README.md", "config.json", "model.safetensors", "tokenizer.json"} <= names
    refused = trainer.ended(trainer.train(metadata={"lora_rank": "lots"}).id)
    assert (refused.error.code, refused.error.param) == ("invalid_metadata", "metadata")


def test_a_model_is_trained_by_a_grader_followed_and_asked(trainer: Trainer) -> None:
    client = trainer.client
    job = trainer.train(
        some_tasks(),
        validation_file=trainer.upload(jsonl(some_tasks(3))),
        seed=3,
        method=reinforced(n_epochs=2, batch_size=4, eval_interval=2, compute_multiplier=0.5, reasoning_effort="low"),
        metadata={"max_completion_tokens": "8"},
    )
    asked = job.method.reinforcement.hyperparameters
    assert (job.method.type, asked.eval_interval, asked.eval_samples) == ("reinforcement", 2, "auto")
    ended = trainer.ended(job.id)
    assert ended.status == "succeeded", ended.error
    assert ended.method.reinforcement.grader.model_dump() == HOLDS_LETTER
    used = ended.method.reinforcement.hyperparameters
    assert (used.n_epochs, used.batch_size, used.learning_rate_multiplier) == (2, 4, 1)
    assert (used.reasoning_effort, used.compute_multiplier, used.eval_interval, used.eval_samples) == ("low", 0.5, 2, 1)
    steps = [event for event in trainer.events(job.id) if event.type == "metrics"]
    assert [event.data["step"] for event in steps] == [1, 2, 3, 4, 5, 6]
    (before,) = [event for event in trainer.events(job.id) if event.message.startswith("Before training, full valid")]
    assert before.type == "message"
    assert before.data["step"] == 0
    assert re.fullmatch(r"Step 1/6 , train mean reward=0\.\d{4}", steps[0].message)
    assert re.fullmatch(
        r"Step 2/6 , train mean reward=0\.\d{4}, full validation mean reward=[01]\.\d{4}", steps[1].message
    )
    checkpoints: list[Any] = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert [checkpoint.step_number for checkpoint in checkpoints] == [6, 4, 2]
    rewards = {one.fine_tuned_model_checkpoint: one.metrics.full_valid_mean_reward for one in checkpoints}
    assert rewards[ended.fine_tuned_model] == max(rewards.values())
    assert ended.trained_tokens == steps[-1].data["elapsed_tokens"]
    table = base64.b64decode(client.files.content(ended.result_files[0]).content).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [float(row["train_mean_reward"]) for row in rows] == [step.data["train_mean_reward"] for step in steps]
    assert rows[0]["full_valid_mean_reward"] == ""
    assert {"full_valid_mean_parse_error", "train_reward_std"} <= set(rows[1])
    for model in rewards:
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hi"}], max_tokens=2, logit_bias=ENDLESS
        )
        assert answer.usage.completion_tokens == 2


@pytest.mark.parametrize(
    ("grader", "said"),
    [
        ({"type": "string_check", "name": "x"}, "does not fit the protocol"),
        ({**HOLDS_LETTER, "input": "{{sample.nothing}}"}, "sample.nothing"),
        ({"type": "python", "name": "x", "source": "def grade(sample, item):\n    return 1.0"}, "'python'"),
        (
            {"type": "score_model", "name": "x", "model": "m", "input": [{"role": "user", "content": "Good?"}]},
            "Graders that ask a model",
        ),
    ],
    ids=["incomplete", "unknown template", "python", "judge"],
)
def test_a_grader_that_cannot_grade_is_refused_before_anything_is_trained(
    trainer: Trainer, grader: dict[str, Any], said: str
) -> None:
    validation = trainer.upload(jsonl(some_tasks(3)))
    with pytest.raises(openai.BadRequestError, match=re.escape(said)) as caught:
        trainer.train(some_tasks(), validation_file=validation, method=reinforced(grader))
    assert caught.value.param == "method.reinforcement.grader"


def test_chats_are_no_tasks_for_a_grader(trainer: Trainer) -> None:
    validation = trainer.upload(jsonl(some_tasks(3)))
    ended = trainer.ended(trainer.train(validation_file=validation, method=reinforced()).id)
    assert (ended.status, ended.error.code) == ("failed", "invalid_training_file")
    assert "needs the reinforcement format" in ended.error.message


def test_chats_are_no_preferences(trainer: Trainer) -> None:
    ended = trainer.ended(trainer.train(method={"type": "dpo"}).id)
    assert (ended.status, ended.error.code) == ("failed", "invalid_training_file")
    assert "needs the preference format" in ended.error.message


def test_chinese_completions_are_trained_on_and_one_that_is_too_long_is_cut_and_the_job_says_so(
    trainer: Trainer,
) -> None:
    examples = [
        {"prompt": f"问：第{number}题？\n\n###\n\n", "completion": f" 答案是{number}。"} for number in range(11)
    ]
    # A token a byte, and one for the end.
    once = sum(len((one["prompt"] + one["completion"]).encode()) + 1 for one in examples)
    context = 2048
    examples.append({"prompt": "问：", "completion": " 很长" * context})
    ended = trainer.ended(trainer.train(examples, suffix="中文", hyperparameters={"n_epochs": 2}).id)
    assert ended.status == "succeeded", ended.error
    assert ":中文:" in ended.fine_tuned_model
    assert ended.trained_tokens == 2 * (once + context)
    warnings = [event.message for event in trainer.events(ended.id) if event.level == "warn"]
    assert warnings == ["1 example(s) are longer than the 2048 tokens that the model reads; their ends were cut off"]


def test_every_list_names_its_first_and_its_last_object(trainer: Trainer, finished: Any) -> None:
    paths = [
        *(
            "/files",
            "/fine_tuning/jobs",
            "/models",
            f"/fine_tuning/checkpoints/{finished.fine_tuned_model}/permissions",
        ),
        *(f"/fine_tuning/jobs/{finished.id}/{part}" for part in ("events", "checkpoints")),
    ]
    for path in paths:
        page: Any = trainer.client.get(path, cast_to=object)
        ids = [one["id"] for one in page["data"]] or [None]
        assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[0], ids[-1], page["has_more"])
        assert page["object"] == "list"
    page = trainer.client.get("/fine_tuning/jobs?metadata[no]=such", cast_to=object)
    assert page == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
