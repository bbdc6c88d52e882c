"""Responses, by the official SDK: text, streams, calls, formats, and conversations that the server keeps."""

import json
from collections.abc import Callable
from typing import Any, cast

import httpx
import openai
import pytest
from pydantic import BaseModel

from tests.trainer_process import KEY, Trainer
from trainer.api.response_stream import ResponseStream
from trainer.calls import Offer
from trainer.expiry import remove_expired
from trainer.serving.messages import Delta, End
from trainer.settings import load as load_settings
from trainer.store import Store

QUESTION = "What comes after 3?"
ASK: dict[str, Any] = {"model": "tiny-random", "input": QUESTION, "temperature": 0, "max_output_tokens": 16}
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "weather",
    "description": "How the weather is",
    "parameters": {
        "type": "object",
        "properties": {"city": {"enum": ["Oslo", "Rome"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
NO_USAGE: Any = {}


class Mood(BaseModel):
    good: bool


def test_a_response_says_what_a_chat_says(trainer: Trainer) -> None:
    response = trainer.client.responses.create(**ASK, instructions="Count.", metadata={"team": "blue"})
    chat = trainer.client.chat.completions.create(
        model="tiny-random",
        messages=[{"role": "system", "content": "Count."}, {"role": "user", "content": QUESTION}],
        temperature=0,
        max_tokens=16,
    )
    assert response.output_text == chat.choices[0].message.content
    assert response.usage is not None
    assert response.usage.input_tokens == chat.usage.prompt_tokens
    assert response.usage.output_tokens == chat.usage.completion_tokens
    assert (response.model, response.instructions, response.metadata) == ("tiny-random", "Count.", {"team": "blue"})
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")


def test_a_stream_tells_in_the_documented_order_how_the_response_grows(trainer: Trainer) -> None:
    events = list(trainer.client.responses.create(**ASK, stream=True))
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert [event.type for event in events if event not in deltas[1:]] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.incomplete",
    ]
    assert len(deltas) > 1
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].response.status == "in_progress"
    assert events[0].response.output == []
    text = "".join(event.delta for event in deltas)
    last = events[-1].response
    assert last.output_text == text == trainer.client.responses.create(**ASK).output_text
    assert trainer.client.responses.retrieve(last.id) == last


def test_each_event_of_a_stream_carries_its_name(trainer: Trainer) -> None:
    with httpx.stream(
        "POST",
        f"{trainer.url}/responses",
        json={**ASK, "stream": True},
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=60,
    ) as answer:
        events = "".join(answer.iter_text()).strip().split("\n\n")
    for event in events:
        name, data = event.split("\n")
        assert name == "event: " + json.loads(data.removeprefix("data: "))["type"]


def test_a_conversation_goes_on_from_a_response_that_was_kept(trainer: Trainer) -> None:
    create = trainer.client.responses.create
    first = create(**ASK, instructions="Count.")
    second = create(**{**ASK, "input": "And then?"}, previous_response_id=first.id)
    told: Any = [
        {"role": "user", "content": QUESTION},
        *[item.model_dump() for item in first.output],
        {"role": "user", "content": "And then?"},
    ]
    whole = create(**{**ASK, "input": told})
    assert second.previous_response_id == first.id
    assert second.output_text == whole.output_text
    # The instructions of the one before are not carried over.
    assert second.usage.input_tokens == whole.usage.input_tokens
    # What was deleted in between is still a part of what came after.
    trainer.client.responses.delete(first.id)
    third = create(**ASK, previous_response_id=second.id)
    assert third.usage.input_tokens > second.usage.input_tokens
    items = list(trainer.client.responses.input_items.list(third.id, order="asc", limit=2))
    assert [(item.role, item.content[0].text) for item in items] == [
        ("user", QUESTION),
        ("assistant", first.output_text),
        ("user", "And then?"),
        ("assistant", second.output_text),
        ("user", QUESTION),
    ]
    assert [item.id for item in trainer.client.responses.input_items.list(third.id)] == [
        item.id for item in reversed(items)
    ]


def test_what_was_not_to_be_kept_is_not_there(trainer: Trainer, client: Callable[..., openai.OpenAI]) -> None:
    responses = trainer.client.responses
    ours = responses.create(**ASK)
    unkept = responses.create(**ASK, store=False)
    for other, id in ((trainer.client, unkept.id), (client("colleague"), ours.id)):
        for ask in (other.responses.retrieve, other.responses.delete, other.responses.cancel):
            with pytest.raises(openai.NotFoundError):
                ask(id)
        with pytest.raises(openai.NotFoundError):
            other.responses.input_items.list(id)
        with pytest.raises(openai.BadRequestError) as caught:
            other.responses.create(**ASK, previous_response_id=id)
        assert caught.value.code == "previous_response_not_found"
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        responses.cancel(ours.id)


def test_a_response_is_removed_after_thirty_days(trainer: Trainer) -> None:
    response = trainer.client.responses.create(**ASK)
    store = Store(trainer.data / "trainer.db")
    with store.atomic():
        kept = store.response(response.id)
        assert kept is not None
        assert kept.expires_at - kept.created_at == 30 * 24 * 3600
        store._db.execute("UPDATE responses SET expires_at = 1 WHERE id = ?", [response.id])
    with pytest.raises(openai.NotFoundError):
        trainer.client.responses.retrieve(response.id)
    remove_expired(load_settings(trainer.data), store)
    assert list(store._db.execute("SELECT id FROM responses WHERE id = ?", [response.id])) == []
    store.close()


def test_a_function_is_called_and_its_output_read(trainer: Trainer) -> None:
    ask = {**ASK, "max_output_tokens": 200, "tools": [WEATHER]}
    events = list(trainer.client.responses.create(**ask, tool_choice="required", stream=True))
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    first = events[-1].response
    (call,) = first.output
    assert (call.type, call.name, json.loads(call.arguments)["city"] in ("Oslo", "Rome")) == (
        "function_call",
        "weather",
        True,
    )
    named = trainer.client.responses.create(**ask, tool_choice={"type": "function", "name": "weather"})
    assert named.output[0].arguments == call.arguments
    output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    second = trainer.client.responses.create(**{**ask, "input": [output]}, previous_response_id=first.id)
    whole = trainer.client.responses.create(
        **{**ask, "input": [{"role": "user", "content": QUESTION}, call.model_dump(), output]}
    )
    assert second.output_text == whole.output_text
    chat = trainer.client.chat.completions.create(
        model="tiny-random",
        messages=[
            {"role": "user", "content": QUESTION},
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": call.call_id,
                        "type": "function",
                        "function": {"name": "weather", "arguments": call.arguments},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": call.call_id, "content": "sunny"},
        ],
        tools=[{"type": "function", "function": cast(Any, {k: v for k, v in WEATHER.items() if k != "type"})}],
        max_tokens=1,
    )
    assert second.usage.input_tokens == chat.usage.prompt_tokens


def test_an_answer_holds_to_a_schema(trainer: Trainer) -> None:
    parsed = trainer.client.responses.parse(**{**ASK, "max_output_tokens": 200}, text_format=Mood)
    assert isinstance(parsed.output_parsed, Mood)
    assert parsed.status == "completed"
    assert parsed.completed_at is not None
    with trainer.client.responses.stream(**{**ASK, "max_output_tokens": 200}, text_format=Mood) as stream:
        assert stream.get_final_response().output_parsed == parsed.output_parsed
    begun = trainer.client.responses.create(**ASK, text={"format": {"type": "json_object"}})
    assert begun.output_text.startswith("{")


def test_log_probabilities_come_where_they_are_asked_for(trainer: Trainer) -> None:
    more: Any = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    whole = trainer.client.responses.create(**ASK, **more)
    tokens = whole.output[0].content[0].logprobs
    assert bytes(byte for token in tokens for byte in token.bytes).decode().startswith(whole.output_text)
    assert {len(token.top_logprobs) for token in tokens} == {2}
    streamed = [
        token.token
        for event in trainer.client.responses.create(**ASK, **more, stream=True)
        if event.type == "response.output_text.delta"
        for token in event.logprobs
    ]
    assert streamed == [token.token for token in tokens]
    assert trainer.client.responses.create(**ASK).output[0].content[0].logprobs == []


def test_a_long_conversation_is_shortened_from_its_beginning_where_that_is_wanted(trainer: Trainer) -> None:
    turns: Any = [{"role": "developer", "content": "Count."}]
    for number in range(10):
        turns += [{"role": "user", "content": f"{number} " * 200}, {"role": "assistant", "content": "Yes."}]
    turns.append({"role": "user", "content": QUESTION})
    ask = {**ASK, "input": turns}
    with pytest.raises(openai.BadRequestError) as caught:
        trainer.client.responses.create(**ask)
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "input")
    shortened = trainer.client.responses.create(**ask, truncation="auto")
    fitting = trainer.client.responses.create(**{**ask, "input": [turns[0], *turns[-9:]]})
    assert shortened.usage.input_tokens == fitting.usage.input_tokens
    assert shortened.output_text == fitting.output_text


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, None),
        ({"reasoning": {"effort": "low"}}, None),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0].type"),
        ({"input": [{"type": 3}]}, "input[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        ({"input": [{"role": "wizard", "content": "a"}]}, "input[0].role"),
        ({"input": []}, "input"),
        ({"text": {"format": {"type": "json_schema", "name": "a"}}}, "text.format.schema"),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "wizard"}}}},
            "text.format",
        ),
        ({"text": {"format": {"type": "json_object"}}, "tools": [WEATHER]}, "text.format"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"max_output_tokens": 3}, "max_output_tokens"),
        ({"stream_options": {"include_obfuscation": False}}, "stream_options"),
        ({"metadata": {"a": "b" * 600}}, "metadata"),
        ({"messages": []}, None),
    ],
)
def test_what_is_not_offered_is_refused_by_name(trainer: Trainer, change: dict[str, Any], param: str | None) -> None:
    answer = httpx.post(f"{trainer.url}/responses", json={**ASK, **change}, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == param
    assert param is not None or next(iter(change)) in error["message"]


def test_text_between_calls_and_what_a_limit_cut_are_items_of_their_own() -> None:
    response: Any = {"output": []}
    stream = ResponseStream(response, Offer([{"type": "function", "function": {"name": "weather"}}]))
    said = 'Let me see.\n<tool_call>\n{"name": "weather", "arguments": {}}\n</tool_call>\nAnd '
    said += '<tool_call>{"name": "weather", "arg'
    for at in range(0, len(said), 5):
        stream.add(Delta(said[at : at + 5]))
    stream.add(End("length", 40))
    assert stream.end(NO_USAGE)[-1]["type"] == "response.incomplete"
    assert [(item["type"], item["status"]) for item in response["output"]] == [
        ("message", "completed"),
        ("function_call", "completed"),
        ("message", "completed"),
        ("function_call", "incomplete"),
    ]
    assert [item["content"][0]["text"] for item in response["output"][::2]] == ["Let me see.", "And"]


def test_a_response_that_breaks_off_has_failed() -> None:
    response: Any = {"output": []}
    stream = ResponseStream(response, Offer())
    stream.add(Delta("It is"))
    *_, last = stream.fail("The process that answers chats stopped.")
    assert last["type"] == "response.failed"
    assert last["response"]["error"] == {
        "code": "server_error",
        "message": "The process that answers chats stopped.",
    }
    assert response["output"][0]["status"] == "incomplete"
