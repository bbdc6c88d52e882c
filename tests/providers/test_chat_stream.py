"""Answers as servers of the protocol really send them, through the SDK over a socket."""

import json
from collections.abc import AsyncIterator
from math import log
from typing import Any

import pytest

from bot.providers.chat import (
    ChatDelta,
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    Parameters,
    TokenLogprobs,
    ToolCall,
    Usage,
)
from bot.providers.interface import Doubtful, ProviderError, RateLimited, Refused, Unintelligible
from bot.providers.openai_protocol import OpenAIProtocol
from tests.parts import MODEL
from tests.stand_in_provider import StandInProvider

Json = dict[str, Any]
CHAT = "POST /chat/completions"
ASK = ChatRequest(MODEL, (ChatMessage("user", "What is the weather?"),))
OSLO, BERN = '{"city": "Oslo"}', '{"city": "Bern"}'
END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def says(delta: Any, reason: str | None = None, **more: Any) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason, **more}]}


def calls(*pieces: Json) -> Json:
    return says({"tool_calls": list(pieces)})


def call(index: int | None = None, id: str | None = None, name: str | None = None, arguments: Any = None) -> Json:
    """A fragment of a call, in which what is None is not there."""
    function = {"name": name, "arguments": arguments}
    told = {"index": index, "id": id, "type": "function", "function": {k: v for k, v in function.items() if v}}
    return {key: value for key, value in told.items() if value is not None}


async def heard(provider: OpenAIProtocol, stand_in: StandInProvider, *chunks: Json, done: bool = True) -> ChatDelta:
    """All that was said in these chunks, as one delta."""
    frame = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    body = "".join(f"data: {json.dumps(chunk if 'error' in chunk else frame | chunk)}\n\n" for chunk in chunks)
    body += "data: [DONE]\n\n" if done else ""
    stand_in.fault(CHAT, status=200, body=body, content_type="text/event-stream")
    return await whole(provider.chat(ASK))


async def whole(deltas: AsyncIterator[ChatDelta]) -> ChatDelta:
    got = [delta async for delta in deltas]
    assert all(not (delta.finish_reason or delta.tool_calls or delta.usage) for delta in got[:-1])
    return ChatDelta(
        "".join(delta.text for delta in got),
        got[-1].finish_reason,
        got[-1].tool_calls,
        got[-1].usage,
        tuple(place for delta in got for place in delta.logprobs),
    )


TWO = (ToolCall("call_1", "weather", OSLO), ToolCall("call_2", "weather", BERN))


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(
            [
                calls(call(0, "call_1", "weather")),
                calls(call(0, arguments='{"city": ')),
                calls(call(0, arguments='"Oslo"}')),
                calls(call(1, "call_2", "weather")),
                calls(call(1, arguments=BERN)),
                says({}, "tool_calls"),
            ],
            id="in fragments",
        ),
        pytest.param(
            [
                calls(call(0, "call_1", "weather"), call(1, "call_2", "weather")),
                calls(call(1, arguments=BERN), call(0, arguments=OSLO)),
                says({}, "tool_calls"),
            ],
            id="in fragments that alternate",
        ),
        pytest.param(
            [
                calls(call(0, name="weather", arguments='{"city": ')),
                calls(call(0, "call_1", arguments='"Oslo"}')),
                calls(call(1, name="weather", arguments=BERN)),
                calls(call(1, "call_2")),
                says({}, "tool_calls"),
            ],
            id="with ids that come late",
        ),
        pytest.param(
            [
                calls(call(0, "call_1", "weather", '{"city": ')),
                calls(call(0, "call_1", "weather", '"Oslo"}')),
                calls(call(1, "call_2", "weather", BERN)),
                says({}, "tool_calls"),
            ],
            id="with id and name in each fragment",
        ),
        pytest.param(
            [calls(call(0, "call_1", "weather", OSLO), call(1, "call_2", "weather", BERN)), says({}, "tool_calls")],
            id="whole",
        ),
        pytest.param(
            [calls(call(0, "call_1", "weather", OSLO), call(1, "call_2", "weather", BERN)), END],
            id="whole, ended with stop",
        ),
        pytest.param(
            [calls(call(0, "call_1", "weather", OSLO)), calls(call(0, "call_2", "weather", BERN)), END],
            id="all under one index",
        ),
        pytest.param(
            [calls(call(None, "call_1", "weather", OSLO), call(None, "call_2", "weather", BERN)), END],
            id="without an index",
        ),
        pytest.param(
            [
                calls(call(0, "call_1", "weather", json.loads(OSLO))),
                calls(call(1, "call_2", "weather", json.loads(BERN))),
                END,
            ],
            id="with arguments as objects",
        ),
        pytest.param(
            [calls(call(0, "call_1", "weather", OSLO), call(1, "call_2", "weather", BERN))], id="without an end"
        ),
    ],
)
async def test_calls_are_read_however_a_server_streams_them(
    provider: OpenAIProtocol, stand_in: StandInProvider, chunks: list[Json]
) -> None:
    assert await heard(provider, stand_in, *chunks) == ChatDelta("", "tool_calls", TWO)


