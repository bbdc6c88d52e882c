"""Tools: what a model says is read back as calls, wherever the pieces of a stream fall; a call can be required."""

import json
from typing import Any, cast

import openai
import pytest

from tests.trainer_process import Trainer
from trainer.calls import Call, CallReader, Offer

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "How the weather is",
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": ["Bern", "Oslo"]}, "days": {"$ref": "#/$defs/days"}},
            "required": ["city", "days"],
            "additionalProperties": False,
            "$defs": {"days": {"type": "integer", "minimum": 1, "maximum": 9}},
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock"}}
ASK: dict[str, Any] = {
    "model": "tiny-random",
    "messages": [{"role": "user", "content": "What is the weather in Oslo?"}],
    "tools": [WEATHER, CLOCK],
    "max_tokens": 200,
    "temperature": 0,
}
OSLO = '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
NOON = '<tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>'


def heard(text: str, size: int, *, cut: bool = False, **offer: Any) -> list[Any]:
    """What a reader makes of the text that comes in pieces of this size: texts, and calls as (name, arguments)."""
    reader = CallReader(Offer([WEATHER, CLOCK], **offer))
    said: list[Any] = []
    for at in range(0, len(text), size):
        said += reader.add(text[at : at + size])
    said += reader.rest(cut=cut)
    merged: list[Any] = []
    for one in said:
        if isinstance(one, Call):
            merged.append((one.name, one.arguments if cut else json.loads(one.arguments)))
        elif merged and isinstance(merged[-1], str):
            merged[-1] += one
        else:
            merged.append(one)
    return merged


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Just words, 2 < 3.", ["Just words, 2 < 3."]),
        (OSLO, [("weather", {"city": "Oslo"})]),
        (f"Let me see.\n{OSLO}\n{NOON}", ["Let me see.", ("weather", {"city": "Oslo"}), ("clock", {})]),
        (OSLO.removesuffix("\n</tool_call>"), [("weather", {"city": "Oslo"})]),  # the turn ended before the mark
        ('{"name": "weather", "parameters": {"city": "Oslo"}}', [("weather", {"city": "Oslo"})]),
        ('{"name": "clock", "arguments": {}}; {"name": "clock"}', [("clock", {}), ("clock", {})]),
        # What is no call of an offered function stays text, all of it.
        ('{"answer": 3}', ['{"answer": 3}']),
        (OSLO.replace("weather", "tides"), [OSLO.replace("weather", "tides")]),
        ("<tool_call>half a thought", ["<tool_call>half a thought"]),
        ("a <tool_ b", ["a <tool_ b"]),
        ("Line\n\n", ["Line\n\n"]),
        (f"{NOON}\nIt is late.\n", [("clock", {}), "It is late.\n"]),
    ],
)
def test_calls_are_read_out_of_text_wherever_its_pieces_fall(text: str, expected: list[Any]) -> None:
    for size in (1, 2, 3, 7, 1000):
        assert heard(text, size) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": "weather", "arguments": {"city": "Os', [("weather", '{"city": "Os')]),
        ('{"name": "weather", "arguments": {"city": "Oslo"}', [("weather", '{"city": "Oslo"}')]),
        ('{"name": "weather", "argu', [("weather", "")]),
        ('{"name": "weather", ', [("weather", "")]),
        ('{"name": "wea', [("weather", "")]),  # only one is called so
        ('{"na', []),  # whichever it would have been
    ],
)
@pytest.mark.parametrize("mark", ["", "<tool_call>\n"], ids=["forced", "spontaneous"])
def test_a_call_that_was_cut_off_is_one_with_cut_arguments(text: str, expected: list[Any], mark: str) -> None:
    forced = {} if mark else {"forced": [WEATHER["function"], CLOCK["function"]]}
    for size in (1, 3, 1000):
        assert heard(mark + text, size, cut=True, **forced) == expected
    assert heard(f"Let me see.\n{NOON}\n<tool_call>{text}", 5, cut=True) == ["Let me see.", ("clock", "{}"), *expected]


def test_a_bare_call_that_was_cut_off_is_one_once_it_says_its_name() -> None:
    assert heard('{"name": "clock", "parameters": {"zo', 4, cut=True) == [("clock", '{"zo')]
    for text in ('{"name": "clo', '{"na', '{"name": "tides", "parameters": {', '{"answer": [1, 2'):
        assert heard(text, 4, cut=True) == [text]


