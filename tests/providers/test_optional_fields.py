"""Fields that not every server takes: tried, left out where refused, and not tried again."""

import pytest

from bot.providers.chat import ChatMessage, ChatRequest, CompletionRequest, Parameters
from bot.providers.interface import Refused
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.vendors import vendor_of
from tests.parts import MODEL, provider_over
from tests.stand_in_provider import StandInProvider

CHAT = "POST /chat/completions"
ASKED = (ChatMessage("user", "Is this spam?"),)
ASK = ChatRequest(MODEL, ASKED, Parameters(max_tokens=5), top_logprobs=5)


async def answer(provider: OpenAIProtocol, request: ChatRequest | CompletionRequest = ASK) -> str:
    deltas = provider.chat(request) if isinstance(request, ChatRequest) else provider.complete(request)
    return "".join([delta.text async for delta in deltas])


@pytest.mark.parametrize("says", [True, False], ids=["by name", "without a word"])
@pytest.mark.parametrize("field", ["stream_options", "logprobs"])
async def test_what_a_server_refuses_is_left_out_from_then_on(
    provider: OpenAIProtocol, stand_in: StandInProvider, field: str, says: bool
) -> None:
    stand_in.refuses, stand_in.says_what_it_refuses = {field}, says
    for _ in range(2):
        assert await answer(provider)
        assert field not in stand_in.chats[-1]
    assert stand_in.requests == [CHAT] * 3


async def test_of_several_fields_only_those_that_it_names_are_left_out(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.refuses = {"stream_options"}
    await answer(provider)
    assert stand_in.chats[-1]["top_logprobs"] == 5


async def test_a_server_may_refuse_several_one_after_the_other(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.refuses = {"stream_options", "logprobs"}
    assert await answer(provider, CompletionRequest(MODEL, "Spam:", top_logprobs=5))
    assert not stand_in.refuses & stand_in.completions[-1].keys()


async def test_what_one_model_refuses_another_is_still_asked_for(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.base_models.append("other")
    stand_in.refuses = {"logprobs"}
    await answer(provider)
    stand_in.refuses = set()
    await answer(provider, ChatRequest("other", ASKED, top_logprobs=5))
    assert "logprobs" in stand_in.chats[-1]


async def test_a_refusal_of_the_question_itself_is_told_and_blamed_on_no_field(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.fault(CHAT, times=2, status=400, message="The image cannot be read.")
    with pytest.raises(Refused, match="The image cannot be read"):
        await answer(provider)
    await answer(provider)
    assert {"stream_options", "logprobs"} <= stand_in.chats[-1].keys()
    stand_in.requests.clear()
    stand_in.fault(CHAT, times=2, status=400, message="The image cannot be read.")
    with pytest.raises(Refused):
        await answer(provider)
    assert stand_in.requests == [CHAT], "fields that it has taken before are not in doubt"


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "context_length_exceeded"), (401, None), (404, "model_not_found"), (429, "insufficient_quota")],
)
async def test_what_cannot_be_about_a_field_is_not_asked_again(
    provider: OpenAIProtocol, stand_in: StandInProvider, status: int, code: str | None
) -> None:
    stand_in.fault(CHAT, times=2, status=status, code=code)
    with pytest.raises(Refused):
        await answer(provider)
    assert stand_in.requests == [CHAT]


async def test_a_reasoning_models_limit_goes_by_its_new_name(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.refuses = {"max_tokens"}
    for _ in range(2):
        await answer(provider)
        assert stand_in.chats[-1]["max_completion_tokens"] == 5
    assert stand_in.requests == [CHAT] * 3


async def test_a_limit_that_is_too_high_is_a_refusal(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    stand_in.fault(CHAT, status=400, message="max_tokens is too large: 5. This model supports at most 4 tokens.")
    stand_in.fault(CHAT, status=400, message="max_tokens is too large: 5. This model supports at most 4 tokens.")
    with pytest.raises(Refused, match="too large"):
        await answer(provider)


async def test_openai_is_told_the_limit_by_its_new_name_at_once(stand_in: StandInProvider) -> None:
    async with provider_over(stand_in, vendor=vendor_of("openai")) as provider:
        await answer(provider)
        await answer(provider, CompletionRequest(MODEL, "Spam:", Parameters(max_tokens=5)))
    assert "max_tokens" not in stand_in.chats[0]
    assert stand_in.chats[0]["max_completion_tokens"] == 5
    assert stand_in.completions[0]["max_tokens"] == 5, "the older endpoint has no other"