async def test_calls_under_one_index_and_without_ids_are_told_apart(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    chunks = [calls(call(0, None, "weather", OSLO)), calls(call(0, None, "weather", BERN)), END]
    said = await heard(provider, stand_in, *chunks)
    assert [(one.name, one.arguments) for one in said.tool_calls] == [("weather", OSLO), ("weather", BERN)]


async def test_a_call_without_arguments_has_an_empty_object_that_can_be_sent_back(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    said = await heard(provider, stand_in, calls(call(0, "call_1", "clock")), says({}, "tool_calls"))
    assert said.tool_calls == (ToolCall("call_1", "clock", "{}"),)


async def test_a_call_that_a_limit_cut_says_so(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    said = await heard(provider, stand_in, calls(call(0, "call_1", "weather", '{"ci')), says({}, "length"))
    assert (said.finish_reason, said.tool_calls) == ("length", (ToolCall("call_1", "weather", '{"ci'),))


async def test_text_before_a_call_is_kept(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    chunks = [says({"content": "Let me see."}), calls(call(0, "call_1", "weather", OSLO)), END]
    assert await heard(provider, stand_in, *chunks) == ChatDelta("Let me see.", "tool_calls", TWO[:1])


TOLD = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
CACHED = TOLD | {"prompt_tokens_details": {"cached_tokens": 8}}
NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize(
    ("chunks", "usage"),
    [
        ([says({"content": "Rain"}), END, {"choices": [], "usage": TOLD}], Usage(12, 3)),
        ([says({"content": "Rain"}), END, {"choices": [], "usage": CACHED}], Usage(12, 3, 8)),
        ([says({"content": "Rain"}), END | {"usage": TOLD}], Usage(12, 3)),
        (
            [says({"content": "Rain"}) | {"usage": TOLD | {"completion_tokens": 1}}, END | {"usage": TOLD}],
            Usage(12, 3),
        ),
        ([says({"content": "Rain"}) | {"usage": TOLD}, END | {"usage": NOTHING}], Usage(12, 3)),
        ([says({"content": "Rain"}) | {"usage": None}, END], None),
    ],
    ids=["after the end", "with cached tokens", "with the end", "in each chunk", "zeros at the end", "never"],
)
async def test_usage_is_read_wherever_it_comes(
    provider: OpenAIProtocol, stand_in: StandInProvider, chunks: list[Json], usage: Usage | None
) -> None:
    assert await heard(provider, stand_in, *chunks) == ChatDelta("Rain", "stop", usage=usage)


async def test_usage_is_asked_for(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    stand_in.usage = (12, 3)
    assert (await whole(provider.chat(ASK))).usage == Usage(12, 3)
    assert (await whole(provider.complete(CompletionRequest(MODEL, "It is")))).usage == Usage(12, 3)


async def test_chunks_without_a_choice_or_a_delta_are_passed_over(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    filtered = {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
    no_delta = {"choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}}]}
    chunks = [filtered, says({"role": "assistant", "content": ""}), says({"content": "Rain"}), no_delta, END]
    assert await heard(provider, stand_in, *chunks, {"choices": None}) == ChatDelta("Rain", "stop")


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_why_an_answer_ended_is_told(provider: OpenAIProtocol, stand_in: StandInProvider, reason: str) -> None:
    assert await heard(provider, stand_in, says({"content": "Rain"}, reason)) == ChatDelta("Rain", reason)


async def test_a_connection_that_breaks_once_the_answer_has_ended_takes_nothing_of_it(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.answer, stand_in.finish_reason = "Rain", "stop"
    stand_in.fault(CHAT, cut=1)
    assert await whole(provider.chat(ASK)) == ChatDelta("Rain ", "stop")


async def test_a_refusal_without_an_end_is_known_as_one(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    assert await heard(provider, stand_in, says({"refusal": "I cannot."})) == ChatDelta("I cannot.", "refusal")


async def test_an_answer_with_nothing_in_it_says_nothing(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    assert await heard(provider, stand_in, says({"content": ""}), END) == ChatDelta("", "stop")


async def test_an_answer_that_is_no_stream_is_not_taken_for_silence(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.fault(CHAT, status=200, body='{"choices": [{"message": {"content": "Rain"}}]}')
    with pytest.raises(Unintelligible):
        await whole(provider.chat(ASK))


@pytest.mark.parametrize(
    ("told", "kind", "status", "code"),
    [
        ({"code": 429, "message": "Slow down"}, RateLimited, 429, "rate_limit_exceeded"),
        ({"code": "rate_limit_exceeded", "message": "Slow down"}, RateLimited, 429, "rate_limit_exceeded"),
        ({"code": 400, "message": "The image cannot be read"}, Refused, 400, None),
        ({"code": 400, "message": "It exceeds the model's context length"}, Refused, 400, "context_length_exceeded"),
        ({"code": "content_filter", "message": "Filtered"}, Refused, 400, "content_filter"),
        ({"code": 500, "message": "On fire"}, Doubtful, 500, None),
        ({"code": "server_error", "message": "On fire"}, Doubtful, None, "server_error"),
        ({"message": "On fire"}, Doubtful, None, None),
        ("On fire", Doubtful, None, None),
    ],
    ids=str,
)
async def test_an_error_within_the_stream_is_told_apart_like_any_other(
    provider: OpenAIProtocol,
    stand_in: StandInProvider,
    told: Any,
    kind: type[ProviderError],
    status: int | None,
    code: str | None,
) -> None:
    with pytest.raises(ProviderError) as error:
        await heard(provider, stand_in, says({"content": ""}), {"error": told})
    assert (type(error.value), error.value.status, error.value.code) == (kind, status, code)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.",
        "Prompt contains 9000 tokens and 0 draft tokens, too large for model with 4096 maximum context length",
        "the request exceeds the available context size, try increasing it",
    ],
)
async def test_what_is_too_long_is_known_whatever_the_server_calls_it(
    provider: OpenAIProtocol, stand_in: StandInProvider, message: str
) -> None:
    stand_in.fault(CHAT, status=400, message=message)
    with pytest.raises(Refused) as error:
        await whole(provider.chat(ASK))
    assert error.value.code == "context_length_exceeded"


# How likely each token was


LIKELY = [{"yes": 0.75, "no": 0.125}]


async def test_both_endpoints_tell_the_likeliest_tokens_in_their_order(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.likely, stand_in.answer = LIKELY, "yes"
    expected = (TokenLogprobs("yes", (("yes", log(0.75)), ("no", log(0.125)))),)
    chat = await whole(provider.chat(ChatRequest(MODEL, ASK.messages, top_logprobs=5)))
    completion = await whole(provider.complete(CompletionRequest(MODEL, "Spam?", top_logprobs=5)))
    assert chat.logprobs == completion.logprobs == expected
    assert (stand_in.chats[0]["logprobs"], stand_in.chats[0]["top_logprobs"]) == (True, 5)
    assert stand_in.completions[0]["logprobs"] == 5


async def test_the_token_itself_is_among_the_likeliest_even_if_it_is_none_of_them(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    top = [{"token": "no", "logprob": -0.5, "bytes": None}, {"token": "perhaps", "logprob": -0.25, "bytes": None}]
    place = {"token": "yes", "logprob": -3.0, "bytes": None, "top_logprobs": top}
    said = await heard(provider, stand_in, says({"content": "yes"}, logprobs={"content": [place]}), END)
    assert said.logprobs == (TokenLogprobs("yes", (("perhaps", -0.25), ("no", -0.5), ("yes", -3.0))),)


@pytest.mark.parametrize("odd", [None, {}, {"content": None}, {"content": []}], ids=str)
async def test_a_server_may_tell_no_logprobs(provider: OpenAIProtocol, stand_in: StandInProvider, odd: Any) -> None:
    assert await heard(provider, stand_in, says({"content": "yes"}, logprobs=odd), END) == ChatDelta("yes", "stop")


# What is asked


async def test_an_answer_is_drawn_as_the_conversation_wants_it(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    parameters = Parameters(temperature=0.0, top_p=0.5, max_tokens=7, stop=("\n", "END"), seed=3)
    await whole(provider.chat(ChatRequest(MODEL, ASK.messages, parameters=parameters)))
    await whole(provider.complete(CompletionRequest(MODEL, "It is", parameters)))
    wanted = {"temperature": 0.0, "top_p": 0.5, "max_tokens": 7, "stop": ["\n", "END"], "seed": 3}
    assert {name: stand_in.chats[0][name] for name in wanted} == wanted
    assert {name: stand_in.completions[0][name] for name in wanted} == wanted
    await whole(provider.chat(ASK))
    assert not wanted.keys() & stand_in.chats[1].keys(), "what nobody chose is left to the provider"


async def test_images_go_along_as_parts(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    url = "data:image/png;base64,AAAA"
    messages = (ChatMessage("user", "What is this?", images=(url,)), ChatMessage("user", "", images=(url,)))
    await whole(provider.chat(ChatRequest(MODEL, messages)))
    image = {"type": "image_url", "image_url": {"url": url}}
    asked, alone = stand_in.chats[0]["messages"]
    assert asked["content"] == [{"type": "text", "text": "What is this?"}, image]
    assert alone["content"] == [image]


async def test_a_call_and_its_result_are_sent_as_the_protocol_has_them(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    messages = (
        *ASK.messages,
        ChatMessage("assistant", "", tool_calls=TWO[:1]),
        ChatMessage("tool", "Rain", tool_call_id="call_1"),
    )
    await whole(provider.chat(ChatRequest(MODEL, messages, tools=({"type": "function"},))))
    assert stand_in.chats[0]["tools"] == [{"type": "function"}]
    assert stand_in.chats[0]["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": OSLO}},
            ],
        },
        {"role": "tool", "content": "Rain", "tool_call_id": "call_1"},
    ]
