"""What the bot needs of every provider: one case for each thing that it does with one.

A module of tests takes all of them with `from tests.contract.cases import *`, and says by a fixture `server` whom they
are held to. What a server lacks is said by its `Server`, and its case shows that it is refused or absent.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.explanations import Cause, cause_of
from bot.jobs.results import readable
from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, Parameters
from bot.providers.interface import ProviderError, Refused
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Hyperparameters
from tests.contract.server import Server

__all__ = [
    "provider",
    "test_a_file_is_uploaded_found_by_its_name_read_and_deleted",
    "test_a_job_goes_through_to_a_model",
    "test_a_job_that_is_cancelled_ends_and_cannot_be_cancelled_again",
    "test_a_key_that_is_not_valid_is_a_refusal_that_names_it",
    "test_a_lost_answer_is_made_good_by_looking_the_job_up",
    "test_an_answer_comes_in_pieces_and_says_why_it_ended",
    "test_base_models_are_listed",
    "test_checkpoints_come_by_step_and_each_names_its_model",
    "test_events_come_oldest_first_each_once_and_known_ones_not_again",
    "test_figures_grow_by_step_where_the_server_measures",
    "test_files_jobs_and_models_that_do_not_exist_are_refused_and_named",
    "test_pausing_and_resuming_where_it_is_offered",
    "test_settings_are_taken_and_told_as_they_were_given",
    "test_the_model_is_deleted_where_that_is_offered",
    "test_the_results_file_is_a_table_however_it_comes",
]


@pytest.fixture
async def provider(server: Server) -> AsyncIterator[OpenAIProtocol]:
    made = server.connect()
    yield made
    await made.close()


async def test_base_models_are_listed(server: Server, provider: OpenAIProtocol) -> None:
    assert server.model in {model.id for model in await provider.models()}


async def test_a_file_is_uploaded_found_by_its_name_read_and_deleted(
    server: Server, provider: OpenAIProtocol, tmp_path: Path
) -> None:
    path = tmp_path / "contract.jsonl"
    path.write_bytes(server.examples)
    name = f"contract-{server.mark}.jsonl"
    file_id = await provider.upload(path, name)
    assert await provider.find_upload(name) == file_id
    assert await provider.find_upload("contract-never.jsonl") is None
    (listed,) = [file for file in await provider.files() if file.id == file_id]
    assert (listed.name, listed.bytes) == (name, len(server.examples))
    assert await provider.file_content(file_id) == server.examples
    assert await provider.has_file(file_id)
    await provider.delete_file(file_id)
    assert not await provider.has_file(file_id)


async def test_settings_are_taken_and_told_as_they_were_given(server: Server, provider: OpenAIProtocol) -> None:
    order = await server.order(provider, hyperparameters=Hyperparameters(2, 1, 1.5), suffix="contract")
    made = await provider.create_job(order)
    told = (await provider.job(made.id)).hyperparameters
    assert (told.n_epochs, told.batch_size, told.learning_rate_multiplier) == (2, 1, 1.5)
    assert made.training_file == order.training_file
    assert made.model.startswith(server.model)
    assert made.seed in {order.seed, None}
    await server.forget(provider, made.id)


async def test_a_lost_answer_is_made_good_by_looking_the_job_up(server: Server, provider: OpenAIProtocol) -> None:
    order = await server.order(provider, suffix=f"c{server.mark}"[:18])
    made = await provider.create_job(order)
    found = await provider.find_job(order)
    assert found is not None
    assert found.id == made.id
    assert found.submission == (order.submission if server.keeps_metadata else None)
    other = await server.order(provider, suffix="another", seed=order.seed + 1)
    assert await provider.find_job(other) is None
    await server.forget(provider, made.id)


async def test_a_job_goes_through_to_a_model(server: Server, provider: OpenAIProtocol) -> None:
    job_id = await server.trained(provider)
    job = await provider.job(job_id)
    assert (job.status, job.error) == ("succeeded", None)
    assert job.fine_tuned_model
    assert job.finished_at is not None
    assert job.finished_at >= job.created_at
    assert job.trained_tokens is None or job.trained_tokens >= 0
    assert [one.id for one in await provider.jobs([job_id, "ftjob-none"])] == [job_id]


async def test_events_come_oldest_first_each_once_and_known_ones_not_again(
    server: Server, provider: OpenAIProtocol
) -> None:
    job_id = await server.trained(provider)
    events = await provider.events(job_id, ())
    assert len(events) > 1
    ids = [event.id for event in events]
    assert len(set(ids)) == len(ids)
    assert [event.created_at for event in events] == sorted(event.created_at for event in events)
    assert all(event.message for event in events)
    assert [event.id for event in await provider.events(job_id, (), whole=True)] == ids
    assert await provider.events(job_id, ids) == []
    assert ids[-1] in [event.id for event in await provider.events(job_id, ids[:-1])]


async def test_figures_grow_by_step_where_the_server_measures(server: Server, provider: OpenAIProtocol) -> None:
    job_id = await server.trained(provider)
    metrics = [event.metrics for event in await provider.events(job_id, ()) if event.metrics is not None]
    if not server.measures:
        assert metrics == []
        return
    assert [one.step for one in metrics] == sorted({one.step for one in metrics})
    assert all(one.train_loss is not None and not one.not_finite for one in metrics)
    assert {one.total_steps for one in metrics} != {None}


async def test_checkpoints_come_by_step_and_each_names_its_model(server: Server, provider: OpenAIProtocol) -> None:
    job_id = await server.trained(provider)
    checkpoints = await provider.checkpoints(job_id)
    assert checkpoints
    assert [one.step for one in checkpoints] == sorted(one.step for one in checkpoints)
    assert len({one.model for one in checkpoints}) == len(checkpoints)
    assert (await provider.job(job_id)).fine_tuned_model in {one.model for one in checkpoints}


async def test_the_results_file_is_a_table_however_it_comes(server: Server, provider: OpenAIProtocol) -> None:
    job = await provider.job(await server.trained(provider))
    if not server.results:
        assert job.result_files == ()
        return
    heading, *rows = readable(await provider.file_content(job.result_files[0])).decode().splitlines()
    assert heading.split(",")[:2] == ["step", "train_loss"]
    assert rows


async def test_a_job_that_is_cancelled_ends_and_cannot_be_cancelled_again(
    server: Server, provider: OpenAIProtocol
) -> None:
    made = await provider.create_job(await server.order(provider))
    await provider.cancel(made.id)
    assert (await provider.job(made.id)).status == "cancelled"
    with pytest.raises(Refused):
        await provider.cancel(made.id)


async def test_pausing_and_resuming_where_it_is_offered(server: Server, provider: OpenAIProtocol) -> None:
    made = await server.running(provider)
    if not server.pauses:
        with pytest.raises(Refused):
            await provider.pause(made.id)
        return
    await provider.pause(made.id)
    await server.becomes(provider, made.id, {"paused"})
    await provider.resume(made.id)
    await server.becomes(provider, made.id, {"queued", "running", "succeeded"})
    await server.forget(provider, made.id)


async def test_an_answer_comes_in_pieces_and_says_why_it_ended(server: Server, provider: OpenAIProtocol) -> None:
    job = await provider.job(await server.trained(provider))
    asked = ChatRequest(
        await server.answering(str(job.fine_tuned_model)),
        (ChatMessage("user", "What comes after 3?"),),
        Parameters(temperature=0, max_tokens=6),
    )
    said = [delta async for delta in provider.chat(asked)]
    assert any(delta.text for delta in said)
    assert said[-1].finish_reason in {"stop", "length"}
    usage = said[-1].usage
    assert usage is None or usage.completion_tokens > 0


async def test_the_model_is_deleted_where_that_is_offered(server: Server, provider: OpenAIProtocol) -> None:
    if not server.deletes:
        pytest.skip("the model of a real provider has been paid for")
    model = (await provider.job(await server.trained(provider, spare=True))).fine_tuned_model
    assert model is not None
    await provider.delete_model(model)
    assert model not in {one.id for one in await provider.models()}


async def test_a_key_that_is_not_valid_is_a_refusal_that_names_it(server: Server) -> None:
    stranger = server.connect("sk-not-a-key-0123456789")
    with pytest.raises(Refused) as caught:
        await stranger.models()
    await stranger.close()
    assert caught.value.status == 401
    assert cause_of(caught.value.as_job_error()) is Cause.KEY
    assert "0123456789" not in str(caught.value)


async def test_files_jobs_and_models_that_do_not_exist_are_refused_and_named(
    server: Server, provider: OpenAIProtocol
) -> None:
    other_model = await server.order(provider, model="no-such-model")
    other_file = await server.order(provider, training_file="file-doesnotexist")
    missing: list[tuple[Callable[[], Awaitable[Any]], set[Cause]]] = [
        (lambda: provider.job("ftjob-doesnotexist"), {Cause.JOB_GONE}),
        (lambda: provider.cancel("ftjob-doesnotexist"), {Cause.JOB_GONE}),
        (lambda: provider.file_content("file-doesnotexist"), {Cause.FILE_GONE}),
        (lambda: _first(provider, "no-such-model"), {Cause.MODEL, Cause.DEPLOYMENT}),
        (lambda: provider.create_job(other_model), {Cause.MODEL}),
        (lambda: provider.create_job(other_file), {Cause.FILE_GONE, Cause.BAD_FILE}),
    ]
    for asked, causes in missing:
        with pytest.raises(ProviderError) as caught:
            await asked()
        assert isinstance(caught.value, Refused), caught.value
        assert cause_of(caught.value.as_job_error()) in causes, caught.value


async def _first(provider: OpenAIProtocol, model: str) -> ChatDelta:
    return await anext(provider.chat(ChatRequest(model, (ChatMessage("user", "Hello"),))))
