"""The trainer as the bot's provider: what the bot asks for, it has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from math import exp
from typing import Any

import pytest
from openai import AsyncOpenAI

from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, CompletionRequest, Parameters, ToolCall
from bot.providers.chat_stream import ChatReader
from bot.providers.interface import CreateRequest, Refused
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Hyperparameters
from graders.grading import grade_with
from graders.named import NAMED
from graders.sample import Sample
from tests.tiny_model import EMBEDDINGS_ID
from tests.trainer_process import HOLDS_LETTER, KEY, Trainer, jsonl, some_tasks

MODEL = "tiny-random"
ASKED = (ChatMessage("user", "What comes after 3?"),)
SHORT = Parameters(temperature=0, max_tokens=6)
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
async def provider(trainer: Trainer) -> AsyncIterator[OpenAIProtocol]:
    made = OpenAIProtocol("trainer", AsyncOpenAI(base_url=trainer.url, api_key=KEY))
    yield made
    await made.close()


async def whole(deltas: AsyncIterator[ChatDelta]) -> list[ChatDelta]:
    return [delta async for delta in deltas]


@pytest.mark.parametrize("endpoint", ["chat", "completions"])
async def test_an_answer_comes_with_its_usage_and_how_likely_each_token_was(
    provider: OpenAIProtocol, endpoint: str
) -> None:
    if endpoint == "chat":
        said = await whole(provider.chat(ChatRequest(MODEL, ASKED, SHORT, top_logprobs=5)))
    else:
        said = await whole(provider.complete(CompletionRequest(MODEL, "a b c d", SHORT, top_logprobs=5)))
    *pieces, end = said
    assert any(delta.text for delta in pieces)
    assert end.finish_reason == "length"
    assert end.usage is not None
    assert end.usage.completion_tokens == 6
    assert end.usage.prompt_tokens > 0
    places = [place for delta in pieces for place in delta.logprobs]
    assert len(places) == 6
    for place in places:
        assert place.token == place.top[0][0], "at temperature 0 the likeliest is chosen"
        assert [of for _, of in place.top] == sorted((of for _, of in place.top), reverse=True)
        assert len(place.top) == 5
        assert 0 < sum(exp(of) for _, of in place.top) <= 1.0001


async def test_a_completion_ends_at_its_stop_sequence(provider: OpenAIProtocol) -> None:
    said = await whole(provider.complete(CompletionRequest(MODEL, "3", SHORT)))
    text = "".join(delta.text for delta in said)
    stop = Parameters(temperature=0, max_tokens=6, stop=(text[2:4],))
    stopped = await whole(provider.complete(CompletionRequest(MODEL, "3", stop)))
    assert "".join(delta.text for delta in stopped) == text[: text.index(text[2:4])]
    assert stopped[-1].finish_reason == "stop"


async def test_an_answer_that_was_cut_off_goes_on(provider: OpenAIProtocol) -> None:
    begun = "".join(delta.text for delta in await whole(provider.chat(ChatRequest(MODEL, ASKED, SHORT))))
    on = await whole(provider.chat(ChatRequest(MODEL, (*ASKED, ChatMessage("assistant", begun)), SHORT)))
    more = Parameters(temperature=0, max_tokens=12)
    at_once = "".join(delta.text for delta in await whole(provider.chat(ChatRequest(MODEL, ASKED, more))))
    assert begun + "".join(delta.text for delta in on) == at_once


async def test_a_call_is_read_from_the_trainers_stream(trainer: Trainer) -> None:
    """The call is required, which the tiny model would not make by itself."""
    client = AsyncOpenAI(base_url=trainer.url, api_key=KEY)
    messages: Any = [{"role": "user", "content": "How is the weather?"}]
    tools: Any = [WEATHER]
    reader = ChatReader()
    stream = await client.chat.completions.create(
        model=MODEL, messages=messages, tools=tools, tool_choice="required", stream=True, max_tokens=200
    )
    async for chunk in stream:
        reader.read(chunk)
    await client.close()
    end = reader.end()
    assert end is not None
    assert [call.name for call in end.tool_calls] == ["weather"]
    assert end.finish_reason in {"tool_calls", "length"}


async def test_a_call_and_its_result_can_be_given_back(provider: OpenAIProtocol) -> None:
    messages = (
        *ASKED,
        ChatMessage("assistant", "", tool_calls=(ToolCall("call_1", "weather", "{}"),)),
        ChatMessage("tool", "Rain", tool_call_id="call_1"),
    )
    said = await whole(provider.chat(ChatRequest(MODEL, messages, SHORT, tools=(WEATHER,))))
    assert said[-1].finish_reason == "length"


@pytest.mark.parametrize(
    ("model", "message", "status", "code"),
    [
        ("ft:gone", ASKED[0], 404, "model_not_found"),
        (MODEL, ChatMessage("user", "word " * 20_000), 400, "context_length_exceeded"),
        (MODEL, ChatMessage("user", "Look", images=("data:image/png;base64,AAAA",)), 400, "unsupported_value"),
    ],
    ids=["unknown model", "too long", "an image"],
)
async def test_what_it_cannot_do_is_a_refusal_with_its_reason(
    provider: OpenAIProtocol, model: str, message: ChatMessage, status: int, code: str
) -> None:
    with pytest.raises(Refused) as error:
        await whole(provider.chat(ChatRequest(model, (message,), SHORT)))
    assert (error.value.status, error.value.code) == (status, code)


async def test_a_job_that_a_grader_trains_is_followed_by_its_rewards(
    trainer: Trainer, provider: OpenAIProtocol
) -> None:
    order = CreateRequest(
        submission="job-1",
        model=MODEL,
        training_file=trainer.upload(jsonl(some_tasks())),
        validation_file=trainer.upload(jsonl(some_tasks(2))),
        hyperparameters=Hyperparameters(1, 6, compute_multiplier=0.5, eval_interval=1),
        suffix=None,
        seed=1,
        requested_at=0.0,
        method="reinforcement",
        grader=HOLDS_LETTER,
        metadata={"max_completion_tokens": "4"},
    )
    (listed,) = [model for model in await provider.models() if model.id == MODEL]
    assert "reinforcement" in listed.methods
    job = await provider.create_job(order)
    assert (job.method, job.grader) == ("reinforcement", HOLDS_LETTER)
    await asyncio.to_thread(trainer.ended, job.id)
    metrics = [event.metrics for event in await provider.events(job.id, ()) if event.metrics is not None]
    assert [one.step for one in metrics] == [1, 2]
    assert all(one.train_mean_reward is not None and one.full_valid_mean_reward is not None for one in metrics)
    ended = await provider.job(job.id)
    best = max(await provider.checkpoints(job.id), key=lambda one: (one.metrics.full_valid_mean_reward, one.step))
    assert ended.fine_tuned_model == best.model


async def test_a_model_is_handed_out_as_a_file(provider: OpenAIProtocol, finished: Any) -> None:
    export = await provider.export(finished.fine_tuned_model, "gguf", "q8_0")
    async with asyncio.timeout(120):
        while (now := await provider.exported(export.id)).status in ("queued", "running"):
            await asyncio.sleep(0.05)
    assert (now.status, now.why) == ("succeeded", None)
    assert now.tried is not None
    content = await provider.export_content(export.id)
    assert (content[:4], len(content)) == (b"GGUF", now.bytes)


async def test_cosine_grades_by_the_trainers_vectors(provider: OpenAIProtocol) -> None:
    class Embedder:
        async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
            return (await provider.embed(EMBEDDINGS_ID, texts)).vectors

    nobody: Any = None

    async def graded(answer: str) -> float:
        grade = await grade_with(
            NAMED["cosine"], {"reference": "It is 4!"}, Sample(answer), nobody, embedder=Embedder()
        )
        assert grade.reward is not None, grade.fault
        return grade.reward

    assert await graded("It is 4!") == pytest.approx(1)
    assert 0 <= await graded("QQQQ") < await graded("It is 5!") < 1
