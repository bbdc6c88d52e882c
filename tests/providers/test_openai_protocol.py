"""The provider interface, through the official SDK over a real socket: what is asked, what is read, what goes wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from bot.providers import objects
from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, Usage
from bot.providers.interface import (
    CreateRequest,
    Doubtful,
    ProviderError,
    RateLimited,
    Refused,
    RemoteJob,
    Unintelligible,
    Unreachable,
)
from bot.providers.job_creation import job_arguments
from bot.providers.objects import CHANNEL_KEY, SUBMISSION_KEY
from bot.providers.openai import OPENAI
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Hyperparameters
from bot.providers.trainer import TRAINER
from tests.parts import MODEL, impatient, provider_over
from tests.stand_in_provider import StandInProvider

JOBS = "GET /fine_tuning/jobs"
CREATE = "POST /fine_tuning/jobs"
CHAT = "POST /chat/completions"
ASKED = [ChatMessage("user", "What is the answer?")]


def order(**fields: Any) -> CreateRequest:
    return CreateRequest(
        **{
            "submission": "job-1",
            "model": MODEL,
            "training_file": "file-1",
            "validation_file": None,
            "hyperparameters": Hyperparameters(),
            "suffix": None,
            "seed": 42,
            "requested_at": 1_700_000_000.0,
            **fields,
        }
    )


async def read_job(provider: OpenAIProtocol, stand_in: StandInProvider, **fields: Any) -> RemoteJob:
    return await provider.job(stand_in.add_job(**fields))


async def answer(provider: OpenAIProtocol, model: str = MODEL) -> list[str]:
    return [delta.text async for delta in provider.chat(ChatRequest(model, tuple(ASKED)))]


# What goes wrong is told apart by what it means for money


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ({"status": 400, "code": "invalid_training_file"}, Refused, "invalid_training_file"),
        ({"status": 401, "code": "invalid_api_key"}, Refused, "invalid_api_key"),
        ({"status": 403, "code": "training_not_available"}, Refused, "training_not_available"),
        ({"status": 404, "code": None}, Refused, None),
        ({"status": 413, "code": None}, Refused, None),
        ({"status": 422, "code": None}, Refused, None),
        ({"status": 429, "code": "insufficient_quota"}, Refused, "insufficient_quota"),
        ({"status": 429, "code": "rate_limit_exceeded"}, RateLimited, "rate_limit_exceeded"),
        ({"status": 429, "code": None}, RateLimited, "rate_limit_exceeded"),
        ({"status": 408, "code": None}, Doubtful, None),
        ({"status": 409, "code": None}, Doubtful, None),
        ({"status": 500, "code": "server_error"}, Doubtful, "server_error"),
        ({"status": 503, "code": "server_is_overloaded"}, Doubtful, "server_is_overloaded"),
        ({"status": 502, "body": "<html>Bad gateway</html>", "content_type": "text/html"}, Doubtful, None),
        ({"lost": True}, Doubtful, "connection_error"),
        (
            {"status": 200, "body": "<html>Welcome</html>", "content_type": "text/html"},
            Unintelligible,
            "unintelligible",
        ),
        ({"status": 200, "body": '{"hello": "world"}'}, Unintelligible, "unintelligible"),
        ({"status": 200, "body": "[]"}, Unintelligible, "unintelligible"),
        ({"status": 200, "body": "{"}, Unintelligible, "unintelligible"),
    ],
    ids=str,
)
async def test_errors_are_told_apart_and_nothing_is_repeated(
    provider: OpenAIProtocol,
    stand_in: StandInProvider,
    fault: dict[str, Any],
    kind: type[ProviderError],
    code: str | None,
) -> None:
    stand_in.fault(CREATE, times=5, **fault)
    with pytest.raises(ProviderError) as error:
        await provider.create_job(order())
    assert type(error.value) is kind
    assert error.value.code == code
    assert error.value.status == (fault.get("status") if kind is not Unintelligible else None)
    assert stand_in.requests == [CREATE]


CALLS: list[Callable[[OpenAIProtocol], Awaitable[Any]]] = [
    lambda p: p.create_job(order()),
    lambda p: p.find_job(order()),
    lambda p: p.job("ftjob-1"),
    lambda p: p.jobs(["ftjob-1", "ftjob-2"]),
    lambda p: p.events("ftjob-1", ()),
    lambda p: p.checkpoints("ftjob-1"),
    lambda p: p.cancel("ftjob-1"),
    lambda p: p.models(),
    lambda p: p.delete_model("ft:model"),
    lambda p: p.find_upload("name"),
    lambda p: p.has_file("file-1"),
    lambda p: p.file_content("file-1"),
    lambda p: p.delete_file("file-1"),
    lambda p: p.upload(Path(__file__), "name.jsonl"),
    answer,
]


@pytest.mark.parametrize("call", CALLS)
async def test_no_call_is_repeated_by_the_sdk(
    provider: OpenAIProtocol, stand_in: StandInProvider, call: Callable[[OpenAIProtocol], Awaitable[Any]]
) -> None:
    stand_in.fault("*", times=5, status=500)
    with pytest.raises(Doubtful):
        await call(provider)
    assert len(stand_in.requests) == 1


@pytest.mark.parametrize("call", CALLS)
async def test_where_nobody_listens_nothing_was_carried_out(
    provider: OpenAIProtocol, stand_in: StandInProvider, call: Callable[[OpenAIProtocol], Awaitable[Any]]
) -> None:
    await stand_in.down()
    with pytest.raises(Unreachable):
        await call(provider)


async def test_an_answer_that_does_not_come_in_time_is_a_doubt(stand_in: StandInProvider) -> None:
    stand_in.fault(CREATE, hold=asyncio.Event())
    async with provider_over(stand_in, timeout=impatient()) as provider:
        with pytest.raises(Doubtful) as error:
            await provider.create_job(order())
    assert error.value.code == "timeout"


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    provider = OpenAIProtocol("acme", AsyncOpenAI(api_key="sk-1", base_url="http://nowhere.invalid/v1"))
    with pytest.raises(Unreachable):
        await provider.models()
    await provider.close()


async def test_plain_http_where_tls_is_expected_is_no_crash(stand_in: StandInProvider) -> None:
    base_url = stand_in.url.replace("http://", "https://")
    provider = OpenAIProtocol("acme", AsyncOpenAI(api_key="sk-1", base_url=base_url))
    with pytest.raises(ProviderError):
        await provider.models()
    await provider.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("17", 17),
        ("1.5", 1.5),
        ("-3", 0),
        ("1e9", 600),
        ("nan", 10),
        ("inf", 10),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 10),
    ],
)
async def test_how_long_a_provider_asks_to_wait(
    provider: OpenAIProtocol, stand_in: StandInProvider, header: str, seconds: float
) -> None:
    stand_in.fault(JOBS, status=429, headers={"Retry-After": header})
    with pytest.raises(RateLimited) as error:
        await provider.jobs(["ftjob-1"])
    assert error.value.retry_after == seconds


async def test_the_words_of_a_refusal_are_kept_without_the_key_in_them(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.fault(CREATE, status=401, message="Incorrect API key provided: sk-abcdef0123456789abcdef.")
    with pytest.raises(Refused) as error:
        await provider.create_job(order())
    assert str(error.value).startswith("Incorrect API key provided")
    assert "abcdef" not in str(error.value)


async def test_what_a_server_on_fastapi_says_is_read(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    detail = [
        {"loc": ["body", "hyperparameters", "batch_size"], "msg": "ensure this value is greater than 7", "type": "x"},
        {"loc": ["body", "suffix"], "msg": "none is not allowed", "type": "x"},
    ]
    stand_in.fault(CREATE, status=422, body=json.dumps({"detail": detail}))
    with pytest.raises(Refused) as error:
        await provider.create_job(order())
    assert "body.hyperparameters.batch_size: ensure this value is greater than 7." in str(error.value)
    assert "body.suffix: none is not allowed." in str(error.value)
    stand_in.fault(CREATE, status=422, body='{"detail": "No such model"}')
    with pytest.raises(Refused, match=r"^No such model$"):
        await provider.create_job(order())


# Creating and finding


async def test_an_order_is_sent_as_the_protocol_wants_it(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    made = await provider.create_job(
        order(
            hyperparameters=Hyperparameters(3, "auto", 1.8),
            suffix="support",
            validation_file="file-2",
        )
    )
    sent = stand_in.jobs[made.id]
    assert sent["method"] == {
        "type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 3, "learning_rate_multiplier": 1.8}},
    }
    assert (sent["seed"], sent["validation_file"], sent["user_provided_suffix"]) == (42, "file-2", "support")
    assert sent["metadata"] == {SUBMISSION_KEY: "job-1"}
    assert (made.submission, made.suffix, made.seed) == ("job-1", "support", 42)


async def test_each_method_is_sent_with_its_own_settings_only(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    chosen = Hyperparameters(n_epochs=2, beta=0.1, reasoning_effort="low", eval_samples=3)
    grader = {"type": "string_check", "name": "g", "input": "{{item.a}}", "reference": "b", "operation": "eq"}
    preference = await provider.create_job(order(method="dpo", hyperparameters=chosen))
    reward = await provider.create_job(order(method="reinforcement", hyperparameters=chosen, grader=grader))
    assert stand_in.jobs[preference.id]["method"] == {
        "type": "dpo",
        "dpo": {"hyperparameters": {"n_epochs": 2, "beta": 0.1}},
    }
    assert stand_in.jobs[reward.id]["method"] == {
        "type": "reinforcement",
        "reinforcement": {
            "hyperparameters": {"n_epochs": 2, "reasoning_effort": "low", "eval_samples": 3},
            "grader": grader,
        },
    }
    assert (await provider.job(preference.id)).hyperparameters.beta == 0.1
    assert (await provider.job(reward.id)).hyperparameters.reasoning_effort == "low"


async def test_the_persons_metadata_travels_beside_ours_and_never_in_its_place(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    made = await provider.create_job(order(metadata={"team": "support", SUBMISSION_KEY: "job-9"}, wandb="tuning"))
    sent = stand_in.jobs[made.id]
    assert sent["metadata"] == {"team": "support", SUBMISSION_KEY: "job-1"}
    assert sent["integrations"] == [{"type": "wandb", "wandb": {"project": "tuning"}}]


def test_a_queue_that_is_fair_to_channels_is_told_the_channel_and_no_other_is() -> None:
    asked = order(channel="C1", metadata={"team": "support"})
    assert job_arguments(asked, OPENAI)["metadata"] == {"team": "support", SUBMISSION_KEY: "job-1"}
    told = job_arguments(asked, TRAINER)["metadata"]
    assert told == {"team": "support", SUBMISSION_KEY: "job-1", CHANNEL_KEY: "C1"}
    raw = {"id": "j", "status": "queued", "model": "m", "created_at": 1, "training_file": "f", "metadata": told}
    assert objects.job(raw).metadata == {"team": "support"}, "what is ours is not shown to people"
    full = order(channel="C1", metadata={str(number): "" for number in range(15)})
    assert CHANNEL_KEY not in job_arguments(full, TRAINER)["metadata"], "16 pairs are all that the protocol takes"


async def test_a_job_is_paused_and_goes_on(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    made = await provider.create_job(order())
    with pytest.raises(Refused, match="cannot be paused"):
        await provider.pause(made.id)
    stand_in.run(made.id, 1)
    assert (await provider.pause(made.id)).status == "paused"
    assert (await provider.resume(made.id)).status == "running"


async def test_the_providers_files_are_listed_and_read(provider: OpenAIProtocol, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(b"{}\n")
    file_id = await provider.upload(tmp_path / "train.jsonl", "train.jsonl")
    (file,) = await provider.files()
    assert (file.id, file.name, file.bytes) == (file_id, "train.jsonl", 3)
    assert await provider.file_content(file_id) == b"{}\n"


@pytest.mark.parametrize("newest_first", [True, False], ids=["newest first", "oldest first"])
async def test_a_created_job_is_found_among_hundreds(
    provider: OpenAIProtocol, stand_in: StandInProvider, newest_first: bool
) -> None:
    stand_in.newest_first = newest_first
    for number in range(250):
        stand_in.add_job(created_at=1_600_000_000 + number)
    made = await provider.create_job(order())
    for number in range(120):
        stand_in.add_job(created_at=1_900_000_000 + number)
    found = await provider.find_job(order())
    assert found is not None
    assert found.id == made.id


async def test_of_newest_first_jobs_none_from_before_the_order_is_read(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    for number in range(350):
        stand_in.add_job(created_at=1_600_000_000 + number)
    assert await provider.find_job(order()) is None
    assert stand_in.requests == [JOBS]


async def test_a_job_is_known_by_its_seed_though_clocks_differ_by_hours(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    theirs = stand_in.add_job(training_file="file-1", seed=42, created_at=1_699_990_000)
    found = await provider.find_job(order())
    assert found is not None
    assert found.id == theirs


@pytest.mark.parametrize(
    "fields",
    [
        {"training_file": "file-2"},
        {"model": "gpt-4.1-nano-2025-04-14"},
        {"seed": 43},
        {"seed": None},
        {"created_at": 1_699_900_000},
        {"metadata": {SUBMISSION_KEY: "job-2"}},
    ],
    ids=str,
)
async def test_a_job_that_does_not_fit_in_every_mark_is_not_taken_for_ours(
    provider: OpenAIProtocol, stand_in: StandInProvider, fields: dict[str, Any]
) -> None:
    made_by_us = {"training_file": "file-1", "seed": 42, "created_at": 1_700_000_001}
    stand_in.add_job(**{**made_by_us, **fields})
    assert await provider.find_job(order()) is None
    ours = stand_in.add_job(**made_by_us)
    found = await provider.find_job(order())
    assert found is not None
    assert found.id == ours


async def test_the_model_may_have_got_its_date(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    stand_in.add_job(training_file="file-1", seed=42)
    assert await provider.find_job(order(model="gpt-4.1-mini")) is not None
    assert await provider.find_job(order(model="gpt-4.1-m")) is None


async def test_what_belongs_to_another_order_is_passed_over(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    others = stand_in.add_job(training_file="file-1", seed=42)
    assert await provider.find_job(order(), [others]) is None


# Reading jobs


@pytest.mark.parametrize("error", [None, {}, {"code": None, "message": None, "param": None}], ids=str)
async def test_a_healthy_job_has_no_error_however_that_is_written(
    provider: OpenAIProtocol, stand_in: StandInProvider, error: Any
) -> None:
    assert (await read_job(provider, stand_in, error=error)).error is None


async def test_the_error_of_a_failed_job_is_read_without_keys(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    told = {"code": "invalid_training_file", "message": "Line 3: sk-abcdef0123456789abcdef", "param": "training_file"}
    error = (await read_job(provider, stand_in, status="failed", error=told)).error
    assert error is not None
    assert (error.code, error.param) == ("invalid_training_file", "training_file")
    assert "abcdef" not in error.message


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}, Hyperparameters()),
        ({"n_epochs": 3, "batch_size": 8, "learning_rate_multiplier": 1.8}, Hyperparameters(3, 8, 1.8)),
        ({"n_epochs": -1, "batch_size": -1, "learning_rate_multiplier": -1}, Hyperparameters()),
        ({"n_epochs": 3.0, "batch_size": None, "learning_rate_multiplier": 2}, Hyperparameters(3, "auto", 2)),
        ({"n_epochs": "many", "batch_size": {}, "learning_rate_multiplier": []}, Hyperparameters()),
        ({}, Hyperparameters()),
        (None, Hyperparameters()),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["method", "top level"])
async def test_settings_are_read_wherever_they_stand(
    provider: OpenAIProtocol, stand_in: StandInProvider, place: str, told: Any, known: Hyperparameters
) -> None:
    in_method = {"type": "supervised", "supervised": {"hyperparameters": told}}
    fields = {"hyperparameters": None, "method": in_method} if place == "method" else {"hyperparameters": told}
    assert (await read_job(provider, stand_in, **fields)).hyperparameters == known


@pytest.mark.parametrize("odd", [None, 7, "dpo", [], {}, {"type": 3, "reinforcement": {"grader": "good"}}], ids=str)
async def test_a_method_that_makes_no_sense_is_none(
    provider: OpenAIProtocol, stand_in: StandInProvider, odd: Any
) -> None:
    job = await read_job(provider, stand_in, method=odd, integrations=odd, metadata={"team": 7, "ticket": "42"})
    assert (job.method, job.grader, job.wandb, job.metadata) == (None, None, None, {"ticket": "42"})


@pytest.mark.parametrize("nothing", [None, 0])
async def test_no_time_is_none(provider: OpenAIProtocol, stand_in: StandInProvider, nothing: int | None) -> None:
    job = await read_job(provider, stand_in, finished_at=nothing, estimated_finish=nothing)
    assert (job.finished_at, job.estimated_finish) == (None, None)


@pytest.mark.parametrize("odd", ["many", [], {}, -0.5, 2**70], ids=str)
async def test_odd_values_are_left_out(provider: OpenAIProtocol, stand_in: StandInProvider, odd: Any) -> None:
    job = await read_job(provider, stand_in, trained_tokens=odd, seed=odd, fine_tuned_model=17, result_files=[{}])
    assert (job.trained_tokens, job.seed, job.fine_tuned_model, job.result_files) == (None, None, None, ())


async def test_a_state_of_the_future_is_read_as_it_is(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    assert (await read_job(provider, stand_in, status="reticulating")).status == "reticulating"


async def test_jobs_are_read_in_pages_until_all_wanted_are_found(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    ids = [stand_in.add_job() for _ in range(250)]
    found = await provider.jobs([ids[-1], ids[120], "ftjob-gone"])
    assert {job.id for job in found} == {ids[-1], ids[120]}
    assert stand_in.requests == [JOBS] * 3
    stand_in.requests.clear()
    await provider.jobs([ids[-1], ids[-2]])
    assert stand_in.requests == [JOBS]


# Events and figures


async def test_events_come_oldest_first_even_within_one_second(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    job = stand_in.add_job()
    stand_in.events[job].clear()
    for number in range(5):
        stand_in.add_event(job, f"Event {number}")
        stand_in.events[job][-1]["created_at"] = 1_700_000_000 + number // 3
    assert [event.message for event in await provider.events(job, ())] == [f"Event {n}" for n in range(5)]
    stand_in.newest_first = False
    assert [event.message for event in await provider.events(job, ())] == [f"Event {n}" for n in range(5)]


async def test_known_events_are_not_read_again(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    job = stand_in.add_job()
    known = {event.id for event in await provider.events(job, ())}
    assert await provider.events(job, known) == []
    new = stand_in.add_event(job, "New")
    assert [event.id for event in await provider.events(job, known)] == [new]


async def test_a_late_event_among_old_ones_is_found(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    job = stand_in.add_job()
    for number in range(20):
        stand_in.add_event(job, f"Event {number}")
    known = {event.id for event in await provider.events(job, ())}
    stand_in.add_event(job, "Late")
    stand_in.events[job].insert(3, stand_in.events[job].pop())
    assert [event.message for event in await provider.events(job, known)] == ["Late"]


@pytest.mark.parametrize("data", [None, {}], ids=str)
async def test_an_event_without_data_is_a_message(
    provider: OpenAIProtocol, stand_in: StandInProvider, data: Any
) -> None:
    job = stand_in.add_job()
    stand_in.events[job][0]["data"] = data
    (event,) = await provider.events(job, ())
    assert (event.data, event.metrics, event.type) == (None, None, "message")


async def test_figures_are_read_under_the_protocols_names(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    job = stand_in.add_job()
    data = {"step": 5, "total_steps": 10, "train_loss": 0.5, "full_valid_loss": 0.75, "train_mean_reward": 1.0}
    stand_in.add_event(job, "Step 5/10", type="metrics", data=data)
    event = (await provider.events(job, ()))[-1]
    assert event.metrics is not None
    assert (event.metrics.step, event.metrics.total_steps) == (5, 10)
    assert (event.metrics.train_loss, event.metrics.full_valid_loss, event.metrics.valid_loss) == (0.5, 0.75, None)
    assert json.loads(event.data or "") == data


@pytest.mark.parametrize("odd", ["0.5", None, True, [], float("nan"), float("inf"), 1e300], ids=str)
async def test_odd_figures_are_left_out(provider: OpenAIProtocol, stand_in: StandInProvider, odd: Any) -> None:
    job = stand_in.add_job()
    stand_in.add_event(job, "Step 5/10", type="metrics", data={"step": 5, "train_loss": odd, "total_steps": odd})
    stand_in.add_event(job, "Step ?", type="metrics", data={"step": odd, "train_loss": 0.5})
    five, unknown = (await provider.events(job, ()))[-2:]
    assert five.metrics is not None
    assert (five.metrics.train_loss, five.metrics.total_steps) == (None, None)
    assert unknown.metrics is None


async def test_the_words_of_events_are_kept_without_keys(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    job = stand_in.add_job()
    stand_in.add_event(job, "Could not log to W&B with key sk-abcdef0123456789abcdef")
    assert "abcdef" not in (await provider.events(job, ()))[-1].message


async def test_checkpoints_come_by_step_with_their_figures_where_there_are_any(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    job = stand_in.add_job()
    for step, metrics in ((20, {"step": 20, "full_valid_loss": 0.5}), (10, None)):
        stand_in.checkpoints[job].append(
            {
                "id": f"ftckpt-{step}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": 1,
                "fine_tuning_job_id": job,
                "fine_tuned_model_checkpoint": f"ft:model:ckpt-step-{step}",
                "step_number": step,
                "metrics": metrics,
            }
        )
    first, second = await provider.checkpoints(job)
    assert (first.step, second.step) == (10, 20)
    assert second.metrics is not None
    assert second.metrics.full_valid_loss == 0.5


# Files


async def test_a_file_is_uploaded_whole_and_found_by_its_name(
    provider: OpenAIProtocol, stand_in: StandInProvider, tmp_path: Path
) -> None:
    content = b'{"messages": []}\n' * 100_000
    (tmp_path / "train.jsonl").write_bytes(content)
    file_id = await provider.upload(tmp_path / "train.jsonl", "abc.jsonl")
    assert stand_in.files[file_id] == ("abc.jsonl", content)
    assert await provider.find_upload("abc.jsonl") == file_id
    assert await provider.find_upload("other.jsonl") is None
    assert await provider.has_file(file_id)
    await provider.delete_file(file_id)
    assert not await provider.has_file(file_id)


async def test_a_file_is_used_when_the_provider_is_done_with_it(
    provider: OpenAIProtocol, stand_in: StandInProvider, tmp_path: Path
) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"{}\n")
    stand_in.fault("POST /files", status=200, body=_file("pending"))
    stand_in.fault("GET /files/file-1", status=200, body=_file("running"))
    stand_in.fault("GET /files/file-1", status=200, body=_file("processed"))
    assert await provider.upload(path, "abc.jsonl") == "file-1"
    assert stand_in.requests.count("GET /files/file-1") == 2


async def test_a_file_that_the_provider_cannot_process_is_a_refusal_with_its_reason(
    provider: OpenAIProtocol, stand_in: StandInProvider, tmp_path: Path
) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"{}\n")
    stand_in.fault("POST /files", status=200, body=_file("error", status_details="Line 1 is odd."))
    with pytest.raises(Refused, match=r"Line 1 is odd\."):
        await provider.upload(path, "abc.jsonl")


async def test_a_file_that_could_not_be_processed_is_not_found_again(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    files = [json.loads(_file("error", id="file-bad")), json.loads(_file("processed", id="file-good"))]
    stand_in.fault("GET /files", status=200, body=json.dumps({"object": "list", "data": files, "has_more": False}))
    assert await provider.find_upload("abc.jsonl") == "file-good"


def _file(status: str, **fields: Any) -> str:
    file = {"id": "file-1", "object": "file", "bytes": 3, "created_at": 1, "filename": "abc.jsonl"}
    return json.dumps({**file, "purpose": "fine-tune", "status": status, **fields})


# Models and chat


async def test_what_is_not_said_about_a_model_is_none(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    stand_in.says_trainable = False
    (model,) = await provider.models()
    assert (model.id, model.fine_tunable, model.context_length, model.shutdown_date) == (MODEL, None, None, None)


async def test_an_answer_comes_piece_by_piece(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    pieces = await answer(provider)
    assert len(pieces) == 5
    assert "".join(pieces).strip() == stand_in.answer
    assert stand_in.chats[0]["messages"] == [{"role": "user", "content": "What is the answer?"}]


async def test_why_an_answer_ended_comes_with_its_last_piece(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.finish_reason = "length"
    *others, last = [delta async for delta in provider.chat(ChatRequest(MODEL, tuple(ASKED)))]
    assert last.finish_reason == "length"
    assert {delta.finish_reason for delta in others} == {None}


async def test_a_refusal_is_said_and_known_as_one(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    deltas: list[dict[str, Any]] = [
        {"delta": {"refusal": "I cannot help with that."}, "finish_reason": None},
        {"delta": {}, "finish_reason": "stop"},
    ]
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    body = "".join(f"data: {json.dumps(chunk | {'choices': [{'index': 0} | one]})}\n\n" for one in deltas)
    stand_in.fault(CHAT, status=200, body=body, content_type="text/event-stream")
    said = [delta async for delta in provider.chat(ChatRequest(MODEL, tuple(ASKED)))]
    assert said == [ChatDelta("I cannot help with that."), ChatDelta("", "refusal")]


async def test_who_can_goes_on_with_the_last_message_and_others_are_asked_in_words(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    begun = [*ASKED, ChatMessage("assistant", "It is")]
    assert [delta async for delta in provider.chat(ChatRequest(MODEL, tuple(begun)))]
    assert stand_in.chats[-1]["messages"][-1] == {"role": "assistant", "content": "It is"}
    assert stand_in.chats[-1]["continue_final_message"] is True
    stand_in.refuses = {"continue_final_message"}
    for _ in range(2):
        assert [delta async for delta in provider.chat(ChatRequest(MODEL, tuple(begun)))]
        assert "Go on" in stand_in.chats[-1]["messages"][-1]["content"]
        assert "continue_final_message" not in stand_in.chats[-1]
    assert stand_in.requests.count(CHAT) == 4, "what was refused once is not tried again"


async def test_an_unknown_model_is_a_refusal_before_the_first_piece(provider: OpenAIProtocol) -> None:
    with pytest.raises(Refused) as error:
        await answer(provider, "ft:gone")
    assert (error.value.status, error.value.code) == (404, "model_not_found")


async def test_an_answer_that_breaks_off_is_an_error_after_what_came(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.fault(CHAT, cut=2)
    pieces: list[str] = []

    async def listen() -> None:
        async for delta in provider.chat(ChatRequest(MODEL, tuple(ASKED))):
            pieces.append(delta.text)

    with pytest.raises(ProviderError):
        await listen()
    assert len(pieces) == 2


async def test_an_error_in_the_middle_of_an_answer_is_told(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": []}
    error = {"error": {"message": "The GPU is on fire", "code": "server_error"}}
    body = f"data: {json.dumps(chunk)}\n\ndata: {json.dumps(error)}\n\n"
    stand_in.fault(CHAT, status=200, body=body, content_type="text/event-stream")
    with pytest.raises(Doubtful, match="The GPU is on fire"):
        await answer(provider)


async def test_a_listener_who_leaves_early_leaves_nothing_open(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stream = provider.chat(ChatRequest(MODEL, tuple(ASKED)))
    async for _ in stream:
        break
    await stream.aclose()
    assert await answer(provider)


async def test_texts_become_vectors_in_their_order(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    told = await provider.embed("text-embedding-3-small", ["an apple", "你好 ou"])
    assert told.vectors == ((2.0, 1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0, 1.0))
    assert told.usage == Usage(4, 0)
    assert stand_in.embedded[0]["input"] == ["an apple", "你好 ou"]


@pytest.mark.parametrize(
    "data",
    [
        [{"index": 0, "embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 2, "embedding": [1.0]}],
        [{"index": 0, "embedding": "AACAPw=="}, {"index": 1, "embedding": "AACAPw=="}],
    ],
)
async def test_what_is_not_a_vector_for_each_text_is_no_answer(
    provider: OpenAIProtocol, stand_in: StandInProvider, data: list[dict[str, Any]]
) -> None:
    stand_in.fault("POST /embeddings", status=200, body=json.dumps({"data": data}), content_type="application/json")
    with pytest.raises(Unintelligible):
        await provider.embed("text-embedding-3-small", ["one", "two"])


async def test_connections_are_used_again(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    for _ in range(5):
        await provider.models()
        await answer(provider)
    assert len(stand_in.connections()) == 1