def test_what_merely_begins_like_a_call_stays_text_where_nothing_cut_it() -> None:
    text = '<tool_call>\n{"name": "weather", "arguments": {"city": "Os'
    assert heard(text, 4) == [text]


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_forced_call_that_max_tokens_cuts_is_a_call_all_the_same(trainer: Trainer, choice: Any) -> None:
    ask = {**ASK, "tools": [WEATHER], "tool_choice": choice}
    whole = trainer.client.chat.completions.create(**ask)
    [expected] = whole.choices[0].message.tool_calls
    for tokens in range(1, whole.usage.completion_tokens - 1, 7):
        answer = trainer.client.chat.completions.create(**{**ask, "max_tokens": tokens}).choices[0]
        assert answer.finish_reason == "length"
        assert answer.message.content is None
        [call] = answer.message.tool_calls
        assert call.function.name == "weather"
        assert expected.function.arguments.startswith(call.function.arguments)
    deltas = []
    for chunk in trainer.client.chat.completions.create(**{**ask, "max_tokens": tokens}, stream=True):
        deltas += chunk.choices[0].delta.tool_calls or []
        assert not chunk.choices[0].delta.content
    assert chunk.choices[0].finish_reason == "length"
    [delta] = deltas
    assert (delta.function.name, delta.function.arguments) == (call.function.name, call.function.arguments)


def test_words_before_a_call_are_not_held_back() -> None:
    reader = CallReader(Offer([CLOCK]))
    assert reader.add("One moment") == ["One moment"]


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_required_call_is_made_and_fits_its_schema(trainer: Trainer, choice: Any) -> None:
    answer = trainer.client.chat.completions.create(**ASK, tool_choice=choice).choices[0]
    (call,) = answer.message.tool_calls
    assert answer.message.content is None
    assert answer.finish_reason == ("tool_calls" if choice == "required" else "stop")
    arguments = json.loads(call.function.arguments)
    if call.function.name == "weather":
        assert arguments["city"] in ("Bern", "Oslo")
        assert 1 <= arguments["days"] <= 9


def test_a_streamed_call_is_the_whole_one(trainer: Trainer) -> None:
    ask = {**ASK, "tool_choice": {"type": "function", "function": {"name": "weather"}}}
    whole = trainer.client.chat.completions.create(**ask).choices[0]
    with trainer.client.chat.completions.stream(**ask) as stream:
        streamed = stream.get_final_completion().choices[0]
    assert streamed.finish_reason == whole.finish_reason
    (call,), (expected,) = list(streamed.message.tool_calls or ()), list(whole.message.tool_calls or ())
    assert (call.function.name, call.function.arguments) == (expected.function.name, expected.function.arguments)
    assert call.id.startswith("call_")


def test_the_older_functions_are_called_in_the_older_shape(trainer: Trainer) -> None:
    older: dict[str, Any] = {key: value for key, value in ASK.items() if key != "tools"}
    answer = trainer.client.chat.completions.create(
        **older, functions=[cast(Any, WEATHER["function"])], function_call={"name": "weather"}
    ).choices[0]
    assert answer.message.function_call.name == "weather"
    assert json.loads(answer.message.function_call.arguments)["city"] in ("Bern", "Oslo")


def test_a_conversation_with_calls_and_results_goes_on(trainer: Trainer) -> None:
    first = trainer.client.chat.completions.create(**ASK, tool_choice="required").choices[0].message
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "Rain"}
    answer = trainer.client.chat.completions.create(
        **{**ASK, "messages": [*ASK["messages"], first, result], "max_tokens": 4}, tool_choice="none"
    )
    assert answer.choices[0].message.tool_calls is None


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"tool_choice": {"type": "function", "function": {"name": "tides"}}}, "tool_choice"),
        ({"tools": None, "tool_choice": "required"}, "tool_choice"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "function": {"name": "two words"}}]}, "tools[0].function.name"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
    ],
)
def test_tools_that_cannot_be_offered_are_refused_with_the_field(
    trainer: Trainer, settings: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        trainer.client.chat.completions.create(**{**ASK, **settings})
    assert caught.value.param == param
